using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using static AppPreflight.Rehearsal.TarPiece;

namespace AppPreflight.Rehearsal;

/// <summary>What the pairs of a comparison are made of: an image of three layers, and all that can be done to it.</summary>
internal static class PairImages
{
    public static readonly IReadOnlyList<TarPiece> GroundPieces =
    [
        Folder("etc"), Text("etc/os-release", "VERSION=1\n"), Text("etc/motd", "hello\n"), Folder("bin"),
        File("bin/tool", LayerBuilder.Bulk(20_000, "pair tool")) with { Mode = "0755" }, SymbolicLink("bin/sh", "tool"),
    ];

    public static readonly IReadOnlyList<TarPiece> RuntimePieces =
    [
        Folder("usr"), Folder("usr/lib"), File("usr/lib/runtime.bin", LayerBuilder.Bulk(50_000, "pair runtime")),
    ];

    public static readonly IReadOnlyList<TarPiece> AppPieces =
    [
        Folder("opt"), Folder("opt/app"), File("opt/app/main", LayerBuilder.Bulk(10_000, "pair main")) with { Mode = "0755" },
        Text("opt/app/settings", "colour=blue\n"), SymbolicLink("opt/app/current", "main"), HardLink("opt/app/twin", "opt/app/main") with { Mode = "0755" },
        Text("opt/app/ping", "ping\n") with { Mode = "0755", Attributes = Capability(StackedImages.Capability) },
    ];

    public static readonly BuiltLayer Ground = RawTar.Layer(GroundPieces);
    public static readonly BuiltLayer Runtime = RawTar.Layer(RuntimePieces);
    public static readonly BuiltLayer App = RawTar.Layer(AppPieces);

    /// <summary>What A is, if nothing else is said.</summary>
    public static readonly BuiltImage Whole = Image(Ground, Runtime, App);

    public static BuiltImage Image(params IReadOnlyList<BuiltLayer> layers) =>
        ImageBuilder.Assemble(Bytes(Config(layers)), ImageFormat.Docker, layers);

    /// <summary>The same image with another configuration.</summary>
    public static BuiltImage Edited(BuiltImage image, Action<JsonNode> edit)
    {
        var config = JsonNode.Parse(image.Config)!;
        edit(config);
        return ImageBuilder.Assemble(Bytes(config), ImageFormat.Docker, image.Layers);
    }

    /// <summary>The same configuration, byte for byte, and layers packed or named otherwise.</summary>
    public static BuiltImage Repacked(BuiltImage image, ImageFormat format, Func<BuiltLayer, BuiltLayer> pack, JsonObject? annotations = null) =>
        ImageBuilder.Assemble(image.Config, format, [.. image.Layers.Select(pack)], annotations);

    public static BuiltImage Arm(BuiltImage image) => Edited(image, config => (config["architecture"], config["variant"]) = ("arm64", "v8"));

    public static BuiltLayer Best(BuiltLayer layer) => LayerBuilder.Pack(layer.Tar, CompressionLevel.SmallestSize);

    public static BuiltLayer Plain(BuiltLayer layer) => new(layer.Tar, layer.Tar);

    /// <summary>A zstd frame that compresses nothing: every reader of the format has to take it.</summary>
    /// <remarks>Source: RFC 8878, 3.1.1: one segment, its size in four bytes, raw blocks.</remarks>
    public static BuiltLayer Zstd(BuiltLayer layer)
    {
        const int mostInBlock = 128 << 10;
        using var frame = new MemoryStream();
        frame.Write([0x28, 0xb5, 0x2f, 0xfd, 0xa0, .. BitConverter.GetBytes(layer.Tar.Length)]);
        foreach (var (place, block) in layer.Tar.Chunk(mostInBlock).Index())
        {
            var isLast = (place + 1) * mostInBlock >= layer.Tar.Length;
            frame.Write(BitConverter.GetBytes((block.Length << 3) | (isLast ? 1 : 0)).AsSpan(0, 3));
            frame.Write(block);
        }

        return new(layer.Tar, frame.ToArray());
    }

    /// <summary>The same pieces but for one.</summary>
    public static IReadOnlyList<TarPiece> With(this IReadOnlyList<TarPiece> pieces, string name, Func<TarPiece, TarPiece> change) =>
        pieces.Any(piece => piece.Name == name)
            ? [.. pieces.Select(piece => piece.Name == name ? change(piece) : piece)]
            : throw new RehearsalException($"no piece {name}");

    public static Dictionary<string, byte[]> Capability(byte[] value) => new(StringComparer.Ordinal) { ["security.capability"] = value };

    /// <summary>
    /// As BuildKit tells the same build: keys in another order, none of the classic builder's own, and its own words for each step.
    /// </summary>
    /// <remarks>Source: BuildKit, exporter/containerimage/writer.go (patchImageConfig) and frontend/dockerfile/dockerfile2llb (commitToHistory).</remarks>
    public static BuiltImage AsBuildKit(BuiltImage classic)
    {
        var told = JsonNode.Parse(classic.Config)!;
        var config = new JsonObject
        {
            ["architecture"] = told["architecture"]!.DeepClone(),
            ["config"] = new JsonObject { ["Env"] = told["config"]!["Env"]?.DeepClone(), ["Cmd"] = told["config"]!["Cmd"]?.DeepClone(), ["ArgsEscaped"] = true, ["OnBuild"] = null },
            ["created"] = "2025-09-02T08:15:30.123456789Z",
            ["history"] = new JsonArray([.. told["history"]!.AsArray().Select(step => (JsonNode)AsBuildKit(step!))]),
            ["os"] = told["os"]!.DeepClone(),
            ["rootfs"] = told["rootfs"]!.DeepClone(),
        };
        return ImageBuilder.Assemble(Bytes(config), ImageFormat.Oci, [.. classic.Layers.Select(Best)]);
    }

    /// <summary>All of an image that stands at a registry.</summary>
    public static async Task<BuiltImage> FetchAsync(RegistryApi registry, string repository, string tag, CancellationToken cancellationToken)
    {
        var manifest = await registry.GetManifestAsync(repository, tag, cancellationToken);
        var document = JsonNode.Parse(manifest.Bytes)!;
        var config = await registry.GetBlobAsync(repository, document["config"]!["digest"]!.GetValue<string>(), cancellationToken);
        var layers = new List<BuiltLayer>();
        foreach (var layer in document["layers"]!.AsArray())
        {
            var packed = await registry.GetBlobAsync(repository, layer!["digest"]!.GetValue<string>(), cancellationToken);
            layers.Add(new(Unpack(packed), packed));
        }

        return new(manifest, config, layers, JsonNode.Parse(config)!["architecture"]!.GetValue<string>());
    }

    private static JsonObject AsBuildKit(JsonNode step)
    {
        var command = (step["created_by"]?.GetValue<string>() ?? "").Replace("/bin/sh -c #(nop) ", "", StringComparison.Ordinal).Trim();
        var entry = new JsonObject { ["created"] = "2025-09-02T08:15:30.123456789Z", ["created_by"] = $"{command} # buildkit", ["comment"] = "buildkit.dockerfile.v0" };
        if (step["empty_layer"] is { } empty) entry["empty_layer"] = empty.DeepClone();
        return entry;
    }

    private static JsonObject Config(IReadOnlyList<BuiltLayer> layers) => new()
    {
        ["architecture"] = "amd64",
        ["config"] = new JsonObject
        {
            ["Cmd"] = new JsonArray("/opt/app/main"),
            ["Env"] = new JsonArray("PATH=/bin", "LANG=C"),
            ["Labels"] = new JsonObject { ["version"] = "1.0" },
        },
        ["created"] = "2025-03-14T10:10:10Z",
        ["docker_version"] = "20.10.24",
        ["history"] = new JsonArray(
        [
            .. layers.Select((_, place) => (JsonNode)new JsonObject { ["created"] = "2025-03-14T10:10:10Z", ["created_by"] = $"/bin/sh -c #(nop) COPY dir:{place} in / " }),
            new JsonObject { ["created"] = "2025-03-14T10:10:10Z", ["created_by"] = "/bin/sh -c #(nop)  CMD [\"/opt/app/main\"]", ["empty_layer"] = true },
        ]),
        ["os"] = "linux",
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer.DiffId)]) },
    };

    private static byte[] Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
