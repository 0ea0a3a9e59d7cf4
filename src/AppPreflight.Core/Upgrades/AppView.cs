using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The releases one part of the App Center looks at, in the order of its list.</summary>
/// <remarks>
/// The candidate search sees only releases that support this UCS version; the command line sees all of them.
/// Source: appcenter/app_cache.py, Apps and AllApps.
/// </remarks>
internal sealed class AppView
{
    private readonly ILookup<string, AppRelease> releases;

    private AppView(IEnumerable<AppRelease> releases) => this.releases = releases.ToLookup(release => release.Id, StringComparer.Ordinal);

    public static AppView OfAll(AppCatalog catalog) => new(catalog.Caches.SelectMany(cache => cache.Releases));

    public static AppView OfSupported(AppCatalog catalog, UcrValues ucr)
    {
        var current = ucr["version/version"];
        return new(catalog.Caches.SelectMany(cache => cache.Releases).Where(release => Supports(release, current)));
    }

    public IEnumerable<AppRelease> Of(string app) => releases[app];

    /// <summary>The first installed release of the list, else the greatest; null if the view has none of this app.</summary>
    /// <remarks>Source: _AppCache.find().</remarks>
    public AppRelease? Find(string app, HostState host) =>
        Of(app).FirstOrDefault(release => InstalledRule.IsInstalled(release, host)) ?? (ReleaseOrder.Sort(Of(app)) is [.., var greatest] ? greatest : null);

    /// <summary>One release for each app: the installed one, else the greatest.</summary>
    /// <remarks>Source: _AppCache.get_all_apps().</remarks>
    public IEnumerable<AppRelease> OneOfEach(HostState host) =>
        releases.Select(app => Find(app.Key, host)).OfType<AppRelease>();

    // Source: App.supports_ucs_version(). The patch level is no part of it: that is a later hard check.
    private static bool Supports(AppRelease release, string? current) =>
        release.IsDescribed
        || (release.SupportedUcsVersions.Count == 0
            ? release.Ucs == current
            : release.SupportedUcsVersions.Any(version => version.StartsWith($"{current}-", StringComparison.Ordinal)));
}
