using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Which findings of a run somebody elsewhere has to act on.</summary>
internal static class TicketScope
{
    /// <summary>Those for a ticket, the registry's and the network's first; what a run cured as well, if its cause may come back.</summary>
    public static IReadOnlyList<Finding> Of(PreflightReport report) =>
    [
        .. report.Findings.Where(IsIn).Concat(report.Cured.Where(finding => finding.Cause is { } cause && IsElsewhere(cause)))
            .OrderBy(finding => finding.Cause is { } cause ? !IsElsewhere(cause) : !IsFromElsewhere(finding)),
    ];

    /// <summary>Whether it is for the registry's or the network's operator, rather than for this host's.</summary>
    public static bool IsElsewhere(Cause cause) => cause.Culprit is Culprit.Registry or Culprit.Transport or Culprit.Unstable or Culprit.Cut or Culprit.Publisher;

    private static bool IsIn(Finding finding) => finding.Cause is { } cause
        ? IsElsewhere(cause) || cause.Fetches.Count > 0 || cause.Culprit is Culprit.Engine or Culprit.LocalStore
        : IsFromElsewhere(finding);

    private static bool IsFromElsewhere(Finding finding) => finding.Source is Source.Registry or Source.Transport && finding.Verdict != Verdict.Pass;
}
