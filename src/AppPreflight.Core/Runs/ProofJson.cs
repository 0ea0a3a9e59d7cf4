using System.Buffers;
using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Runs;

/// <summary>The memory of proofs as JSON: docs/formats.md, "app-preflight/proofs/1". By hand, for the reason <see cref="ReportJson"/> gives.</summary>
public static class ProofJson
{
    public const int MaxBytes = 16 << 20;

    /// <summary>An appliance has some hundred layers; of more the oldest notes make room.</summary>
    public const int MostNotes = 10_000;

    private const string Schema = "app-preflight/proofs/1";

    /// <summary>UTF-8, indented, one line end at the end.</summary>
    public static byte[] Write(IEnumerable<ProofNote> notes)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, ReportJson.Layout))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteStartArray("layers");
            foreach (var note in notes) Write(note, json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ProofNote note, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("chainId", note.Chain.ToString());
        json.WriteString("at", note.At.UtcDateTime);
        json.WriteBoolean("sound", note.IsSound);
        json.WriteString("way", note.Way.Wire());
        json.WriteBoolean("medium", note.IsFromMedium);
        json.WriteNumber("sizeBytes", note.SizeBytes);
        json.WriteString("stamp", note.Stamp);
        json.WriteEndObject();
    }

    /// <exception cref="FormatException">Not such a document.</exception>
    public static IReadOnlyList<ProofNote> Read(ReadOnlyMemory<byte> bytes) => OciJson.Read(bytes, "the memory of proofs", MaxBytes, Read);

    private static List<ProofNote> Read(JsonElement root)
    {
        if (root.Text("schema") != Schema) throw new FormatException($"it is not of schema {Schema}");
        var notes = new Dictionary<ChainId, ProofNote>();
        foreach (var item in root.List("layers", MostNotes))
        {
            var chain = new ChainId(Digest.Parse(item.Text("chainId") ?? ""));
            notes[chain] = new(chain, item.Time("at"), item.Find("sound") is { ValueKind: JsonValueKind.True },
                WireNames.Find<ProofWay>(item.Text("way")) ?? ProofWay.Export, item.Find("medium") is { ValueKind: JsonValueKind.True },
                item.Number("sizeBytes"), item.Text("stamp") ?? "");
        }

        return [.. notes.Values];
    }
}
