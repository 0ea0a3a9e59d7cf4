using System.Buffers;
using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pairs;

namespace AppPreflight.Runs;

/// <summary>Two images beside each other as JSON: docs/formats.md, "app-preflight/comparison/1". By hand, for the reason <see cref="ReportJson"/> gives.</summary>
public static class ComparisonJson
{
    /// <summary>Of more the counts tell.</summary>
    private const int MostFiles = 100_000;

    private const string Schema = "app-preflight/comparison/1";

    /// <summary>UTF-8, indented, one line end at the end.</summary>
    public static byte[] Write(ImageComparison comparison)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, ReportJson.Layout)) Write(comparison, json);
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ImageComparison comparison, Utf8JsonWriter json)
    {
        var words = new ComparisonWords(comparison);
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteString("grade", comparison.Grade?.Code().Wire());
        json.WriteString("wanted", comparison.Wanted.Code().Wire());
        json.WriteString("verdict", comparison.Verdict.Wire());
        json.WriteString("sentence", words.Sentence);
        json.WriteString("meaning", words.Meaning);
        if (FirstDifference.Of(comparison) is { } first)
        {
            json.WriteStartObject("first");
            json.WriteString("where", first.Where);
            json.WriteString("what", first.What);
            json.WriteEndObject();
        }
        else json.WriteNull("first");

        json.WritePropertyName("a");
        Write(comparison.A, json);
        json.WritePropertyName("b");
        Write(comparison.B, json);
        List("layers", comparison.Layers, json, pair => Pair(pair.A, pair.B, pair.Change.Wire(), json));
        List("history", comparison.History, json, pair => Write(pair, comparison, json));
        List("fields", comparison.Fields, json, pair =>
        {
            json.WriteString("name", pair.Name);
            json.WriteString("a", pair.A);
            json.WriteString("b", pair.B);
        });
        List("files", [.. comparison.Files.Take(MostFiles)], json, file => Write(file, json));
        WriteFigures(comparison, json);
        json.WriteEndObject();
    }

    private static void WriteFigures(ImageComparison comparison, Utf8JsonWriter json)
    {
        json.WriteStartArray("reordered");
        foreach (var layer in comparison.Reordered) json.WriteNumberValue(layer);
        json.WriteEndArray();
        json.WriteStartObject("counts");
        json.WriteNumber("added", comparison.Count(FileChange.Added));
        json.WriteNumber("removed", comparison.Count(FileChange.Removed));
        json.WriteNumber("changed", comparison.Count(FileChange.Changed));
        json.WriteNumber("stamped", comparison.Count(FileChange.Stamp));
        json.WriteEndObject();
        json.WriteStartObject("read");
        json.WriteNumber("a", comparison.ReadBytesA);
        json.WriteNumber("b", comparison.ReadBytesB);
        json.WriteEndObject();
        json.WriteNumber("seconds", Math.Round(comparison.Took.TotalSeconds, 3));
    }

    private static void Write(ImageForm form, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", form.Name);
        json.WriteString("place", form.Place.Wire());
        Document("root", form.Root, form.Schema1, json);
        Document("manifest", form.ManifestBytes, form.Schema1, json);
        if (form.Schema1 is { } schema1)
        {
            json.WriteStartObject("schema1");
            json.WriteString("payload", schema1.PayloadDigest.ToString());
            json.WriteBoolean("signed", schema1.IsSigned);
            List("layers", schema1.Layers, json, layer =>
            {
                json.WriteString("digest", layer.Digest.ToString());
                json.WriteString("id", layer.Id);
                json.WriteString("parent", layer.Parent);
                json.WriteBoolean("throwaway", layer.IsThrowaway);
            });
            json.WriteEndObject();
        }
        else json.WriteNull("schema1");

        json.WriteString("config", form.ConfigDigest?.ToString());
        json.WriteString("platform", form.Config.Platform.ToString());
        json.WriteString("created", form.Config.Created);
        json.WriteString("maker", Maker.Of(form));
        Texts("pulledAs", form.PulledAs.Select(digest => digest.ToString()), json);
        List("layers", [.. form.Layers.Index()], json, one => Write(one.Item, KnownLayers.Note(form.Layers, one.Index), json));
        List("index", form.Index?.Manifests ?? [], json, entry => Write(entry, json));
        json.WriteEndObject();
    }

    private static void Write(FormLayer layer, string? note, Utf8JsonWriter json)
    {
        json.WriteString("digest", layer.Packed?.Digest.ToString());
        json.WriteString("mediaType", layer.Packed?.MediaType);
        if (layer.Packed is { SizeBytes: >= 0 and var size }) json.WriteNumber("sizeBytes", size);
        else json.WriteNull("sizeBytes");
        json.WriteString("diffId", layer.DiffId?.Value.ToString());
        json.WriteString("note", note);
    }

    private static void Write(Descriptor entry, Utf8JsonWriter json)
    {
        json.WriteString("digest", entry.Digest.ToString());
        json.WriteString("mediaType", entry.MediaType);
        json.WriteString("platform", entry.Platform?.ToString());
        json.WriteBoolean("attestation", entry.IsAttestation);
    }

    private static void Write(HistoryPair pair, ImageComparison comparison, Utf8JsonWriter json)
    {
        Pair(pair.A, pair.B, pair.Change.Wire(), json);
        Number("layerA", pair.LayerA, json);
        Number("layerB", pair.LayerB, json);
        var step = pair.A is { } ofA ? comparison.A.Config.History[ofA] : comparison.B.Config.History[pair.B!.Value];
        json.WriteString("step", Quote.Short(HistoryPairs.Command(step.CreatedBy), 300));
    }

    private static void Write(FilePair file, Utf8JsonWriter json)
    {
        json.WriteString("path", file.Path);
        json.WriteString("change", file.Change.Wire());
        Number("layerA", file.LayerA, json);
        Number("layerB", file.LayerB, json);
        Texts("what", file.What, json);
        Number("sizeA", file.SizeA, json);
        Number("sizeB", file.SizeB, json);
        json.WriteString("a", file.Values?.A);
        json.WriteString("b", file.Values?.B);
    }

    private static void Pair(int? a, int? b, string change, Utf8JsonWriter json)
    {
        Number("a", a, json);
        Number("b", b, json);
        json.WriteString("change", change);
    }

    // of schema 1 registries know the digest without signatures
    private static void Document(string name, Served? document, Schema1Manifest? schema1, Utf8JsonWriter json)
    {
        if (document is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("mediaType", document.MediaType);
        json.WriteString("digest", (schema1?.PayloadDigest ?? document.Digest).ToString());
        json.WriteEndObject();
    }

    private static void Number(string name, long? number, Utf8JsonWriter json)
    {
        if (number is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void Texts(string name, IEnumerable<string> texts, Utf8JsonWriter json)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void List<T>(string name, IReadOnlyList<T> items, Utf8JsonWriter json, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
