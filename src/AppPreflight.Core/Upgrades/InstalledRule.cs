using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>Whether a release counts as installed.</summary>
/// <remarks>Source: appcenter/app.py, App.is_installed().</remarks>
internal static class InstalledRule
{
    public static bool IsInstalled(AppRelease release, HostState host) =>
        release.IsDescribed ? IsDescribedAsInstalled(release, host)
        : release.IsDocker && !host.InContainer ? IsRegistered(release, host.Ucr)
        : IsPackaged(release, host);

    private static bool IsDescribedAsInstalled(AppRelease release, HostState host) =>
        host.Versions.TryGetValue(release.Id, out var version) && version == release.Version.Text;

    // Texts are compared, not versions: 1.0 is not 1.0.0. A missing UCS version fits every cache.
    private static bool IsRegistered(AppRelease release, UcrValues ucr) =>
        ucr[AppKeys.Status(release.Id)] is "installed" or "stalled"
        && ucr[AppKeys.Version(release.Id)] == release.Version.Text
        && (ucr[AppKeys.Ucs(release.Id)] ?? release.Ucs) == release.Ucs;

    // An app without packages counts as installed as soon as its component is there: all of nothing are installed.
    private static bool IsPackaged(AppRelease release, HostState host) =>
        (release.WithoutRepository == true || host.Ucr[AppKeys.Component(release)] is not null)
        && release.DefaultPackages.All(host.Packages.Contains);
}
