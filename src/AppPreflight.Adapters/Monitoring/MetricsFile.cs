using System.Text;
using AppPreflight.Oci;

namespace AppPreflight.Monitoring;

/// <summary><c>app_preflight.prom</c> in the folder that the node exporter reads: there whole, or not at all.</summary>
/// <remarks>
/// The folder may belong to another user. The new file is made under a name that must not exist, so nothing that somebody put
/// there, a link least of all, is ever written to; the rename then replaces whatever has the right name.
/// </remarks>
internal static class MetricsFile
{
    public const string Name = "app_preflight.prom";

    private const string Temporary = Name + ".tmp";
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes the file if the folder exists.</summary>
    /// <returns>One sentence on what was in the way; null when nothing was.</returns>
    public static string? Write(string folder, Measurements told) => Try(folder, "written", () =>
    {
        var temporary = Path.Join(folder, Temporary);
        File.Delete(temporary);
        try
        {
            Make(temporary, Encoding.UTF8.GetBytes(MetricsText.Of(told)));
            File.Move(temporary, Path.Join(folder, Name), overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    });

    /// <summary>Removes the file, since nobody keeps it up to date any more.</summary>
    /// <returns>One sentence on what was in the way; null when nothing was.</returns>
    public static string? Remove(string folder) => Try(folder, "removed", () => File.Delete(Path.Join(folder, Name)));

    private static string? Try(string folder, string what, Action act)
    {
        if (!Directory.Exists(folder)) return null;
        try
        {
            act();
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"{Path.Join(folder, Name)} can't be {what}: {Quote.Short(fault.Message.TrimEnd('.'))}";
        }
    }

    // CreateNew is O_CREAT|O_EXCL, which follows no link; the mode is set afterwards because a service's umask cuts it
    private static void Make(string path, byte[] content)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        File.SetUnixFileMode(file.SafeFileHandle, ForAll);
        file.Write(content);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // the fault that led here is told
        }
    }
}
