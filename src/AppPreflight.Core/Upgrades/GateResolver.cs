using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The one step that the App Center is about to take to a version, wherever the chain would lead.</summary>
/// <remarks>
/// The App Center chose the version, not we: an <c>upgrade APP=VERSION</c> goes there directly, also where the candidate search
/// would pass it by. A version text alone does not always say which release that is: <c>upgrade APP</c> takes the candidate (or
/// <c>install APP</c> the greatest), <c>APP=VERSION</c> the first of that text in all caches, and the same version text can be a
/// step of its own. Where these differ in their images each is a step here: whichever the App Center means, it has been looked at.
/// Source: appcenter/app_cache.py, find() and find_candidate(); appcenter/actions/upgrade.py, main().
/// </remarks>
public static class GateResolver
{
    /// <returns>
    /// Complete: the direct steps (mostly one; none when the version is installed), and <see cref="UpgradeChain.Running"/> where
    /// it is. NotFound: no catalogue lists the app or the version. NeedsPermissions: as <see cref="ChainResolver"/>.
    /// </returns>
    public static UpgradeChain Resolve(
        AppCatalog catalog, Appliance appliance, string app, AppVersion version, IReadOnlyDictionary<string, PermissionAnswer> permissions)
    {
        var host = HostState.Of(appliance);
        var (all, supported) = (AppView.OfAll(catalog), AppView.OfSupported(catalog, host.Ucr));
        var installed = Installed(supported, app, host) ?? Installed(all, app, host);
        var chain = new UpgradeChain { App = app, Outcome = ChainOutcome.Complete, Installed = installed };
        if (!all.Of(app).Any(release => release.Version.Text == version.Text))
            return chain with { Outcome = ChainOutcome.NotFound, Reason = NotFound(app, version, all) };

        // a search that ends in a traceback offers nothing; the App Center was then told the version, and found it by its text
        var candidate = installed is null ? null : new CandidateRule(supported, permissions, []).Next(installed, host);
        if (candidate?.Missing is { } probe)
            return chain with { Outcome = ChainOutcome.NeedsPermissions, Reason = $"the registry has to be asked for {probe.Url}", Missing = [probe] };
        AppRelease?[] meant = installed is null ? [supported.Find(app, host), all.Find(app, host)] : [candidate!.Release];
        var releases = meant.Append(all.Of(app).First(release => release.Version.Text == version.Text)).OfType<AppRelease>()
            .Where(release => release.Version.Text == version.Text && IsStep(installed, release));
        return chain with
        {
            Steps = [.. releases.Distinct().Select(release => Step(installed, release, host, supported)).DistinctBy(Effect)],
            Running = installed?.Version.Text == version.Text ? RunningApp.Of(installed, host) : null,
        };
    }

    private static AppRelease? Installed(AppView view, string app, HostState host) =>
        view.Find(app, host) is { } found && InstalledRule.IsInstalled(found, host) ? found : null;

    // to the installed version text only what is newer than the installed release leads
    private static bool IsStep(AppRelease? installed, AppRelease release) =>
        installed is null || installed.Version.Text != release.Version.Text || ReleaseOrder.Instance.Compare(release, installed) > 0;

    /// <remarks>An installation has hard checks of its own, which are not known here.</remarks>
    private static UpgradeStep Step(AppRelease? installed, AppRelease release, HostState host, AppView view)
    {
        var way = installed is null ? StepWay.Install(release, host) : StepWay.From(installed, release, host);
        return new()
        {
            Release = release,
            Mode = way.Mode,
            ModeError = way.Error,
            Pulls = way.Pulls,
            Images = StepImages.Of(release, host),
            Refusals = installed is null ? [] : [.. HardChecks.Refusals(new(installed, release, host, view))],
        };
    }

    // two releases that do the same are one question
    private static string Effect(UpgradeStep step) => step switch
    {
        { ModeError: { } error } => $"error {error}",
        { Pulls: false } => "nothing",
        { Images: { Pulled: { } images, Undecided: [] } } => string.Join(' ', images),
        _ => step.Release.Ucs + step.Release.ComponentId,
    };

    private static string NotFound(string app, AppVersion version, AppView all) => all.Of(app).Any()
        ? $"no catalogue on this host lists {app} {version}"
        : $"no catalogue on this host knows an app {app}";
}
