using System.Text.Json;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Reader;

/// <summary>The reader's answers as lines of JSON and back: docs/formats.md, "app-preflight/reader/1".</summary>
internal static class ReaderJson
{
    /// <summary>Of a line: a layer with a hundred damages whose names are as long as Linux allows.</summary>
    public const int MaxBytes = 16 << 20;

    private const int Most = 50_000;

    public static ReadOnlyMemory<byte> Progress(long bytes) => ControlJson.Line(json =>
    {
        json.WriteString("type", "progress");
        json.WriteNumber("bytes", bytes);
    });

    public static ReadOnlyMemory<byte> Layer(StoredLayer layer, bool isFinished) => ControlJson.Line(json =>
    {
        json.WriteString("type", "layer");
        json.WriteBoolean("finished", isFinished);
        json.WriteString("diffId", layer.DiffId.ToString());
        Write(json, LayerName.Of(layer));
        json.WriteString("way", layer.Way.Wire());
        json.WriteString("observed", layer.Observed?.ToString());
        json.WriteNumber("sizeBytes", layer.SizeBytes);
        json.WriteStartArray("damages");
        foreach (var damage in layer.Damages) Write(json, damage);
        json.WriteEndArray();
        json.WriteNumber("moreDamages", layer.MoreDamages);
        if (layer.Fault is { } fault) Write(json, fault);
        json.WriteBoolean("medium", layer.IsFromMedium);
        json.WriteString("stamp", layer.Stamp);
    });

    public static ReadOnlyMemory<byte> Contents(IReadOnlyDictionary<Digest, StoredContent> contents) => ControlJson.Line(json =>
    {
        json.WriteString("type", "contents");
        json.WriteStartArray("images");
        foreach (var (id, content) in contents)
        {
            json.WriteStartObject();
            json.WriteString("id", id.ToString());
            json.WriteString("way", content.Way.Wire());
            json.WriteString("config", content.Config?.ToString());
            json.WriteNumber("hashedBytes", content.HashedBytes);
            json.WriteStartArray("layers");
            foreach (var layer in content.Layers)
            {
                json.WriteStartObject();
                Write(json, LayerName.Of(layer));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (content.Fault is { } fault) Write(json, fault);
            json.WriteStartArray("unseen");
            foreach (var unseen in content.Unseen) json.WriteStringValue(unseen);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Tables(IReadOnlyList<TableDamage> tables) => ControlJson.Line(json =>
    {
        json.WriteString("type", "tables");
        json.WriteStartArray("tables");
        foreach (var damage in tables)
        {
            json.WriteStartObject();
            json.WriteString("kind", damage.Kind.Wire());
            json.WriteString("image", damage.Image.ToString());
            json.WriteString("path", damage.Path);
            json.WriteString("blob", damage.Blob?.ToString());
            json.WriteString("expected", damage.Expected);
            json.WriteString("observed", damage.Observed);
            json.WriteString("chainId", damage.Layer?.ToString());
            json.WriteBoolean("empty", damage.IsEmpty);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Obstacle(SourceFault fault) => ControlJson.Line(json =>
    {
        json.WriteString("type", "obstacle");
        Write(json, fault);
    });

    /// <returns>Null for what a later version tells besides.</returns>
    /// <exception cref="FormatException">Not such a line.</exception>
    public static ReaderAnswer? Read(ReadOnlyMemory<byte> line) => OciJson.Read<ReaderAnswer?>(line, "the reader's answer", MaxBytes, static root => root.Text("type") switch
    {
        "progress" => new ReaderProgress(root.Number("bytes")),
        "layer" => new ReaderLayer(LayerOf(root), root.Flag("finished")),
        "contents" => new ReaderContents([.. root.List("images", Most).Select(ImageOf)]),
        "tables" => new ReaderTables([.. root.List("tables", Most).Select(TableOf)]),
        "obstacle" => new ReaderObstacle(FaultOf(root) ?? throw new FormatException("the obstacle has no \"fault\"")),
        _ => null,
    });

    public static Digest DigestOf(JsonElement text) =>
        text.ValueKind == JsonValueKind.String ? Digest.Parse(text.GetString()!) : throw new FormatException("a digest is not a text");

    public static bool Flag(this JsonElement parent, string key) => parent.Find(key) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        _ => throw new FormatException($"\"{key}\" is neither true nor false"),
    };

    private static void Write(Utf8JsonWriter json, LayerName layer)
    {
        json.WriteString("chainId", layer.Chain.ToString());
        json.WriteString("promised", layer.Promised.ToString());
    }

    private static void Write(Utf8JsonWriter json, LayerDamage damage)
    {
        json.WriteStartObject();
        json.WriteString("kind", damage.Kind.Wire());
        json.WriteString("path", damage.Path);
        json.WriteString("expected", damage.Expected);
        json.WriteString("observed", damage.Observed);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SourceFault fault)
    {
        json.WriteString("fault", fault.Fault.Wire());
        json.WriteString("message", fault.Message);
        json.WriteString("subject", fault.Subject);
        json.WriteString("part", fault.Part.Wire());
        json.WriteString("expectedBytes", fault.Expected);
        json.WriteString("observedBytes", fault.Observed);
    }

    private static StoredLayer LayerOf(JsonElement layer) => new(new(Digest.Parse(layer.Needed("diffId"))), new(Digest.Parse(layer.Needed("chainId"))))
    {
        Way = WayOf(layer),
        Promised = Digest.Parse(layer.Needed("promised")),
        Observed = layer.Text("observed") is { } observed ? Digest.Parse(observed) : null,
        SizeBytes = layer.Number("sizeBytes"),
        Damages = [.. layer.List("damages", Most).Select(DamageOf)],
        MoreDamages = (int)Math.Min(int.MaxValue, layer.Number("moreDamages")),
        Fault = FaultOf(layer),
        IsFromMedium = layer.Flag("medium"),
        Stamp = layer.Text("stamp") ?? "",
    };

    private static LayerDamage DamageOf(JsonElement damage) => new(
        WireNames.Find<DamageKind>(damage.Text("kind")) ?? throw new FormatException("a damage has no \"kind\""),
        damage.Needed("path"), damage.Text("expected"), damage.Text("observed"));

    private static TableDamage TableOf(JsonElement damage) => new(
        WireNames.Find<TableDamageKind>(damage.Text("kind")) ?? throw new FormatException("a table's damage has no \"kind\""),
        ImageReference.Parse(damage.Needed("image")), damage.Needed("path"))
    {
        Blob = damage.Text("blob") is { } blob ? Digest.Parse(blob) : null,
        Expected = damage.Text("expected"),
        Observed = damage.Text("observed"),
        Layer = damage.Text("chainId") is { } chain ? new(Digest.Parse(chain)) : null,
        IsEmpty = damage.Flag("empty"),
    };

    private static ReaderImage ImageOf(JsonElement image) => new(
        Digest.Parse(image.Needed("id")),
        new()
        {
            Way = WayOf(image),
            Config = image.Text("config") is { } config ? Digest.Parse(config) : null,
            HashedBytes = image.Number("hashedBytes"),
            Fault = FaultOf(image),
            Unseen = [.. image.List("unseen", Most).Select(unseen => unseen.ValueKind == JsonValueKind.String ? unseen.GetString()! : throw new FormatException("\"unseen\" is no list of texts"))],
        },
        [.. image.List("layers", Most).Select(layer => new LayerName(new(Digest.Parse(layer.Needed("chainId"))), Digest.Parse(layer.Needed("promised"))))]);

    private static ProofWay WayOf(JsonElement parent) =>
        WireNames.Find<ProofWay>(parent.Text("way")) ?? throw new FormatException("\"way\" is missing or not known");

    private static SourceFault? FaultOf(JsonElement parent) => parent.Text("fault") is not { } fault ? null
        : new(Source.Engine, WireNames.Find<Fault>(fault) ?? throw new FormatException($"\"fault\" can't be '{Quote.Short(fault)}'"), parent.Needed("message"))
        {
            Subject = parent.Text("subject"),
            Part = WireNames.Find<ImagePart>(parent.Text("part")) ?? ImagePart.Manifest,
            Expected = parent.Text("expectedBytes"),
            Observed = parent.Text("observedBytes"),
        };
}
