using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Upgrades;

namespace AppPreflight.Ports;

/// <summary>Asks registries, the way the engine would reach them. Every document returned has been hashed.</summary>
public interface IImageRegistry : IDisposable
{
    /// <summary>Reference to index to manifest for <paramref name="platform"/> to config; layers are not asked for.</summary>
    /// <exception cref="SourceException">
    /// Missing (manifest-absent; subject = reference), Corrupt (manifest or config bytes against their digest or size: subject =
    /// the promised digest), Unsupported (schema 1, unknown media type), Refused (no entry for the platform: platform-absent), Denied, Throttled, Unreachable, Malformed.
    /// </exception>
    Task<ServedImage> ResolveAsync(ImageRequirement image, Platform platform, CancellationToken cancellationToken);

    /// <summary>HEAD of one layer: is it there, and how large does the registry call it (null: it does not say).</summary>
    /// <exception cref="SourceException">Missing, Denied, Throttled, Unreachable.</exception>
    Task<long?> FindLayerAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken);

    /// <summary>Reads one layer through in one pass: counts and hashes what came, unpacks it, hashes the tar. Stores nothing.</summary>
    /// <param name="progress">Compressed bytes read so far.</param>
    /// <returns>What came, also when it differs from the promise but could be unpacked: the checks compare.</returns>
    /// <exception cref="SourceException">
    /// Missing, Denied, Throttled, Unreachable (cut each time), Unsupported (bzip2, xz, a zstd window above 128 MiB,
    /// what looks like a bomb); Corrupt: other bytes than promised that could not be
    /// unpacked either, or more of them than promised; Malformed: the promised bytes, but not unpackable. Subject = the layer's digest, observed = what came.
    /// </exception>
    Task<LayerProof> ReadLayerAsync(ImageRequirement image, Descriptor layer, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>How large a layer is unpacked, without reading it: from the gzip trailer or the zstd frame header, by a Range request.</summary>
    /// <returns>Bytes of the tar; null when the form or the registry does not tell. Never throws for a source's fault.</returns>
    Task<long?> UnpackedSizeAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken);

    /// <summary>Fetches one blob again by every independent way there is from here, within bounds of bytes and time; to be judged, not to be used.</summary>
    /// <remarks>What goes wrong is a value in it; only cancellation throws.</remarks>
    Task<BlobRetrace> RetraceAsync(ImageRequirement image, BlobPromise promise, CancellationToken cancellationToken);

    /// <summary>The App Center's own permission probe.</summary>
    Task<PermissionAnswer> ProbeAsync(PermissionProbe probe, CancellationToken cancellationToken);

    /// <summary>What the engine should be handed for a pull of this image; null for none.</summary>
    Credential? CredentialFor(ImageRequirement image);
}
