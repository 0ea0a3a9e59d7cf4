using AppPreflight.Images;
using AppPreflight.Upgrades;

namespace AppPreflight.Checks;

/// <summary>What is wrong with the chain itself, before any image is looked at.</summary>
public static class ChainCheck
{
    public static IEnumerable<Finding> Look(UpgradeChain chain) =>
        [.. Outcome(chain), .. chain.Steps.SelectMany(step => Refusals(chain.App, step))];

    /// <summary>The same for the one step of a gate.</summary>
    /// <remarks>
    /// No second refusal: the App Center asks after its own checks have passed, or were skipped by <c>--skip-checks</c>, which is
    /// its owner's decision. What those checks would say is worth a warning to whoever asks by hand.
    /// That nothing is left to do is no finding here: then the look at the containers is the answer.
    /// </remarks>
    public static IEnumerable<Finding> LookAtGate(UpgradeChain chain) =>
    [
        .. Outcome(chain).Where(finding => finding.Code != FindingCode.ChainEmpty),
        .. chain.Steps.SelectMany(step => Refusals(chain.App, step)).Select(finding => finding with { Verdict = Verdict.Warn }),
    ];

    private static IEnumerable<Finding> Outcome(UpgradeChain chain)
    {
        var app = chain.App;
        switch (chain.Outcome)
        {
            case ChainOutcome.NotFound:
                yield return new(FindingCode.AppUnknown, Verdict.Fail, app, Source.AppCenter,
                    chain.Reason ?? $"No catalogue on this host knows an app '{app}'")
                { Remedy = "univention-app list" };
                break;
            case ChainOutcome.NotInstalled:
                yield return new(FindingCode.AppNotInstalled, Verdict.Fail, app, Source.AppCenter,
                    chain.Reason ?? $"The App Center finds no installed version of {app}")
                { Remedy = $"ucr search appcenter/apps/{app}/" };
                break;
            case ChainOutcome.Cycle:
                yield return new(FindingCode.ChainCycle, Verdict.Fail, app, Source.AppCenter,
                    chain.Reason ?? "After the last step the App Center would offer a version that was installed before, for ever")
                { Remedy = "univention-app update; if it stays so, tell the app's provider" };
                break;
            case ChainOutcome.Lost or ChainOutcome.TargetNotReachable:
                yield return new(FindingCode.ChainGap, Verdict.Fail, app, Source.AppCenter,
                    chain.Reason ?? "After the last step no version counts as installed")
                { Remedy = $"app-preflight chain {app}" };
                break;
            case ChainOutcome.Crash or ChainOutcome.NeedsPermissions:
                yield return new(FindingCode.CatalogUnreadable, Verdict.Fail, app, Source.AppCenter,
                    chain.Reason ?? "The App Center's own search for the next version breaks")
                { Remedy = "univention-app update" };
                break;
            case ChainOutcome.Complete when chain.Steps.Count == 0:
                yield return new(FindingCode.ChainEmpty, Verdict.Pass, app, Source.AppCenter,
                    $"Nothing newer than {chain.Installed?.Version.Text ?? "the installed version"} is on offer");
                break;
            case ChainOutcome.Complete:
                break;
        }
    }

    private static IEnumerable<Finding> Refusals(string app, UpgradeStep step)
    {
        foreach (var refusal in step.Refusals)
        {
            var isPin = refusal.Check == "must_not_be_pinned";
            yield return new(
                isPin ? FindingCode.AppPinned : FindingCode.StepRefused, Verdict.Fail, $"{app}={step.Release.Version}", Source.AppCenter,
                $"The App Center would refuse the step to {step.Release.Version}: {refusal.Message}")
            {
                Observed = refusal.Check,
                Remedy = isPin ? $"univention-app pin {app} --revert" : null,
            };
        }
    }
}
