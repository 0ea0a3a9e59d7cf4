using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Which findings of a run somebody elsewhere has to act on.</summary>
internal static class TicketScope
{
    /// <summary>
    /// Those for a ticket, the registry's and the network's first, and then what lies at this host, for the whole picture; what a run cured as
    /// well, if its cause may come back. Nothing where all of it lies at this host.
    /// </summary>
    public static IReadOnlyList<Finding> Of(PreflightReport report)
    {
        var others = report.Findings.Where(IsForOthers).Concat(report.Cured.Where(finding => finding.Cause is { } cause && IsElsewhere(cause))).ToList();
        return others.Count == 0 ? [] : [.. others, .. report.Findings.Where(finding => finding.Cause is { Culprit: Culprit.Engine or Culprit.LocalStore } && !IsForOthers(finding))];
    }

    /// <summary>Whether it is for the registry's or the network's operator, rather than for this host's.</summary>
    public static bool IsElsewhere(Cause cause) => cause.Culprit is Culprit.Registry or Culprit.Transport or Culprit.Unstable or Culprit.Cut or Culprit.Publisher;

    private static bool IsForOthers(Finding finding) => finding.Cause switch
    {
        null => IsFromElsewhere(finding),
        var cause => IsElsewhere(cause) || cause.Fetches.Count > 0,
    };

    private static bool IsFromElsewhere(Finding finding) => finding.Source is Source.Registry or Source.Transport && finding.Verdict != Verdict.Pass;
}
