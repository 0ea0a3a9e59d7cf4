using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Ports;

/// <summary>An engine's image store, over its own API only.</summary>
public interface IImageStore
{
    /// <summary>Everything at once: version, network settings, space, each image with its layers and its containers.</summary>
    /// <exception cref="SourceException">Unreachable, Denied (socket permissions), Malformed.</exception>
    Task<EngineState> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Which image a name means right now: tag or repository@digest; null when the engine knows none.</summary>
    /// <exception cref="SourceException">
    /// As above. And Corrupt (subject: the id): the name is there, but the engine can't read the configuration it leads to any more.
    /// Docker Engine then hides the image from every list, so that this is the one place where it shows.
    /// </exception>
    Task<Digest?> FindAsync(ImageReference reference, CancellationToken cancellationToken);

    /// <summary>Has the engine read the image out and hashes config and layers; nothing is kept.</summary>
    /// <param name="progress">Tar bytes read so far.</param>
    /// <returns>Damage is a value in it (<see cref="StoredContent.Fault"/>), not an exception.</returns>
    Task<StoredContent> ExportAsync(StoredImage image, IProgress<long>? progress, CancellationToken cancellationToken);

    /// <summary>Pulls. Reaching the end is the only sign of success: an error line inside the 200 answer throws.</summary>
    /// <exception cref="SourceException">Refused with the engine's own sentence; Unreachable.</exception>
    Task PullAsync(ImageReference reference, Platform platform, Credential? credential, IProgress<PullProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Removes one name (tag or repository@digest) or an id, never by force: what is in use stays, as an exception.</summary>
    /// <returns>What the engine untagged and deleted, in its order.</returns>
    /// <exception cref="SourceException">Refused (in use, child images) with the engine's sentence; Missing; Unreachable.</exception>
    Task<IReadOnlyList<string>> RemoveAsync(string nameOrId, CancellationToken cancellationToken);

    /// <summary>Gives an image a further name.</summary>
    Task TagAsync(Digest id, ImageReference reference, CancellationToken cancellationToken);
}

/// <summary>Where a pull stands, summed over its layers. Totals grow while the engine learns of layers.</summary>
public sealed record PullProgress(long DoneBytes, long TotalBytes, int LayersDone, int Layers);
