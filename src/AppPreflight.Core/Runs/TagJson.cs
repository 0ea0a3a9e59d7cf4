using System.Buffers;
using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Runs;

/// <summary>The memory of tags as JSON: docs/formats.md, "app-preflight/tags/1". By hand, for the reason <see cref="ReportJson"/> gives.</summary>
public static class TagJson
{
    public const int MaxBytes = 16 << 20;

    /// <summary>An appliance's chains name some dozens of tags; of more those that were not looked at for longest make room.</summary>
    public const int MostTags = 500;

    private const string Schema = "app-preflight/tags/1";

    /// <summary>UTF-8, indented, one line end at the end. As many of the tags as the document has room for, those looked at last.</summary>
    public static byte[] Write(IEnumerable<TagNote> tags)
    {
        var kept = tags.OrderByDescending(tag => tag.Latest.Last).ThenBy(tag => tag.Key, StringComparer.Ordinal).Take(MostTags).ToList();
        while (true)
        {
            var bytes = WriteAll(kept);
            if (bytes.Length <= MaxBytes) return bytes;
            kept = [.. kept.Take(kept.Count / 2)];
        }
    }

    private static byte[] WriteAll(IReadOnlyList<TagNote> tags)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, ReportJson.Layout))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteStartArray("tags");
            foreach (var tag in tags) Write(tag, json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(TagNote tag, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("reference", tag.Reference.ToString());
        json.WriteString("platform", tag.Platform);
        json.WriteStartArray("states");
        foreach (var state in tag.States) Write(state, json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(TagState state, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("firstSeen", state.First.UtcDateTime);
        json.WriteString("lastSeen", state.Last.UtcDateTime);
        json.WriteString("root", state.Root.ToString());
        json.WriteString("manifest", state.Marks.Manifest?.ToString());
        json.WriteString("config", state.Marks.Config?.ToString());
        json.WriteStartArray("diffIds");
        foreach (var layer in state.Marks.DiffIds) json.WriteStringValue(layer.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <exception cref="FormatException">Not such a document.</exception>
    public static IReadOnlyList<TagNote> Read(ReadOnlyMemory<byte> bytes) => OciJson.Read(bytes, "the memory of tags", MaxBytes, Read);

    private static List<TagNote> Read(JsonElement root)
    {
        if (root.Text("schema") != Schema) throw new FormatException($"it is not of schema {Schema}");
        var tags = new Dictionary<string, TagNote>(StringComparer.Ordinal);
        foreach (var item in root.List("tags", MostTags))
        {
            var reference = ImageReference.Parse(item.Needed("reference"));
            if (reference.Digest is not null) throw new FormatException($"{reference} is no tag");
            var states = new List<TagState>();
            foreach (var state in item.List("states", TagNote.MostStates)) states.Add(State(state));
            if (states.Count == 0) throw new FormatException($"{reference} has no state");
            var tag = new TagNote(reference, item.Needed("platform"), states);
            tags[tag.Key] = tag;
        }

        return [.. tags.Values];
    }

    private static TagState State(JsonElement state)
    {
        var layers = new List<DiffId>();
        foreach (var layer in state.List("diffIds", TagNote.MostLayers))
            layers.Add(new(Digest.Parse(layer.ValueKind == JsonValueKind.String ? layer.GetString()! : "")));
        var marks = new ImageMarks(Digest.Parse(state.Needed("manifest")), Digest.Parse(state.Needed("config")), layers);
        return new(Digest.Parse(state.Needed("root")), marks, state.Time("firstSeen"), state.Time("lastSeen"));
    }
}
