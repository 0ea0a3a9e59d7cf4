using System.Text.RegularExpressions;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Hardware;

/// <summary>Complaints about hardware at the end of the kernel's log: how many of a kind, and the last of them.</summary>
/// <remarks>
/// The syslog file, not /dev/kmsg: the packaged agent is kept from the latter (ProtectKernelLogs), and a file has an end. Where there is
/// none (a journal alone) the counters have to do.
/// </remarks>
internal static partial class LogSigns
{
    private const string Name = "kern.log";
    private const int TailBytes = 256 << 10;
    private const int LongestComplaint = 160;

    public static IEnumerable<HostSign> In(KernelFolder logs)
    {
        if (logs.Text(Name, TailBytes, fromEnd: true) is not { } text) yield break;
        var complaints = text.Split('\n').Select(Said).OfType<string>().ToList();
        foreach (var (kind, what, pattern) in new[]
        {
            (HostSignKind.Memory, "memory or processor errors", OfMemory()),
            (HostSignKind.Disk, "disk errors", OfDisks()),
            (HostSignKind.Network, "network card resets", OfCards()),
        })
        {
            var found = complaints.Where(line => pattern.IsMatch(line)).ToList();
            if (found.Count > 0)
                yield return new(kind, logs[Name], $"the kernel's log tells of {what} ({MemorySigns.Count((ulong)found.Count, "line")} at its end), the last: \"{Quote.Short(found[^1].Trim(), LongestComplaint)}\"");
        }
    }

    // without the time and the host's name in front: a ticket is read by strangers
    private static string? Said(string line)
    {
        const string mark = " kernel: ";
        var at = line.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? null : line[(at + mark.Length)..];
    }

    [GeneratedRegex(@"\[Hardware Error\]|Machine check|\bEDAC \S+: \d+ (?:CE|UE)\b|Memory failure:", RegexOptions.CultureInvariant)]
    private static partial Regex OfMemory();

    [GeneratedRegex(@"I/O error,? |Medium Error|critical (?:medium|target) error|EXT4-fs error|XFS \(\S+\): (?:Metadata )?[Cc]orruption|Buffer I/O error|exception Emask", RegexOptions.CultureInvariant)]
    private static partial Regex OfDisks();

    [GeneratedRegex(@"NETDEV WATCHDOG|transmit queue \d+ timed out|Reset adapter|Detected Tx Unit Hang", RegexOptions.CultureInvariant)]
    private static partial Regex OfCards();
}
