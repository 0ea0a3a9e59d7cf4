using AppPreflight.Apps;
using AppPreflight.Images;

namespace AppPreflight.Ports;

/// <summary>The appliance's own files: caches, registry, catalogues. Reads only.</summary>
public interface IAppCenter
{
    /// <summary>Reads all of it, once, as one consistent picture.</summary>
    /// <exception cref="SourceException">
    /// <see cref="Fault.Malformed"/> with <see cref="SourceFault.Subject"/> FILE or FILE:LINE (catalog-unreadable);
    /// <see cref="Fault.Changing"/> when a refresh of the cache outlasts the bounded retry (catalog-refreshing);
    /// <see cref="Fault.Denied"/> when this user may not read a file.
    /// </exception>
    Task<AppCenterReading> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The appliance's settings alone, without any catalogue.</summary>
    /// <exception cref="SourceException">As <see cref="ReadAsync"/>.</exception>
    Task<Appliance> ReadApplianceAsync(CancellationToken cancellationToken);

    /// <summary>When and why the App Center's own last pull of an image failed, as the end of its log tells: one sentence, evidence, no proof.</summary>
    /// <returns>Null when the log tells of none or this user may not read it.</returns>
    string? LastFailedPull(string image);
}

public sealed record AppCenterReading(Appliance Appliance, AppCatalog Catalog);
