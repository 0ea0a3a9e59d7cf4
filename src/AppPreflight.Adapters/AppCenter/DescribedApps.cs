using AppPreflight.Apps;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Adds the apps of <c>apps.d</c> to what the App Center offers; where both know an app, the App Center's word counts.</summary>
internal static class DescribedApps
{
    public static AppCenterReading AddTo(AppCatalog catalog, Appliance appliance, AppsYamlReading described)
    {
        if (described.Cache.Releases.Count == 0)
            return new(appliance, catalog);
        var known = catalog.Caches.SelectMany(cache => cache.Releases).Select(release => release.Id).ToHashSet(StringComparer.Ordinal);
        var added = described.Cache.Releases.Where(release => !known.Contains(release.Id)).ToList();
        var shadowed = described.Cache.Releases.Select(release => release.Id).Where(known.Contains).Distinct(StringComparer.Ordinal);
        var installed = described.InstalledVersions.RemoveRange(known);
        return new(appliance with { InstalledVersions = installed }, catalog with
        {
            Caches = added.Count == 0 ? catalog.Caches : [.. catalog.Caches, described.Cache with { Releases = ReleaseOrder.Sort(added) }],
            Notes = [.. catalog.Notes, .. shadowed.Select(Shadow)],
        });
    }

    private static CatalogNote Shadow(string app) =>
        new("/" + AppsYaml.Folder, $"The description of {app} is not used: the App Center offers this app.");
}
