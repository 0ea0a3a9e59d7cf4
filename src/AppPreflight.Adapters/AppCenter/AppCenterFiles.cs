using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>The App Center's files below the root of an appliance, and the catalogues of <c>apps.d</c>.</summary>
/// <param name="root">The root folder, "/" on the appliance itself.</param>
/// <param name="clock">Paces the tries while the cache is being refreshed.</param>
internal sealed class AppCenterFiles(string root, TimeProvider clock) : IAppCenter
{
    public const int Tries = 10;
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>The language whose names and texts are read: the App Center's fallback, and the one it always has.</summary>
    private const string Locale = "en";

    // Local files are read at once, without a thread of their own: only the pauses are worth waiting for.
    public async Task<AppCenterReading> ReadAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            if (TryRead(cancellationToken) is { } reading)
                return reading;
            if (tries == Tries)
                throw Changing();
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    public Task<Appliance> ReadApplianceAsync(CancellationToken cancellationToken) => Task.FromResult(ApplianceFiles.Read(Rooted(), cancellationToken));

    /// <summary>All installed apps with containers: the same as by <see cref="ReadAsync"/>, mostly without reading the whole catalogue.</summary>
    /// <exception cref="SourceException">As <see cref="ReadAsync"/>.</exception>
    public async Task<IReadOnlyList<InstalledApp>> InstalledAppsAsync(CancellationToken cancellationToken)
    {
        if (Fence.Around(root) is { } rooted && new InstalledGlance(rooted, Locale).TryRead(cancellationToken) is { } installed)
            return installed;
        var reading = await ReadAsync(cancellationToken);
        return InstalledApps.Of(reading.Catalog, reading.Appliance);
    }

    public string? LastFailedPull(string image)
    {
        try
        {
            return Fence.Around(root) is { } rooted && FailedPullLog.Last(rooted, image) is { } failed
                ? $"the App Center's last pull of {image} failed on {failed.Time:yyyy-MM-dd HH:mm}: {Quote.Short(failed.Text)}"
                : null;
        }
        catch (SourceException)
        {
            return null;
        }
    }

    private Fence Rooted() => Fence.Around(root) ?? throw Fence.Refusal(root, "does not exist");

    /// <returns>Null while the cache is being refreshed.</returns>
    private AppCenterReading? TryRead(CancellationToken cancellationToken)
    {
        var rooted = Rooted();
        var appliance = ApplianceFiles.Read(rooted, cancellationToken);
        var offered = OfferedReleases(rooted, appliance, cancellationToken);
        return offered is null ? null : DescribedApps.AddTo(offered, appliance, AppsYaml.Read(rooted));
    }

    /// <returns>Null while the cache is being refreshed; an empty catalogue on a host without App Center.</returns>
    private static AppCatalog? OfferedReleases(Fence rooted, Appliance appliance, CancellationToken cancellationToken)
    {
        var current = appliance.NextUcsVersion ?? appliance.Ucr["version/version"];
        var server = rooted.Enter(CachePaths.ServerFolder(appliance.Ucr));
        if (current is null)
            return server is null ? AppCatalog.Empty
                : throw Fence.Refusal(Path.Join(rooted.Path, CachePaths.Registry, "base.conf"), "does not set version/version, which the App Center needs");
        return server is null
            ? new([.. UcsVersionList.For(IniFile.Empty, UcsVersionList.File, current).Select(ucs => new AppCache(ucs, []))])
            : new CatalogReader(rooted, server, Locale).TryRead(current, cancellationToken);
    }

    private SourceException Changing()
    {
        var folder = Path.Join(root, CachePaths.Caches);
        return new(Source.AppCenter, Fault.Changing,
            $"The App Center's cache below {folder} is being refreshed; there was no settled moment in {Tries} tries.")
        {
            Subject = folder,
        };
    }
}
