using System.Globalization;

namespace AppPreflight.AppCenter;

/// <summary>When the cache directories and their archives were last changed: two equal stamps mean that nothing was refreshed in between.</summary>
internal static class RefreshStamp
{
    public static string Of(string server, IEnumerable<string> versions) =>
        string.Join('\n', versions.Select(ucs => Path.Join(server, ucs)).Select(folder =>
            Ticks(Directory.GetLastWriteTimeUtc(folder)) + " " + Ticks(File.GetLastWriteTimeUtc(Path.Join(folder, ".all.tar")))));

    private static string Ticks(DateTime time) => time.Ticks.ToString(CultureInfo.InvariantCulture);
}
