using AppPreflight.Checks;
using AppPreflight.Images;

namespace AppPreflight.Pairs;

/// <summary>As much as two images' documents tell without a byte of a layer.</summary>
public static class DocumentGrade
{
    /// <returns>Null: only the files of the layers that differ can tell.</returns>
    public static TagGrade? Of(ImageForm a, ImageForm b, IReadOnlyList<LayerPair> layers)
    {
        var hasSameLayers = layers.All(pair => pair.Change is LayerChange.Same or LayerChange.PackedOtherwise);
        // a digest that an engine remembers of a pull may be stale: only with the same configuration it counts
        if (IsSameConfig(a, b) != false && hasSameLayers && a.ManifestDigests.Intersect(b.ManifestDigests).Any()) return TagGrade.Identical;
        if (hasSameLayers) return IsSameConfig(a, b) == true ? TagGrade.SameImage : TagGrade.SameLayers;
        return layers.All(pair => pair.Change is LayerChange.Same or LayerChange.PackedOtherwise or LayerChange.NoOp) ? TagGrade.SameFiles : null;
    }

    // null: one of them has none that is kept
    private static bool? IsSameConfig(ImageForm a, ImageForm b) =>
        a.ConfigDigest is { } left && b.ConfigDigest is { } right ? left == right : null;

    /// <summary>Both name the same index, or the same manifest without one: nothing at all is different, on any platform.</summary>
    public static bool IsSameRoot(ImageForm a, ImageForm b) => a.Root is { } root && root.Digest == b.Root?.Digest;
}
