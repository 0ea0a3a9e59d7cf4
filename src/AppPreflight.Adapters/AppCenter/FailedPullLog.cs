using System.Globalization;
using System.Text;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>A pull that the App Center tried and that failed, as far as its log tells.</summary>
/// <remarks>
/// The tool's last lines may be missing from <paramref name="Text"/>: the App Center stops reading when the tool has
/// ended. So the absence of a cause proves nothing.
/// </remarks>
/// <param name="Image">Of a compose app always the main image, whichever service failed.</param>
/// <param name="Time">Local time of the host.</param>
/// <param name="Command">For instance <c>docker pull IMAGE</c>; null if the entry is not in what was read.</param>
/// <param name="ExitCode">Negative: the number of the signal that ended the tool.</param>
/// <param name="FailedWith">First line of the tool's failure entry, as it stands in the log.</param>
/// <param name="Text">What the tool printed, without the App Center's words around it; may have several lines.</param>
internal sealed record FailedPull(string Image, DateTime Time, string? Command, int? ExitCode, string? FailedWith, string Text);

/// <summary>Finds the last failed pull of an image in <c>/var/log/univention/appcenter.log</c>.</summary>
/// <remarks>
/// Source: appcenter/utils.py, call_process2 (the ERROR entry of the tool), and appcenter/exceptions.py,
/// DockerImagePullFailed (the CRITICAL entry of the action, which names the image).
/// </remarks>
internal static class FailedPullLog
{
    public const string Place = "var/log/univention/appcenter.log";

    /// <summary>Only the end of the file is read: a pull that lies further back says nothing about today.</summary>
    private const int MaxBytes = 1024 * 1024;

    private const string CommandWord = "Command ";
    private const string FailedWord = " failed with: ";
    private const string ImageWord = "Downloading Docker image ";
    private const string ImageFailedWord = " failed: ";
    private const string DockerPull = "docker pull ";

    /// <returns>Null if the file is absent or tells of no failed pull of this image.</returns>
    /// <exception cref="SourceException">The file can't be read (it belongs to root and the group adm).</exception>
    public static FailedPull? Last(Fence root, string image) =>
        root.ReadTail(Place, MaxBytes) is { } tail ? LastIn(Encoding.UTF8.GetString(tail), image) : null;

    public static FailedPull? LastIn(string log, string image)
    {
        var tools = new Dictionary<string, ToolFailure>(StringComparer.Ordinal);
        FailedPull? last = null;
        foreach (var entry in LogEntry.Of(log))
        {
            if (ToolFailure.Of(entry) is { } failure)
            {
                tools[entry.Process] = failure;
                last = string.Equals(failure.Command, DockerPull + image, StringComparison.Ordinal) ? failure.For(image) : last;
            }
            else if (OutputFor(entry, image) is { } output)
            {
                var tool = tools.GetValueOrDefault(entry.Process);
                last = tool is { IsPull: true } ? tool.For(image) with { Time = entry.Time }
                    : new(image, entry.Time, Command: null, ExitCode: null, FailedWith: null, output.Trim());
            }
            else if (entry.Message.StartsWith("Running command: ", StringComparison.Ordinal))
            {
                tools.Remove(entry.Process);
            }
        }

        return last;
    }

    private static string? OutputFor(LogEntry entry, string image)
    {
        string opening = ImageWord + image + ImageFailedWord;
        return entry.Level == "CRITICAL" && entry.Message.StartsWith(opening, StringComparison.Ordinal) ? entry.Message[opening.Length..] : null;
    }

    private sealed record ToolFailure(DateTime Time, string Command, int? ExitCode, string FirstLine, string Text)
    {
        public bool IsPull => Command.StartsWith(DockerPull, StringComparison.Ordinal) || Command.EndsWith(" pull", StringComparison.Ordinal);

        public FailedPull For(string image) => new(image, Time, Command, ExitCode, FirstLine, Text);

        public static ToolFailure? Of(LogEntry entry)
        {
            int end = entry.Message.IndexOf(FailedWord, StringComparison.Ordinal);
            if (entry.Level != "ERROR" || end < CommandWord.Length || !entry.Message.StartsWith(CommandWord, StringComparison.Ordinal))
            {
                return null;
            }

            string text = entry.Message[(end + FailedWord.Length)..];
            int? exitCode = ExitCodeIn(text, out int textEnd);
            return new(entry.Time, entry.Message[CommandWord.Length..end], exitCode, entry.Message.Split('\n')[0], text[..textEnd].Trim());
        }

        /// <summary>The number in brackets that closes the entry.</summary>
        private static int? ExitCodeIn(string text, out int start)
        {
            start = text.LastIndexOf(" (", StringComparison.Ordinal);
            if (start >= 0 && text.EndsWith(')') && int.TryParse(text.AsSpan(start + 2, text.Length - start - 3), NumberStyles.AllowLeadingSign, NumberFormatInfo.InvariantInfo, out int code))
            {
                return code;
            }

            start = text.Length;
            return null;
        }
    }
}
