using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>Which images of an engine stand on the same stored layers.</summary>
/// <remarks>
/// A layer is stored once for each chain id, which depends on all layers below it (OCI config.md, "Layer ChainID"): two
/// images share exactly their common prefix of diff ids. moby layer/layer_store.go deletes a layer only when no image
/// and no container holds its chain id, so a damaged one survives until all of them are gone.
/// </remarks>
public static class LayerSharing
{
    public static int CommonPrefix(StoredImage a, StoredImage b) =>
        a.DiffIds.Zip(b.DiffIds).TakeWhile(pair => pair.First == pair.Second).Count();

    /// <summary>The other images that share at least one layer with <paramref name="image"/>.</summary>
    public static IEnumerable<StoredImage> Neighbours(this EngineState engine, StoredImage image) =>
        engine.Images.Where(other => other.Id != image.Id && CommonPrefix(image, other) > 0);

    /// <summary>Whether the stored bytes have been hashed and are what they ought to be; null when nobody could hash them.</summary>
    /// <remarks>An engine that has no room to read an image out says nothing about the image: only Corrupt is about its bytes.</remarks>
    public static bool? IsSound(this StoredImage image) => image.Content switch
    {
        null => null,
        { } content when content.Layers.Any(layer => layer.IsSound == false) => false,
        { Fault.Fault: Fault.Corrupt } => false,
        { Fault: not null } => null,
        { } content when content.Layers.Count != image.DiffIds.Count => false,
        { } content => content.Layers.All(layer => layer.IsSound == true) ? true : null,
    };

    /// <summary>The images that hold a layer, with all that is below it.</summary>
    public static IEnumerable<StoredImage> HoldersOf(this EngineState engine, ChainId layer) =>
        engine.Images.Where(image => image.Fault is null && ChainId.AllOf(image.DiffIds).Contains(layer));

    /// <summary>Whether the removal of this image would hurt others: see <see cref="LayerDamage.MisleadsRemoval"/>.</summary>
    public static bool MisleadsRemoval(this StoredImage image) =>
        image.Content?.Layers.Any(layer => layer.Damages.Any(damage => damage.MisleadsRemoval)) == true;

    /// <summary>
    /// Images that stand on the damaged part of <paramref name="image"/>, itself first. Layers a sound neighbour shares are
    /// exonerated; where nobody could say, everything shared is suspect.
    /// </summary>
    public static IReadOnlyList<StoredImage> DamageReach(this EngineState engine, StoredImage image)
    {
        if (engine.UsesContainerdStore) return [image, .. engine.Images.Where(other => other.Id != image.Id && SharesBlob(image, other))];
        var sound = engine.SoundLayers(image);
        return [image, .. engine.Neighbours(image).Where(other => CommonPrefix(image, other) > sound)];
    }

    /// <summary>Whether a pull of an image with these diff ids would be told "Already exists" for a damaged layer of <paramref name="damaged"/>.</summary>
    public static bool WouldReuse(this EngineState engine, StoredImage damaged, IReadOnlyList<DiffId> diffIds) =>
        damaged.DiffIds.Zip(diffIds).TakeWhile(pair => pair.First == pair.Second).Count() > engine.SoundLayers(damaged);

    // containerd keeps a blob once for all images that name it, wherever in their chain; a damaged manifest or configuration may be anybody's
    private static bool SharesBlob(StoredImage damaged, StoredImage other) =>
        damaged.Content is not { } content || content.Fault is not null || content.Layers.Count == 0
        || content.Layers.Any(layer => layer.IsSound == false && other.DiffIds.Contains(layer.DiffId));

    // from the base up, as far as they were read and are sound: its own, or those a neighbour shares
    internal static int SoundLayers(this EngineState engine, StoredImage image) => engine.Neighbours(image).Prepend(image)
        .Select(other => Math.Min(CommonPrefix(image, other), SoundPrefix(other))).Max();

    private static int SoundPrefix(StoredImage image) => image.Content?.Layers.TakeWhile(layer => layer.IsSound == true).Count() ?? 0;
}
