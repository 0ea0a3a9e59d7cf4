using System.Globalization;
using System.Text.RegularExpressions;

namespace AppPreflight.AppCenter;

/// <summary>One entry of the App Center's log; its message may have many lines, of which only the first has a prefix.</summary>
/// <remarks>Source: appcenter/log.py, log_to_logfile: process id, short logger name, local time, level.</remarks>
/// <param name="Process">Entries of several commands may be mixed; this tells them apart.</param>
/// <param name="Time">Local time of the host, whole seconds.</param>
internal sealed partial record LogEntry(string Process, string Logger, DateTime Time, string Level, string Message)
{
    private const int MaxMilliseconds = 1000;

    /// <summary>The entries in the order of the file; lines before the first prefix belong to none.</summary>
    public static IEnumerable<LogEntry> Of(string log)
    {
        LogEntry? first = null;
        var lines = new List<string>();
        foreach (string line in log.Split('\n'))
        {
            if (FirstLine(line) is { } begun)
            {
                if (first is not null)
                {
                    yield return first with { Message = string.Join('\n', lines) };
                }

                first = begun;
                lines.Clear();
            }

            lines.Add(lines.Count == 0 && first is not null ? first.Message : line);
        }

        if (first is not null)
        {
            yield return first with { Message = string.Join('\n', lines).TrimEnd('\n') };
        }
    }

    private static LogEntry? FirstLine(string line)
    {
        var match = Prefix().Match(line);
        return match.Success
            && DateTime.TryParseExact(match.Groups["time"].ValueSpan, "yy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? new(match.Groups["pid"].Value, match.Groups["logger"].Value, time, match.Groups["level"].Value, line[match.Length..])
            : null;
    }

    [GeneratedRegex(
        @"^ *(?<pid>[0-9]+) (?<logger>[^ ]+) +(?<time>[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) \[ *(?<level>[A-Z]+)\]: ",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        MaxMilliseconds)]
    private static partial Regex Prefix();
}
