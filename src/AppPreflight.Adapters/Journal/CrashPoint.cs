using System.Diagnostics;
using System.Globalization;

namespace AppPreflight.Journal;

/// <summary>Where a rehearsal wants this process to die: <c>journal:N:WHEN</c> or <c>report:N:WHEN</c>, WHEN being before, torn or after.</summary>
/// <param name="Place">What is being written.</param>
/// <param name="Count">The how-manieth time in this process, from 1.</param>
/// <param name="When">Before a byte is written, with the first half on disk, or with all of it there.</param>
internal sealed record CrashPoint(string Place, int Count, string When)
{
    /// <summary>The one way to arm it: neither a file nor the control socket can set the environment of a process.</summary>
    public const string Variable = "APP_PREFLIGHT_CRASH";

    /// <exception cref="FormatException">Something else than a crash point.</exception>
    public static CrashPoint? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return text.Split(':') is [("journal" or "report") and var place, var number, ("before" or "torn" or "after") and var when]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? new(place, count, when)
            : throw new FormatException($"{Variable} is journal:N:WHEN or report:N:WHEN, WHEN being before, torn or after, not '{Oci.Quote.Short(text)}'");
    }

    /// <summary>Dies as from kill -9: nothing is unwound, flushed or said.</summary>
    public static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
