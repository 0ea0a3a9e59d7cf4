using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>Says why a wanted target is not on the chain.</summary>
internal static class TargetRule
{
    public static UpgradeChain Judge(UpgradeChain chain, AppVersion target, AppView all, AppView supported)
    {
        var ended = chain.Outcome is ChainOutcome.Complete or ChainOutcome.Cycle or ChainOutcome.Lost;
        if (!ended || chain.Installed is not { } installed || chain.Steps.Any(step => step.Release.Version.Text == target.Text))
            return chain;
        return chain with { Outcome = ChainOutcome.TargetNotReachable, Reason = Why(chain, installed, target, all, supported) };
    }

    private static string Why(UpgradeChain chain, AppRelease installed, AppVersion target, AppView all, AppView supported)
    {
        var wanted = $"{chain.App} {target}";
        if (target.Text == installed.Version.Text)
            return $"{wanted} is what is installed";
        if (!all.Of(chain.App).Any(release => release.Version.Text == target.Text))
            return $"{wanted} is an unknown version: no catalogue on this host lists it";
        var last = chain.Steps is [.., var step] ? step.Release : installed;
        var releases = supported.Of(chain.App).Where(release => release.Version.Text == target.Text).ToList();
        if (releases.Count == 0)
            return $"{wanted} does not support this UCS version";
        if (releases.TrueForAll(release => ReleaseOrder.Instance.Compare(release, installed) < 0))
            return $"{wanted} is older than the installed {installed.Version}{FromCache(installed)}";
        return ReleaseOrder.Sort(releases)[^1] is { RequiredAppVersionUpgrade: { } gate } && gate > last.Version
            ? $"{gate} must come before {wanted}, and no step leads there from {last.Version}"
            : Passed(chain, wanted, installed, ReleaseOrder.Sort(releases)[^1]);
    }

    private static string Passed(UpgradeChain chain, string wanted, AppRelease installed, AppRelease release)
    {
        var next = chain.Steps.FirstOrDefault(step => ReleaseOrder.Instance.Compare(step.Release, release) > 0);
        return next is null
            ? $"{wanted} is not offered as an upgrade of {installed.Version}"
            : $"{wanted} is passed by: the App Center goes on to {next.Release.Version}{FromCache(next.Release)} without it";
    }

    private static string FromCache(AppRelease release) => release.Ucs.Length > 0 ? $" of the {release.Ucs} cache" : "";
}
