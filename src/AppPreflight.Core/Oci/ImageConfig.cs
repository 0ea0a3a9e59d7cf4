namespace AppPreflight.Oci;

/// <summary>The part of an image's configuration that decides what is unpacked: platform and diff ids, base layer first.</summary>
/// <remarks>Source: OCI image-spec v1.1 config.md; Docker image specification v1.2.</remarks>
public sealed record ImageConfig(Platform Platform, IReadOnlyList<DiffId> DiffIds)
{
    /// <summary>The largest configuration read, in bytes (moby: 8 MiB, distribution/pull_v2.go).</summary>
    public const int MaxBytes = 8 << 20;

    /// <exception cref="FormatException">Not an image configuration; the message names the place.</exception>
    public static ImageConfig Parse(ReadOnlyMemory<byte> bytes) => OciJson.Read(bytes, "the image configuration", MaxBytes, root =>
    {
        var rootfs = root.Find("rootfs") ?? throw new FormatException("the image configuration has no rootfs");
        if (rootfs.Text("type") is { } type && type != "layers") throw new FormatException($"rootfs is of type '{Quote.Short(type)}', not 'layers'");
        return new ImageConfig(
            root.Platform(),
            [.. rootfs.List("diff_ids", ImageManifest.MaxLayers).Select(id => id.ValueKind == System.Text.Json.JsonValueKind.String
                ? new DiffId(Digest.Parse(id.GetString()!))
                : throw new FormatException("a diff id of the image configuration is not a text"))]);
    });
}
