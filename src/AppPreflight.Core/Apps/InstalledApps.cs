namespace AppPreflight.Apps;

/// <param name="Version">As the host's own files have it; empty when they do not say.</param>
public sealed record InstalledApp(string Id, string Version);

/// <summary>Which apps with containers count as installed on this host.</summary>
public static class InstalledApps
{
    private const string Prefix = "appcenter/apps/";
    private const string Suffix = "/status";

    /// <summary>In ordinal order. An app that no catalogue knows any more is listed too: that is worth a finding.</summary>
    /// <remarks>Source: appcenter/app.py, App.is_installed: status "installed" or "stalled".</remarks>
    public static IReadOnlyList<InstalledApp> Of(AppCatalog catalog, Appliance appliance)
    {
        var releases = catalog.Caches.SelectMany(cache => cache.Releases).ToLookup(release => release.Id, StringComparer.Ordinal);
        return [.. Registered(appliance.Ucr).Where(app => !releases.Contains(app) || releases[app].Any(release => release.IsDocker && release.PluginOf is null))
            .Concat(appliance.InstalledVersions.Keys)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(app => new InstalledApp(app, appliance.InstalledVersions.GetValueOrDefault(app) ?? appliance.Ucr[$"{Prefix}{app}/version"] ?? ""))];
    }

    private static IEnumerable<string> Registered(UcrValues ucr)
    {
        foreach (var (key, value) in ucr.Values)
        {
            if (value is "installed" or "stalled" && key.Length > Prefix.Length + Suffix.Length
                && key.StartsWith(Prefix, StringComparison.Ordinal) && key.EndsWith(Suffix, StringComparison.Ordinal))
                yield return key[Prefix.Length..^Suffix.Length];
        }
    }
}
