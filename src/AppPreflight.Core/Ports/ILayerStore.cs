using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Ports;

/// <summary>An engine's layers where it keeps them on this host's disk, read beside its API. Reads only.</summary>
public interface ILayerStore
{
    /// <summary>Reads the images through; what they share once, layers in parallel. Never more than a few buffers in memory.</summary>
    /// <param name="finished">Told of each layer as soon as it is read, once however many images share it; from several threads.</param>
    /// <param name="progress">Bytes hashed so far, of all layers together.</param>
    /// <returns>For each image's id what was found. Damage is a value in it.</returns>
    /// <exception cref="SourceException">
    /// This engine's layers can't be read here, so that the engine's export has to do: Unsupported (driver, rootless, remote), Denied (rights),
    /// Missing (the data root holds none of these layers: another machine's).
    /// </exception>
    Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken);

    /// <summary>Looks into the tables that the engine believes when it pulls these images. Reads small files only.</summary>
    /// <returns>What is wrong in them; empty where they can't be read here.</returns>
    /// <exception cref="SourceException">They are there and can't be read.</exception>
    Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken);

    /// <summary>How the stamp of each layer begins that is in the store now: of one that was removed and pulled again, differently. Reads no layer.</summary>
    /// <returns>Without those for which it can't be told; never throws.</returns>
    IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers);
}

/// <summary>How fast, from where, and of which layers.</summary>
public sealed record ReadingPace
{
    /// <summary>Full speed, from wherever the kernel has the bytes.</summary>
    public static readonly ReadingPace Foreground = new();

    /// <summary>After a pull: sync the file system, drop these files' cached pages, and read them from the medium.</summary>
    public bool IsFromMedium { get; init; }

    /// <summary>Lowest I/O priority, one layer after the other.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Null for as fast as it goes.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Only these layers, in this order where they are read one after the other; null for all. An image's content has then no others.</summary>
    public IReadOnlyList<ChainId>? Only { get; init; }
}
