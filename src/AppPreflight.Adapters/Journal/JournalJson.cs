using System.Buffers;
using System.Text.Json;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary>Journal and holder lines: docs/formats.md has them field by field. By hand, for the reason <see cref="ReportJson"/> gives.</summary>
internal static class JournalJson
{
    private static readonly JsonDocumentOptions Flat = new() { MaxDepth = 2, AllowDuplicateProperties = false };

    /// <summary>One line with its end; JSON escapes every line break inside.</summary>
    public static byte[] Write(JournalLine line) => Line(json =>
    {
        json.WriteString("mark", line.Mark.Wire());
        json.WriteString("run", line.Run);
        json.WriteNumber("act", line.Act);
        json.WriteString("at", line.At.UtcDateTime);
        json.WriteString("app", line.App);
        json.WriteString("kind", line.Kind.Wire());
        json.WriteString("subject", line.Subject);
        json.WriteString("image", line.Image);
        if (line.Outcome is { } outcome) json.WriteString("outcome", outcome.Wire());
        if (line.Of is { } of) json.WriteString("of", of);
        if (line.Names.Count == 0) return;
        json.WriteStartArray("names");
        foreach (var name in line.Names) json.WriteStringValue(name);
        json.WriteEndArray();
    });

    public static byte[] Write(RunHolder holder) => Line(json =>
    {
        json.WriteString("run", holder.Run);
        json.WriteNumber("processId", holder.ProcessId);
        json.WriteString("verb", holder.Verb.Wire());
        json.WriteString("app", holder.App);
        json.WriteString("started", holder.Started.UtcDateTime);
    });

    /// <returns>Null for anything that is not a journal line.</returns>
    public static JournalLine? ReadLine(ReadOnlyMemory<byte> line) => Read(line, static json =>
        WireNames.Find<JournalMark>(Text(json, "mark")) is { } mark && Text(json, "run") is { } run
        && Number(json, "act") is { } act && Time(json, "at") is { } at && WireNames.Find<RemedyKind>(Text(json, "kind")) is { } kind
            ? new JournalLine(mark, run, act, at)
            {
                App = Text(json, "app") ?? "",
                Kind = kind,
                Subject = Text(json, "subject") ?? "",
                Image = Text(json, "image") ?? "",
                Outcome = WireNames.Find<ActionOutcome>(Text(json, "outcome")),
                Of = Text(json, "of"),
                Names = Texts(json, "names"),
            }
            : null);

    /// <returns>Null for anything that is not a holder's line.</returns>
    public static RunHolder? ReadHolder(ReadOnlyMemory<byte> line) => Read(line, static json =>
        Text(json, "run") is { } run && Number(json, "processId") is { } process && WireNames.Find<RunVerb>(Text(json, "verb")) is { } verb
        && Text(json, "app") is { } app && Time(json, "started") is { } started
            ? new RunHolder(run, process, verb, app, started)
            : null);

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static T? Read<T>(ReadOnlyMemory<byte> line, Func<JsonElement, T?> read) where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(line, Flat);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // not JSON, or a text with a lone surrogate
        }
    }

    private static string? Text(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IReadOnlyList<string> Texts(JsonElement json, string key) =>
        json.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];

    private static int? Number(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static DateTimeOffset? Time(JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time : null;
}
