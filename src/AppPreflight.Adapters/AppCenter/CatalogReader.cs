using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Reads the caches of all listed UCS versions of one App Center server.</summary>
internal sealed class CatalogReader(Fence root, Fence server, string locale)
{
    private readonly CacheReader caches = new(root, server, locale);

    /// <param name="current">The UCS version whose list counts.</param>
    /// <returns>Null while the cache is being refreshed: no INI file beside an archive, or files changed meanwhile.</returns>
    /// <exception cref="SourceException">What makes the App Center itself fail on its files.</exception>
    public AppCatalog? TryRead(string current, CancellationToken cancellationToken)
    {
        var versions = UcsVersionList.For(Parse(UcsVersionList.File), server.PathOf(UcsVersionList.File), current);
        var before = RefreshStamp.Of(server.Path, versions);
        try
        {
            var readings = ReadEach(versions, cancellationToken);
            return readings.All(reading => reading.Settled) && RefreshStamp.Of(server.Path, versions) == before ? Catalog(readings) : null;
        }
        catch (SourceException) when (RefreshStamp.Of(server.Path, versions) != before)
        {
            // half an archive may hold half a file
            return null;
        }
    }

    // A version listed twice is searched twice, but read once.
    private List<CacheReading> ReadEach(IReadOnlyList<string> versions, CancellationToken cancellationToken)
    {
        var read = versions.Distinct(StringComparer.Ordinal)
            .ToDictionary(ucs => ucs, ucs => caches.Read(ucs, cancellationToken), StringComparer.Ordinal);
        return [.. versions.Select(ucs => read[ucs])];
    }

    private AppCatalog Catalog(List<CacheReading> readings)
    {
        RequireReadable(readings);
        return new([.. readings.Select(reading => reading.Cache)]) { Notes = [.. readings.Distinct().SelectMany(reading => reading.Notes)] };
    }

    // Each of these files ends every App Center command when an option occurs twice or a byte is not UTF-8.
    private void RequireReadable(List<CacheReading> readings)
    {
        var apps = readings.SelectMany(reading => reading.Cache.Releases).Select(release => release.Id).ToHashSet(StringComparer.Ordinal);
        if (apps.Count == 0)
            return;
        Parse(".rating.ini");
        foreach (var app in apps)
            RequireSettings(app);
        RequireCategories(readings);
    }

    private void RequireSettings(string app)
    {
        try
        {
            IniFile.Read(root, $"{CachePaths.AppFolders}/{app}/custom.settings");
        }
        catch (SourceException fault) when (fault.Fault == Fault.Denied)
        {
            // root's own; who asks without root's rights learns the rest all the same
        }
    }

    private void RequireCategories(List<CacheReading> readings)
    {
        try
        {
            Parse(".app-categories.ini");
        }
        catch (SourceException) when (!readings.Exists(reading => caches.AnyNamesCategory(reading.Cache)))
        {
            // nobody asks for it
        }
    }

    private IniFile Parse(string name) => IniFile.Read(server, name);
}
