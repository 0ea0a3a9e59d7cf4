using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>The tables that an engine with overlay2 believes when it pulls: which layer a digest is, which manifest it has, which layers it holds.</summary>
/// <remarks>
/// Sources: moby v20.10 distribution/xfer/download.go, Download; distribution/metadata/v2_metadata_service.go, GetDiffID; layer/filestore.go,
/// Commit: a layer's folder is written elsewhere and renamed whole, so that one with half of its files is never one that is just being made.
/// </remarks>
internal sealed class EngineTables : IDisposable
{
    private const string Mappings = $"image/{OverlayStore.Driver}/distribution/diffid-by-digest";
    private const string Records = $"image/{OverlayStore.Driver}/layerdb";

    private readonly string dataRoot;
    private readonly Folder root;

    private EngineTables(string dataRoot) => (this.dataRoot, root) = (dataRoot, Folder.Open(dataRoot));

    /// <returns>In the order of the images; empty where this host has no such store, or another engine's.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public static IReadOnlyList<TableDamage> Read(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken)
    {
        try
        {
            using var tables = new EngineTables(engine.DataRoot);
            if (!tables.IsOf(engine)) return [];
            using var manifests = new CachedManifests(engine.DataRoot);
            var found = new List<TableDamage>();
            foreach (var image in wanted)
            {
                cancellationToken.ThrowIfCancellationRequested();
                found.AddRange(manifests.Look(image));
                if (tables.Mapping(image) is { } mapping) found.Add(mapping);
                found.AddRange(tables.Folders(image));
            }

            return found;
        }
        catch (SourceException e) when (e.Fault == Fault.Missing)
        {
            return [];
        }
        catch (IOException e)
        {
            throw new SourceException(Source.Engine, Fault.Unreachable, $"the engine's tables below {Quote.Short(engine.DataRoot)} can't be read: {Quote.Short(e.Message)}", e);
        }
    }

    public void Dispose() => root.Dispose();

    // a socket may be of this host and its engine in another's root: then what lies at that path here is not its own
    private bool IsOf(EngineState engine)
    {
        using var configs = root.TryOpen($"image/{OverlayStore.Driver}/imagedb/content/sha256");
        return configs is not null && (engine.Images.Count == 0
            || engine.Images.Any(image => configs.StatusOf(Encoding.ASCII.GetBytes(image.Id.Hex), out _) == 0));
    }

    // as the engine walks it: from the base up, as long as each layer it is led to is there
    private TableDamage? Mapping(PullLookup image)
    {
        ChainId? chain = null;
        foreach (var layer in image.Layers)
        {
            if (Entry(layer.Blob) is not { } found) return null;
            chain = chain?.Then(found) ?? new(found.Value);
            if (!IsLayer(chain)) return null;
            if (found == layer.DiffId) continue;
            return new(TableDamageKind.DigestMapping, image.Image, Path.Combine(dataRoot, Mappings, layer.Blob.Algorithm, layer.Blob.Hex))
            { Blob = layer.Blob, Expected = layer.DiffId.ToString(), Observed = found.ToString(), Layer = chain };
        }

        return null;
    }

    // taken as it stands: with a line's end it would be another text, and lead nowhere
    private DiffId? Entry(Digest blob)
    {
        using var table = root.TryOpen($"{Mappings}/{blob.Algorithm}");
        return table?.ReadSmall(blob.Hex, 256) is { } text && Digest.TryParse(Encoding.Latin1.GetString(text)) is { } digest ? new(digest) : null;
    }

    private IEnumerable<TableDamage> Folders(PullLookup image)
    {
        using var records = root.TryOpen($"{Records}/sha256");
        if (records is null) yield break;
        var chains = ChainId.AllOf([.. image.Layers.Select(layer => layer.DiffId)]);
        var isBelowThere = true;
        foreach (var (index, chain) in chains.Index())
        {
            if (Left(records, chain, isBelowThere) is { } left)
            {
                yield return new(TableDamageKind.LayerFolder, image.Image, Path.Combine(dataRoot, Records, chain.Value.Algorithm, chain.Value.Hex))
                { Blob = image.Layers[index].Blob, Observed = left, Layer = chain, IsEmpty = left.Length == 0 };
                isBelowThere = false;
            }
            else
            {
                isBelowThere = isBelowThere && IsLayer(chain);
            }
        }
    }

    /// <returns>What stands there, empty for an empty folder; null when nothing does or it is a layer.</returns>
    private static string? Left(Folder records, ChainId chain, bool isBelowThere)
    {
        if (records.StatusOf(Encoding.ASCII.GetBytes(chain.Value.Hex), out var status) != 0) return null;
        if (status.Type != FileType.Directory) return $"no folder but of type {status.Type}";
        using var record = LayerRecord.TryOpen(records, chain.Value.Hex);
        if (record is null) return null;
        // without the layer below it an engine that starts does not take it for one
        if (record.IsLayer && isBelowThere) return null;
        var contents = record.Contents;
        return record.IsStillThere ? contents : null;
    }

    private bool IsLayer(ChainId chain)
    {
        using var records = root.TryOpen($"{Records}/{chain.Value.Algorithm}");
        using var record = records is null ? null : LayerRecord.TryOpen(records, chain.Value.Hex);
        return record is { IsLayer: true };
    }
}
