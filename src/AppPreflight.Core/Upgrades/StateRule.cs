using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>What a successful step writes down on the host.</summary>
/// <remarks>Source: appcenter/actions/register.py; compared with whole real upgrades (reference/appcenter-oracle.md, 1).</remarks>
internal static class StateRule
{
    public static HostState After(HostState host, UpgradeStep step, IEnumerable<AppRelease> versions)
    {
        var release = step.Release;
        if (release.IsDescribed)
            return host with { Versions = host.Versions.SetItem(release.Id, release.Version.Text) };
        var registered = Register(host, release);
        return release.IsDocker ? Contain(registered, step, versions) : Package(registered, release, versions);
    }

    private static HostState Register(HostState host, AppRelease release)
    {
        var stalled = host.Ucr[AppKeys.Status(release.Id)] == "stalled";
        return host
            .With(AppKeys.Status(release.Id), stalled ? "stalled" : "installed")
            .With(AppKeys.Version(release.Id), release.Version.Text)
            .With(AppKeys.Ucs(release.Id), release.Ucs);
    }

    private static HostState Contain(HostState host, UpgradeStep step, IEnumerable<AppRelease> versions)
    {
        var release = step.Release;
        var settled = step.Mode == StepMode.Docker ? WithoutComponents(host, versions) : host;
        settled = settled.Without(AppKeys.Prudence(release.Id));
        var key = AppKeys.Image(release.Id);
        if (release.IsPlugin || (step.Mode == StepMode.App && !string.IsNullOrEmpty(settled.Ucr[key])))
            return settled;

        // The old key goes first, so an admin's override does not survive a new container.
        settled = settled.Without(key);
        return MainImage.Of(release, settled).Text is { } image ? settled.With(key, image) : settled;
    }

    private static HostState Package(HostState host, AppRelease release, IEnumerable<AppRelease> versions)
    {
        var settled = WithoutComponents(host, versions).With(AppKeys.Prudence(release.Id), "yes");
        settled = settled with { Packages = settled.Packages.Union(release.DefaultPackages) };
        return release.WithoutRepository == true ? settled : settled.With(AppKeys.Component(release), "enabled");
    }

    private static HostState WithoutComponents(HostState host, IEnumerable<AppRelease> versions) =>
        versions.Aggregate(host, (state, version) => state.Without(AppKeys.Component(version)));
}
