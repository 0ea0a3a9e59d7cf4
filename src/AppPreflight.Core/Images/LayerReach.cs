using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>Everything that keeps one altered stored layer alive.</summary>
/// <param name="Images">All on its chain id (in a containerd store: all that name its blob), in the order in which they can be removed: children first.</param>
/// <remarks>
/// moby deletes a layer when the last image and the last container on its chain id have gone (layer/layer_store.go), and no sooner. So the smallest
/// set whose removal heals it is all of them. A container goes before its image, running or not, and an image before the one it was built on: the
/// engine refuses it the other way round (daemon/images/image_delete.go).
/// </remarks>
public sealed record LayerReach(ChainId Chain, DiffId DiffId, IReadOnlyList<StoredImage> Images)
{
    public IEnumerable<ContainerUse> Containers => Images.SelectMany(image => image.InUseBy).DistinctBy(container => container.Id);

    /// <summary>The smallest set, in the order in which it has to go.</summary>
    public IEnumerable<string> Remove => Containers.Select(container => container.Name).Concat(Images.Select(image => image.Name));

    /// <summary>One for each altered layer of these images, the lowest first.</summary>
    public static IReadOnlyList<LayerReach> Of(EngineState engine, IEnumerable<StoredImage> damaged) =>
        [.. damaged.Where(image => image.IsSound() == false).SelectMany(image => AlteredPlaces(engine, image).Select(place => At(engine, image, place)))
            .DistinctBy(reach => reach.Chain).OrderByDescending(reach => reach.Images.Count)];

    /// <summary>Images in an order in which each may be removed: those built on another before that one.</summary>
    public static IReadOnlyList<StoredImage> ChildrenFirst(EngineState engine, IEnumerable<StoredImage> images)
    {
        var parents = engine.Images.Where(image => image.Parent is not null).ToDictionary(image => image.Id, image => image.Parent!);
        return [.. images.DistinctBy(image => image.Id).OrderByDescending(image => image.DiffIds.Count).ThenByDescending(image => Depth(image.Id)).ThenBy(image => image.Name, StringComparer.Ordinal)];

        // bounded: an engine that tells of a circle shall not keep us
        int Depth(Digest id)
        {
            var depth = 0;
            while (depth < parents.Count && parents.TryGetValue(id, out var parent)) (id, depth) = (parent, depth + 1);
            return depth;
        }
    }

    private static LayerReach At(EngineState engine, StoredImage image, int place) => new(
        ChainId.AllOf(image.DiffIds)[place], image.DiffIds[place],
        ChildrenFirst(engine, engine.Images.Where(other => other.Id == image.Id || Holds(engine, other, image, place))));

    private static bool Holds(EngineState engine, StoredImage other, StoredImage image, int place) => engine.UsesContainerdStore
        ? other.DiffIds.Contains(image.DiffIds[place])
        : LayerSharing.CommonPrefix(image, other) > place;

    // an export names no layer: then it may be any that no sound image shares, and who holds the lowest of them is in reach
    private static List<int> AlteredPlaces(EngineState engine, StoredImage image)
    {
        var known = (image.Content?.Layers ?? []).Index().Where(layer => layer.Item.IsSound == false && layer.Index < image.DiffIds.Count).Select(layer => layer.Index).ToList();
        if (known.Count > 0 || image.DiffIds.Count == 0) return known;
        return [Math.Min(engine.SoundLayers(image), image.DiffIds.Count - 1)];
    }
}
