namespace AppPreflight.Rehearsal;

/// <summary>Short temporary folders: a unix socket's path has to stay below 108 bytes, and the engine adds 40 of its own.</summary>
internal static class WorkFolder
{
    private const int LongestBase = 40;

    /// <summary>Makes an empty folder that nobody else can read.</summary>
    public static string Create(string kind)
    {
        var parent = Path.GetTempPath();
        if (parent.Length > LongestBase) parent = "/tmp";
        while (true)
        {
            var path = Path.Combine(parent, $"apr-{kind}-{Random.Shared.Next(0x1000000):x6}");
            if (Path.Exists(path)) continue;
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return path;
        }
    }
}
