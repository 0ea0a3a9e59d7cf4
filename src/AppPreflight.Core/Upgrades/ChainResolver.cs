using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>Computes the mandatory steps of an app as the App Center would take them, one call after the other.</summary>
/// <remarks>
/// The App Center knows no chain: each upgrade looks for one candidate. So the chain is a simulation: take the candidate,
/// write down what the step would write, look up again what counts as installed, repeat.
/// Source: appcenter/app_cache.py, appcenter/actions/upgrade.py.
/// </remarks>
public static class ChainResolver
{
    /// <param name="catalog">All releases, in the App Center's order.</param>
    /// <param name="appliance">What is installed here.</param>
    /// <param name="app">The app's id.</param>
    /// <param name="target">The chain is cut after the step to this version (compared as text); null: to the end.</param>
    /// <param name="permissions">
    /// Answers to permission probes by URL. A missing one ends in <see cref="ChainOutcome.NeedsPermissions"/>: ask the
    /// registry for <see cref="UpgradeChain.Missing"/>, add its answers and resolve again.
    /// </param>
    public static UpgradeChain Resolve(
        AppCatalog catalog, Appliance appliance, string app, AppVersion? target, IReadOnlyDictionary<string, PermissionAnswer> permissions)
    {
        var host = HostState.Of(appliance);
        var walk = new ChainWalk(catalog, host, app, permissions);
        var chain = walk.Go(host, target);
        return target is null ? chain : TargetRule.Judge(chain, target, walk.All, walk.Supported);
    }
}
