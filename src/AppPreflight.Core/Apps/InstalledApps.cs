namespace AppPreflight.Apps;

/// <summary>Which apps with containers count as installed on this host.</summary>
public static class InstalledApps
{
    private const string Prefix = "appcenter/apps/";
    private const string Suffix = "/status";

    /// <summary>In ordinal order. An app that no catalogue knows any more is listed too: that is worth a finding.</summary>
    /// <remarks>Source: appcenter/app.py, App.is_installed: status "installed" or "stalled".</remarks>
    public static IReadOnlyList<string> Of(AppCatalog catalog, Appliance appliance)
    {
        var releases = catalog.Caches.SelectMany(cache => cache.Releases).ToLookup(release => release.Id, StringComparer.Ordinal);
        var ucs = appliance.Ucr.Values
            .Where(value => value.Key.StartsWith(Prefix, StringComparison.Ordinal) && value.Key.EndsWith(Suffix, StringComparison.Ordinal)
                && value.Key.Length > Prefix.Length + Suffix.Length && value.Value is "installed" or "stalled")
            .Select(value => value.Key[Prefix.Length..^Suffix.Length]);
        return [.. ucs.Where(app => !releases.Contains(app) || releases[app].Any(release => release.IsDocker && release.PluginOf is null))
            .Concat(appliance.InstalledVersions.Keys)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
