using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>What the agent does by itself about one app.</summary>
internal static class BackgroundPolicy
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    // of apps whose source did not answer; the last one again and again
    private static readonly TimeSpan[] pauses = [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(60)];

    /// <summary>The first look; null where the owner wants none.</summary>
    /// <param name="wasInterrupted">The journal holds an act of this app without an outcome.</param>
    /// <param name="last">The app's last report; null where there is none.</param>
    public static RunRequest? First(string app, AutoMode mode, bool wasInterrupted, PreflightReport? last) => mode switch
    {
        AutoMode.Off => null,
        AutoMode.Heal when wasInterrupted => Repair(app),
        _ => new(RunVerb.Check, app) { Depth = last?.Findings.Any(IsOfBytes) == true ? Depth.Content : Depth.Claims },
    };

    /// <summary>What follows a look: a repair where there is something this program may do; else null.</summary>
    public static RunRequest? Then(RunRequest done, PreflightReport report, AutoMode mode) =>
        mode == AutoMode.Heal && done.Verb == RunVerb.Check && report.Verdict != Verdict.Pass && report.Actions.Any(IsOurs)
            ? Repair(report.App)
            : null;

    /// <summary>What follows a damaged layer that was found in passing: a run that looks for itself; null where the owner wants none.</summary>
    public static RunRequest? OfDamage(string app, AutoMode mode) => mode switch
    {
        AutoMode.Off => null,
        AutoMode.Heal => Repair(app),
        _ => new(RunVerb.Check, app) { Depth = Depth.Content },
    };

    /// <summary>When to look again because a source did not answer; null when all have.</summary>
    /// <param name="report">Null where a run ended without one.</param>
    /// <param name="attempts">How often that has been so in a row, this time included.</param>
    public static TimeSpan? Again(PreflightReport? report, int attempts)
    {
        if (report is not null && report.Verdict != Verdict.Unknown && !report.Findings.Any(IsAway)) return null;
        var isRefreshing = report?.Findings.Any(finding => finding.Code == FindingCode.CatalogRefreshing) == true;
        return isRefreshing && attempts <= pauses.Length ? Soon : pauses[Math.Min(attempts, pauses.Length) - 1];
    }

    private static RunRequest Repair(string app) => new(RunVerb.Repair, app) { Depth = Depth.Content };

    private static bool IsOurs(ReportedAction action) => action.Outcome == ActionOutcome.Planned && action.Kind != RemedyKind.AskOperator;

    // what was found by reading bytes, a look that reads none would take back
    private static bool IsOfBytes(Finding finding) => finding is
    {
        Verdict: Verdict.Fail,
        Code: FindingCode.LayerAltered or FindingCode.SizeDiffers or FindingCode.DiffIdDiffers
            or FindingCode.StoredConfigAltered or FindingCode.StoredLayerAltered or FindingCode.StoredLayerMetadataAltered
            or FindingCode.BlobReplacedInTransit or FindingCode.BlobUnstable,
    };

    private static bool IsAway(Finding finding) => finding.Code is
        FindingCode.EngineUnreachable or FindingCode.RegistryUnreachable or FindingCode.RegistryThrottled or FindingCode.CatalogRefreshing;
}
