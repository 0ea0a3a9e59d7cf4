using System.Text.Json;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Reader;

/// <summary>What the reader can be asked, images' layers or an engine's tables, one line of JSON: docs/formats.md, "app-preflight/reader/1".</summary>
internal sealed record ReaderRequest(EngineState Engine, IReadOnlyList<StoredImage> Images, ReadingPace Pace)
{
    /// <summary>Bytes of the line: about a thousand images of thirty layers each.</summary>
    public const int MaxBytes = 4 << 20;

    public const string Schema = "app-preflight/reader/1";

    /// <summary>Only the tables, of what pulls of these images would look up; null for the layers of <see cref="Images"/>.</summary>
    public IReadOnlyList<PullLookup>? Wanted { get; init; }

    private const int MostDocuments = 16;
    private const int MostImages = 10_000;
    private const int MostLayers = 50_000;
    private const int LongestPath = 4096;

    /// <summary>The line, with its end.</summary>
    public ReadOnlyMemory<byte> Line => ControlJson.Line(Write);

    /// <summary>Every layer that may be in the answer.</summary>
    public IReadOnlySet<ChainId> Chains => Images.SelectMany(image => ChainId.AllOf(image.DiffIds)).ToHashSet();

    /// <exception cref="FormatException">Not such a request; the message says what is wrong with it.</exception>
    public static ReaderRequest Read(ReadOnlyMemory<byte> line) => OciJson.Read(line, "the request", MaxBytes, static root =>
    {
        if (root.Text("schema") != Schema) throw new FormatException($"the request is not of schema {Schema}");
        return new ReaderRequest(
            EngineOf(root.Find("engine") ?? throw new FormatException("the request has no \"engine\"")),
            [.. root.List("images", MostImages).Select(ImageOf)],
            root.Find("pace") is { } pace ? PaceOf(pace) : ReadingPace.Foreground)
        { Wanted = root.Find("wanted") is null ? null : [.. root.List("wanted", MostImages).Select(LookupOf)] };
    });

    private void Write(Utf8JsonWriter json)
    {
        json.WriteString("schema", Schema);
        json.WriteStartObject("engine");
        json.WriteString("version", Engine.Version);
        json.WriteString("driver", Engine.Driver);
        json.WriteString("dataRoot", Engine.DataRoot);
        json.WriteBoolean("containerd", Engine.UsesContainerdStore);
        json.WriteBoolean("local", Engine.IsLocal);
        json.WriteBoolean("rootless", Engine.IsRootless);
        json.WriteBoolean("remapsOwners", Engine.RemapsOwners);
        Write(json, Engine.Platform);
        json.WriteEndObject();
        json.WriteStartArray("images");
        foreach (var image in Images) Write(json, image);
        json.WriteEndArray();
        json.WriteStartObject("pace");
        json.WriteBoolean("medium", Pace.IsFromMedium);
        json.WriteBoolean("background", Pace.IsBackground);
        if (Pace.BytesPerSecond is { } rate) json.WriteNumber("bytesPerSecond", rate);
        if (Pace.Only is { } only) Write(json, "only", only.Select(chain => chain.ToString()));
        json.WriteEndObject();
        if (Wanted is not { } wanted) return;
        json.WriteStartArray("wanted");
        foreach (var lookup in wanted) Write(json, lookup);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, PullLookup lookup)
    {
        json.WriteStartObject();
        json.WriteString("image", lookup.Image.ToString());
        json.WriteStartArray("documents");
        foreach (var document in lookup.Documents)
        {
            json.WriteStartObject();
            json.WriteString("mediaType", document.MediaType);
            json.WriteString("digest", document.Digest.ToString());
            json.WriteNumber("sizeBytes", document.SizeBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("layers");
        foreach (var layer in lookup.Layers)
        {
            json.WriteStartObject();
            json.WriteString("blob", layer.Blob.ToString());
            json.WriteString("diffId", layer.DiffId.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StoredImage image)
    {
        json.WriteStartObject();
        json.WriteString("id", image.Id.ToString());
        Write(json, "diffIds", image.DiffIds.Select(layer => layer.ToString()));
        if (image.Platform is { } platform) Write(json, platform);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Platform platform)
    {
        json.WriteStartObject("platform");
        json.WriteString("os", platform.Os);
        json.WriteString("architecture", platform.Architecture);
        json.WriteString("variant", platform.Variant);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static EngineState EngineOf(JsonElement engine) => new()
    {
        Version = engine.Text("version") ?? "",
        Platform = engine.Find("platform")?.Platform() ?? new("", ""),
        Driver = engine.Needed("driver"),
        DataRoot = engine.Text("dataRoot") is { Length: > 0 and <= LongestPath } path && path[0] == '/' && !path.Contains('\0', StringComparison.Ordinal)
            ? path
            : throw new FormatException("\"dataRoot\" is no absolute path"),
        UsesContainerdStore = engine.Flag("containerd"),
        IsLocal = engine.Flag("local"),
        IsRootless = engine.Flag("rootless"),
        RemapsOwners = engine.Flag("remapsOwners"),
    };

    private static StoredImage ImageOf(JsonElement image) => new()
    {
        Id = Digest.Parse(image.Needed("id")),
        DiffIds = [.. image.List("diffIds", MostLayers).Select(layer => new DiffId(ReaderJson.DigestOf(layer)))],
        Platform = image.Find("platform")?.Platform(),
    };

    private static PullLookup LookupOf(JsonElement lookup) => new(
        ImageReference.Parse(lookup.Needed("image")),
        [.. lookup.List("documents", MostDocuments).Select(document => new Descriptor(document.Needed("mediaType"), Digest.Parse(document.Needed("digest")), document.Number("sizeBytes")))],
        [.. lookup.List("layers", MostLayers).Select(layer => new LayerLookup(Digest.Parse(layer.Needed("blob")), new(Digest.Parse(layer.Needed("diffId")))))]);

    private static ReadingPace PaceOf(JsonElement pace) => new()
    {
        IsFromMedium = pace.Flag("medium"),
        IsBackground = pace.Flag("background"),
        BytesPerSecond = pace.Find("bytesPerSecond") is null ? null
            : pace.Number("bytesPerSecond") is var rate and > 0 ? rate
            : throw new FormatException("\"bytesPerSecond\" is not positive"),
        Only = pace.Find("only") is null ? null : [.. pace.List("only", MostLayers).Select(chain => new ChainId(ReaderJson.DigestOf(chain)))],
    };
}
