namespace AppPreflight.Oci;

/// <summary>Config and layers of one platform's image; layers from the base upwards.</summary>
/// <remarks>Sources: OCI image-spec v1.1 manifest.md; distribution manifest v2 schema 2.</remarks>
public sealed record ImageManifest(string MediaType, Descriptor Config, IReadOnlyList<Descriptor> Layers)
{
    /// <summary>The largest manifest read, in bytes: the limit registries themselves keep (distribution: 4 MiB).</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>overlay2 stops at 128 lower folders; nothing real comes near this.</summary>
    public const int MaxLayers = 1000;

    /// <exception cref="FormatException">Not a manifest of schema 2 or OCI; the message names the place.</exception>
    public static ImageManifest Parse(Served served) => OciJson.Read(served.Bytes, "the manifest", MaxBytes, root =>
    {
        var config = root.Find("config") ?? throw new FormatException("the manifest has no config");
        var layers = root.List("layers", MaxLayers);
        return new ImageManifest(
            root.Text("mediaType") ?? served.MediaType,
            config.Descriptor("the manifest's config"),
            [.. layers.Select((layer, i) => layer.Descriptor($"layer {i + 1} of the manifest"))]);
    });

    /// <summary>What a document is by its own words: index, manifest or schema 1; the header's word where it has none.</summary>
    /// <remarks>A document of both kinds at once is refused (OCI image-spec, CVE-2021-41190).</remarks>
    /// <exception cref="FormatException">Not JSON, or two kinds at once.</exception>
    public static string KindOf(Served served) => OciJson.Read(served.Bytes, "the manifest", MaxBytes, root =>
    {
        var (isList, isImage) = (root.Find("manifests") is not null, root.Find("config") is not null || root.Find("layers") is not null);
        if (isList && isImage) throw new FormatException("the document claims to be an index and a manifest at once");
        if (root.Find("fsLayers") is not null) return Oci.MediaType.DockerSchema1;
        var named = root.Text("mediaType") ?? served.MediaType;
        if (isList) return Oci.MediaType.IsIndex(named) ? named : Oci.MediaType.OciIndex;
        if (isImage) return Oci.MediaType.IsManifest(named) ? named : Oci.MediaType.OciManifest;
        return named;
    });
}
