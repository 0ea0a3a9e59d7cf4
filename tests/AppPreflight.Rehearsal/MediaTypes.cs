namespace AppPreflight.Rehearsal;

/// <summary>The two families of names for the same documents.</summary>
internal enum ImageFormat
{
    Docker,
    Oci,
}

/// <summary>Source: distribution, docs/spec/manifest-v2-2.md; OCI image-spec v1.1, media-types.md.</summary>
internal static class MediaTypes
{
    public static readonly string[] Manifests = [.. from format in Enum.GetValues<ImageFormat>() from type in new[] { Manifest(format), Index(format) } select type];

    public static string Manifest(ImageFormat format) => format == ImageFormat.Docker
        ? "application/vnd.docker.distribution.manifest.v2+json"
        : "application/vnd.oci.image.manifest.v1+json";

    public static string Index(ImageFormat format) => format == ImageFormat.Docker
        ? "application/vnd.docker.distribution.manifest.list.v2+json"
        : "application/vnd.oci.image.index.v1+json";

    public static string Config(ImageFormat format) => format == ImageFormat.Docker
        ? "application/vnd.docker.container.image.v1+json"
        : "application/vnd.oci.image.config.v1+json";

    /// <summary>By the first bytes of what is in it.</summary>
    public static string Layer(ImageFormat format, ReadOnlySpan<byte> packed)
    {
        if (packed.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b])) return Layer(format);
        var plain = format == ImageFormat.Docker ? "application/vnd.docker.image.rootfs.diff.tar" : "application/vnd.oci.image.layer.v1.tar";
        return packed.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? $"{plain}{(format == ImageFormat.Docker ? '.' : '+')}zstd" : plain;
    }

    public static string Layer(ImageFormat format) => format == ImageFormat.Docker
        ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
        : "application/vnd.oci.image.layer.v1.tar+gzip";
}
