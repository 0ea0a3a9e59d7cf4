using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Reader;

/// <summary>The way to an engine's layers: directly where this process may read all of them, else through the reader where there is one.</summary>
/// <param name="path">Of the reader's socket.</param>
/// <param name="mayReadAll">Whether this process may read any file, and see every attribute.</param>
internal sealed class LayerDoor(ILayerStore direct, string path, bool mayReadAll, TimeProvider time) : ILayerStore
{
    /// <summary>Where systemd listens for the reader: app-preflight-reader.socket.</summary>
    public const string SocketPath = "run/app-preflight-reader.sock";

    public async Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        // one that is elsewhere needs no process to be started for it
        using var reader = mayReadAll || !engine.IsLocal ? null : ReaderClient.TryConnect(path, time);
        return reader is null
            ? await direct.ReadAsync(engine, images, pace, finished, progress, cancellationToken)
            : await reader.ReadAsync(new(engine, images, pace), finished, progress, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The tables are root's own, and so need no more than that; where the engine shifts owners they are somebody else's.</remarks>
    public async Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken)
    {
        try
        {
            return await direct.ReadTablesAsync(engine, wanted, cancellationToken);
        }
        catch (SourceException e) when (e.Fault == Fault.Denied && !mayReadAll)
        {
            using var reader = ReaderClient.TryConnect(path, time);
            if (reader is null) throw;
            return await reader.ReadTablesAsync(engine, wanted, cancellationToken);
        }
    }

    // the tables of an engine are root's own
    public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers) => direct.StampsOf(engine, layers);
}
