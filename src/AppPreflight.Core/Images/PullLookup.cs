using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What a pull of one image looks up in the engine's own tables before it asks the registry for it.</summary>
/// <param name="Documents">What the name itself names and, where that is an index, this platform's manifest; sizes in bytes.</param>
/// <param name="Layers">Base layer first.</param>
/// <remarks>Source: moby v20.10 distribution/pull_v2.go, pullV2Tag; distribution/manifest.go, Get; distribution/xfer/download.go, Download.</remarks>
public sealed record PullLookup(ImageReference Image, IReadOnlyList<Descriptor> Documents, IReadOnlyList<LayerLookup> Layers)
{
    public static PullLookup Of(ServedImage served) => new(
        served.Reference,
        [.. new[] { served.Root, served.ManifestBytes }.DistinctBy(document => document.Digest)
            .Select(document => new Descriptor(document.MediaType, document.Digest, document.Bytes.Length))],
        [.. served.Manifest.Layers.Zip(served.Config.DiffIds, (layer, diffId) => new LayerLookup(layer.Digest, diffId))]);
}

/// <summary>A layer by the name it is transferred under, and the one it has to have when it is unpacked.</summary>
public sealed record LayerLookup(Digest Blob, DiffId DiffId);
