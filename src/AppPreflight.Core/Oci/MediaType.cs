namespace AppPreflight.Oci;

public enum LayerCompression
{
    None,
    Gzip,
    Zstd,

    /// <summary>Not a media type of a layer that this program knows.</summary>
    Unknown,
}

/// <summary>The media types of images, Docker's and OCI's side by side.</summary>
/// <remarks>Sources: OCI image-spec v1.1 media-types.md; distribution manifest v2 schema 2 and schema 1 specifications.</remarks>
public static class MediaType
{
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";
    public const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string DockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
    public const string DockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar";
    public const string DockerForeignLayerGzip = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string OciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string OciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    public const string OciForeignLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    public const string OciForeignLayerGzip = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    public const string OciForeignLayerZstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";

    /// <summary>What to ask a registry for: everything read here, and schema 1 so that it can be named instead of a bare 404.</summary>
    public static readonly IReadOnlyList<string> Acceptable =
        [DockerManifest, DockerManifestList, OciManifest, OciIndex, DockerSchema1Signed, DockerSchema1];

    public static bool IsIndex(string? mediaType) => mediaType is DockerManifestList or OciIndex;

    public static bool IsManifest(string? mediaType) => mediaType is DockerManifest or OciManifest;

    public static bool IsSchema1(string? mediaType) => mediaType is DockerSchema1 or DockerSchema1Signed;

    public static bool IsConfig(string? mediaType) => mediaType is DockerConfig or OciConfig;

    public static LayerCompression Compression(string mediaType) => mediaType switch
    {
        DockerLayer or OciLayer or DockerForeignLayer or OciForeignLayer => LayerCompression.None,
        DockerLayerGzip or OciLayerGzip or DockerForeignLayerGzip or OciForeignLayerGzip => LayerCompression.Gzip,
        DockerLayerZstd or OciLayerZstd or OciForeignLayerZstd => LayerCompression.Zstd,
        _ => LayerCompression.Unknown,
    };
}
