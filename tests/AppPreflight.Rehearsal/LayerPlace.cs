using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>Where an engine keeps one layer of an image. Found before anything is spoilt, for it is found by what damages spoil.</summary>
/// <remarks>Source: moby 20.10, layer/filestore.go and daemon/graphdriver/overlay2.</remarks>
internal sealed record LayerPlace
{
    private LayerPlace(Engine engine, BuiltImage image, int index)
    {
        Index = index;
        Chain = ChainOf(image, index);
        Record = Path.Combine(engine.DataRoot, "image/overlay2/layerdb/sha256", Chain["sha256:".Length..]);
        CacheId = File.ReadAllText(Path.Combine(Record, "cache-id"));
        Files = Path.Combine(engine.DataRoot, "overlay2", CacheId, "diff");
        var folder = Path.GetDirectoryName(Files)!;
        (LinkFile, LowerFile) = (Path.Combine(folder, "link"), Path.Combine(folder, "lower"));
        ShortName = Path.Combine(engine.DataRoot, "overlay2/l", File.ReadAllText(LinkFile));
        Aside = Path.Combine(engine.Folder, "aside");
    }

    /// <summary>The layer's number in its image, from below.</summary>
    public int Index { get; }

    public string Chain { get; }

    /// <summary>The folder of small files about the layer: cache-id, diff, parent, size, tar-split.json.gz.</summary>
    public string Record { get; }

    public string CacheId { get; }

    /// <summary>The folder with the layer's own files.</summary>
    public string Files { get; }

    /// <summary>overlay2's file with the layer's short name.</summary>
    public string LinkFile { get; }

    /// <summary>overlay2's file with the short names of the layers below; a base layer has none.</summary>
    public string LowerFile { get; }

    /// <summary>The symbolic link of that short name, which leads to the files.</summary>
    public string ShortName { get; }

    /// <summary>Where a damage keeps what it took away; on the same file system, outside of the store.</summary>
    public string Aside { get; }

    /// <summary>The layers of a pulled image, from below.</summary>
    public static IReadOnlyList<LayerPlace> AllOf(Engine engine, BuiltImage image) =>
        [.. Enumerable.Range(0, image.Layers.Count).Select(index => new LayerPlace(engine, image, index))];

    // OCI image-spec, config.md, "Layer ChainID"
    private static string ChainOf(BuiltImage image, int index) => image.Layers.Skip(1).Take(index).Aggregate(
        image.Layers[0].DiffId, (chain, layer) => LayerBuilder.Sha256(Encoding.ASCII.GetBytes($"{chain} {layer.DiffId}")));
}
