using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>A layer that some image says is in the store.</summary>
/// <param name="Parent">The chain below it; null for a base layer.</param>
internal sealed record LayerClaim(ChainId Chain, DiffId DiffId, ChainId? Parent)
{
    /// <summary>All chains below it, the nearest first.</summary>
    public IReadOnlyList<ChainId> Below { get; private init; } = [];

    /// <summary>The layers of all images, what they share once.</summary>
    public static IReadOnlyList<LayerClaim> Of(IEnumerable<StoredImage> images) =>
        [.. images.SelectMany(image => Of(image.DiffIds)).DistinctBy(claim => claim.Chain)];

    private static IEnumerable<LayerClaim> Of(IReadOnlyList<DiffId> layers)
    {
        var chains = ChainId.AllOf(layers);
        return layers.Select((layer, i) => new LayerClaim(chains[i], layer, i == 0 ? null : chains[i - 1]) { Below = [.. chains.Take(i).Reverse()] });
    }
}
