using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>Digests that mean the same everywhere, and frighten whoever meets them for the first time.</summary>
public static class KnownLayers
{
    /// <summary>"{}": OCI's descriptor of nothing (image-spec v1.1 manifest.md, "Guidance for an Empty Descriptor").</summary>
    public static readonly Digest EmptyJson = Digest.Parse("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");

    /// <summary>Of no byte at all, which engines take for an empty tar.</summary>
    public static readonly Digest NoBytes = Digest.Parse("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    public static bool IsEmpty(FormLayer layer) =>
        layer.DiffId is { } tar ? tar == Schema1Layer.EmptyTar || tar.Value == NoBytes : layer.Packed?.Digest == Schema1Layer.EmptyBlob;

    /// <summary>What is to be said of one layer of an image; null for an ordinary one.</summary>
    public static string? Note(IReadOnlyList<FormLayer> layers, int place)
    {
        if (IsEmpty(layers[place])) return "an empty layer: it changes no file";
        if (layers[place].Packed?.Digest == EmptyJson) return "OCI's empty descriptor: no layer at all";
        for (var earlier = 0; earlier < place; earlier++)
            if (LayerPairs.IsSame(layers[earlier], layers[place])) return $"the same as layer {earlier + 1}";
        return null;
    }
}
