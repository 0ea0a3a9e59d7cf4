using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>A manifest or index as it is pushed: these bytes, this digest.</summary>
internal sealed record BuiltManifest(byte[] Bytes, string MediaType)
{
    public string Digest { get; } = LayerBuilder.Sha256(Bytes);
}

/// <summary>An image in all its parts. The engine's Id for it is <see cref="ConfigDigest"/>.</summary>
internal sealed record BuiltImage(BuiltManifest Manifest, byte[] Config, IReadOnlyList<BuiltLayer> Layers, string Architecture)
{
    public string ConfigDigest { get; init; } = LayerBuilder.Sha256(Config);
}

internal sealed record BuiltIndex(BuiltManifest Manifest, IReadOnlyList<BuiltImage> Images);

/// <summary>What an image says of itself besides its layers.</summary>
internal sealed record ImageTraits(string Label)
{
    public string Architecture { get; init; } = "amd64";

    public ImageFormat Format { get; init; } = ImageFormat.Docker;

    public IReadOnlyList<string> Command { get; init; } = ["/bin/sleep", "2147483647"];
}

/// <summary>Makes configs, manifests, indexes and archives, blob by blob, without any engine.</summary>
internal static class ImageBuilder
{
    public static BuiltImage Build(ImageTraits traits, params IReadOnlyList<BuiltLayer> layers) =>
        Assemble(Bytes(Config(traits, layers)), traits.Format, layers);

    /// <summary>An image of parts that may be anybody's: layers are named by how they are packed.</summary>
    /// <param name="config">As it stands; its platform becomes the image's.</param>
    /// <param name="format">Whose media types it bears.</param>
    /// <param name="layers">Base first.</param>
    /// <param name="annotations">Of the manifest, or null for none.</param>
    public static BuiltImage Assemble(byte[] config, ImageFormat format, IReadOnlyList<BuiltLayer> layers, JsonObject? annotations = null)
    {
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.Manifest(format),
            ["config"] = Descriptor(MediaTypes.Config(format), config),
            ["layers"] = List(layers.Select(layer => Descriptor(MediaTypes.Layer(format, layer.Compressed), layer.Compressed))),
        };
        if (annotations is not null) manifest["annotations"] = annotations;
        return new(new(Bytes(manifest), MediaTypes.Manifest(format)), config, layers, JsonNode.Parse(config)!["architecture"]!.GetValue<string>());
    }

    /// <param name="format">Whose media types the index bears.</param>
    /// <param name="attestation">Adds an entry as BuildKit does for provenance: platform unknown/unknown, to be ignored.</param>
    /// <param name="images">One for each platform.</param>
    public static BuiltIndex Index(ImageFormat format, bool attestation, params IReadOnlyList<BuiltImage> images)
    {
        var all = attestation ? [.. images, Attestation(images[0])] : images;
        var entries = all.Select((image, place) => Entry(image, place >= images.Count ? images[0].Manifest.Digest : null));
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.Index(format),
            ["manifests"] = List(entries),
        };
        return new(new(Bytes(index), MediaTypes.Index(format)), all);
    }

    /// <summary>The archive that <c>docker load</c> takes.</summary>
    public static byte[] Archive(BuiltImage image, params IReadOnlyList<string> tags)
    {
        var configName = $"{image.ConfigDigest["sha256:".Length..]}.json";
        var layerNames = image.Layers.Select(layer => $"{layer.DiffId["sha256:".Length..]}.tar").ToList();
        var contents = new JsonObject
        {
            ["Config"] = configName,
            ["RepoTags"] = List(tags.Select(tag => (JsonNode)tag)),
            ["Layers"] = List(layerNames.Select(name => (JsonNode)name)),
        };
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Write(writer, configName, image.Config);
            foreach (var (name, layer) in layerNames.Zip(image.Layers)) Write(writer, name, layer.Tar);
            Write(writer, "manifest.json", Bytes(new JsonArray(contents)));
        }

        return buffer.ToArray();
    }

    private static JsonObject Config(ImageTraits traits, IReadOnlyList<BuiltLayer> layers) => new()
    {
        ["architecture"] = traits.Architecture,
        ["config"] = new JsonObject
        {
            ["Cmd"] = List(traits.Command.Select(word => (JsonNode)word)),
            ["Env"] = new JsonArray("PATH=/bin"),
            ["Labels"] = new JsonObject { ["rehearsal"] = traits.Label },
        },
        ["created"] = LayerBuilder.Birth.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        ["history"] = List(layers.Select(layer => (JsonNode)new JsonObject { ["created_by"] = $"layer {layer.DiffId}" })),
        ["os"] = "linux",
        ["rootfs"] = new JsonObject
        {
            ["type"] = "layers",
            ["diff_ids"] = List(layers.Select(layer => (JsonNode)layer.DiffId)),
        },
    };

    private static BuiltImage Attestation(BuiltImage subject)
    {
        using var layer = new LayerBuilder();
        layer.AddText("provenance.json", $"{{\"subject\":\"{subject.Manifest.Digest}\"}}");
        return Build(new("attestation") { Architecture = "unknown", Format = ImageFormat.Oci }, layer.Build());
    }

    private static JsonObject Entry(BuiltImage image, string? attestationOf)
    {
        var entry = Descriptor(image.Manifest.MediaType, image.Manifest.Bytes);
        var os = attestationOf is null ? "linux" : "unknown";
        entry["platform"] = new JsonObject { ["architecture"] = image.Architecture, ["os"] = os };
        if (attestationOf is null) return entry;
        entry["annotations"] = new JsonObject
        {
            ["vnd.docker.reference.digest"] = attestationOf,
            ["vnd.docker.reference.type"] = "attestation-manifest",
        };
        return entry;
    }

    private static JsonObject Descriptor(string mediaType, byte[] content) => new JsonObject
    {
        ["mediaType"] = mediaType,
        ["size"] = content.Length,
        ["digest"] = LayerBuilder.Sha256(content),
    };

    private static JsonArray List(IEnumerable<JsonNode> nodes) => new([.. nodes]);

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    private static void Write(TarWriter writer, string name, byte[] content)
    {
        using var stream = new MemoryStream(content);
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { ModificationTime = LayerBuilder.Birth, DataStream = stream });
    }
}
