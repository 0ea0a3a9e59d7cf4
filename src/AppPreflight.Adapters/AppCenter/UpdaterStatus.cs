using System.Text;
using System.Text.Unicode;

namespace AppPreflight.AppCenter;

/// <summary>The UCS version that a running release update leads to: while it runs, the App Center already reads that version's caches.</summary>
/// <remarks>Source: appcenter/app_cache.py, _get_current_ucs_version(). A line without "=", even an empty one, voids the file.</remarks>
internal static class UpdaterStatus
{
    public const int MaxBytes = 64 * 1024;

    public static string? NextVersion(byte[]? content)
    {
        if (content is null || !Utf8.IsValid(content))
            return null;
        var (running, next) = (false, (string?)null);
        foreach (var line in Lines(Encoding.UTF8.GetString(content)))
        {
            var text = PythonText.Strip(line);
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                return null;
            var value = text[(equals + 1)..];
            running = text[..equals] == "status" ? value == "RUNNING" : running;
            next = text[..equals] == "next_version" ? value.Split('-')[0] : next;
        }

        return running && next?.Length > 0 ? next : null;
    }

    // Text files in Python end lines at LF, CR and CRLF only; there is no line behind the last end.
    private static string[] Lines(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
