using AppPreflight.Checks;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Why something does not match, below its finding: one sentence; all that shows it with <c>--verbose</c>.</summary>
internal sealed class CauseText(Page page, bool isVerbose)
{
    private const int Indent = 4;

    public void Write(Finding finding)
    {
        if (finding.Cause is not { } cause) return;
        page.Line($"cause    {cause.Culprit.Wire()}, {cause.Confidence.Wire()}: {cause.Sentence}", Indent, Indent + 9);
        if (!isVerbose) return;
        foreach (var evidence in EvidenceOf(cause)) page.Line($"- {evidence}", Indent + 2, Indent + 4);
        if (cause.Difference is { } difference)
            page.Line($"differs at byte {TicketText.Number(difference.Offset)}, {TicketText.Bytes(difference.Bytes)}, {difference.Shape.Wire()}: {difference.Sentence}", Indent + 2, Indent + 4);
        var promised = Digest.TryParse(finding.Subject.Split(' ')[^1]) ?? Digest.TryParse(finding.Expected);
        foreach (var line in TicketFetches.Lines(cause, promised)) page.Line(line, Indent + 2, Indent + 12, Tone.Dim);
    }

    /// <summary>The evidence but for what the fetches and the difference say themselves, further below and in full.</summary>
    public static IEnumerable<string> EvidenceOf(Cause cause) => cause.Evidence.Where(evidence =>
        !cause.Fetches.Any(fetch => evidence.StartsWith($"{fetch.Manner}, {fetch.Who}", StringComparison.Ordinal))
        && (cause.Difference is not { } difference || !evidence.EndsWith(difference.Sentence, StringComparison.Ordinal)));

    /// <summary>Where the rest of it is to be had that somebody elsewhere needs; nothing where nobody does.</summary>
    public static void WriteNext(Page page, PreflightReport report)
    {
        var causes = report.Findings.Select(finding => finding.Cause).OfType<Cause>().Where(TicketScope.IsElsewhere).ToList();
        if (causes.Count == 0) return;
        var whose = causes.Exists(cause => cause.Culprit is Culprit.Registry or Culprit.Publisher) ? "registry" : "network";
        page.Blank();
        page.Line($"-> app-preflight report {report.Run} --ticket   what the {whose}'s operator needs", 0, 3, Tone.Bold);
    }
}
