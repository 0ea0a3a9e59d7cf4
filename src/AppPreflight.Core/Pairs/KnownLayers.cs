using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>Digests that mean the same everywhere, and frighten whoever meets them for the first time.</summary>
public static class KnownLayers
{
    /// <summary>An empty tar of 1024 zero bytes, packed by Docker's gzip: what schema 1 has for a step that changed no file.</summary>
    /// <remarks>Source: distribution manifest/schema1/config_builder.go, digestSHA256GzippedEmptyTar.</remarks>
    public static readonly Digest EmptyGzip = Digest.Parse("sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4");

    /// <summary>The same unpacked (moby layer/layer.go, DigestSHA256EmptyTar).</summary>
    public static readonly Digest EmptyTar = Digest.Parse("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");

    /// <summary>"{}": OCI's descriptor of nothing (image-spec v1.1 manifest.md, "Guidance for an Empty Descriptor").</summary>
    public static readonly Digest EmptyJson = Digest.Parse("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");

    /// <summary>Of no byte at all, which engines take for an empty tar.</summary>
    public static readonly Digest NoBytes = Digest.Parse("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    public static bool IsEmpty(FormLayer layer) =>
        layer.DiffId?.Value is { } tar ? tar == EmptyTar || tar == NoBytes : layer.Packed?.Digest == EmptyGzip;

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
