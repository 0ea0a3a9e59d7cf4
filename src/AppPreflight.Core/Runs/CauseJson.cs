using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Runs;

/// <summary>A cause as the report has it: docs/formats.md, <c>findings[].cause</c>.</summary>
internal static class CauseJson
{
    public static void Write(Utf8JsonWriter json, Cause? cause)
    {
        if (cause is null)
        {
            json.WriteNull("cause");
            return;
        }

        json.WriteStartObject("cause");
        json.WriteString("culprit", cause.Culprit.Wire());
        json.WriteString("confidence", cause.Confidence.Wire());
        json.WriteString("sentence", cause.Sentence);
        json.WriteString("fingerprint", cause.Fingerprint?.Wire());
        json.WriteStartArray("evidence");
        foreach (var sentence in cause.Evidence) json.WriteStringValue(sentence);
        json.WriteEndArray();
        Write(json, cause.Difference);
        json.WriteStartArray("fetches");
        foreach (var fetch in cause.Fetches) Write(json, fetch);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <exception cref="FormatException">A field is missing or of another kind.</exception>
    public static Cause Read(JsonElement cause) => new(cause.Code<Culprit>("culprit"), cause.Code<Confidence>("confidence"), cause.Needed("sentence"))
    {
        Fingerprint = cause.Find("fingerprint") is null ? null : cause.Code<FingerprintKind>("fingerprint"),
        Evidence = cause.Texts("evidence"),
        Difference = cause.Find("difference") is { } difference
            ? new(difference.Number("offset"), difference.Number("bytes"), difference.Code<DifferenceShape>("shape")) { Sentence = difference.Needed("sentence") }
            : null,
        Fetches = cause.Objects("fetches", Fetch),
    };

    private static void Write(Utf8JsonWriter json, ByteDifference? difference)
    {
        if (difference is null)
        {
            json.WriteNull("difference");
            return;
        }

        json.WriteStartObject("difference");
        json.WriteNumber("offset", difference.Offset);
        json.WriteNumber("bytes", difference.Bytes);
        json.WriteString("shape", difference.Shape.Wire());
        json.WriteString("sentence", difference.Sentence);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BlobFetch fetch)
    {
        json.WriteStartObject();
        json.WriteString("way", fetch.Way.Wire());
        json.WriteString("asked", fetch.Asked);
        json.WriteString("answered", fetch.Answered);
        Number(json, "status", fetch.Status);
        json.WriteStartArray("headers");
        foreach (var header in fetch.Headers)
        {
            json.WriteStartObject();
            json.WriteString("name", header.Name);
            json.WriteString("value", header.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Number(json, "announcedBytes", fetch.AnnouncedBytes);
        json.WriteNumber("sizeBytes", fetch.SizeBytes);
        json.WriteString("digest", fetch.Digest?.ToString());
        json.WriteBoolean("cut", fetch.WasCut);
        json.WriteBoolean("longer", fetch.IsLonger);
        json.WriteNumber("milliseconds", (long)fetch.Elapsed.TotalMilliseconds);
        Write(json, fetch.Fingerprint);
        json.WriteString("fault", fetch.Fault?.Message);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Fingerprint? print)
    {
        if (print is null)
        {
            json.WriteNull("fingerprint");
            return;
        }

        json.WriteStartObject("fingerprint");
        json.WriteString("kind", print.Kind.Wire());
        json.WriteString("sentence", print.Sentence);
        json.WriteBoolean("proven", print.IsProven);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }

    private static BlobFetch Fetch(JsonElement fetch) => new(fetch.Code<FetchWay>("way"), fetch.Needed("asked"))
    {
        Answered = fetch.Text("answered"),
        Status = fetch.Find("status") is null ? null : (int)fetch.Number("status"),
        Headers = fetch.Objects("headers", header => new AnswerHeader(header.Needed("name"), header.Needed("value"))),
        AnnouncedBytes = fetch.Find("announcedBytes") is null ? null : fetch.Number("announcedBytes"),
        SizeBytes = fetch.Number("sizeBytes"),
        Digest = Digest.TryParse(fetch.Text("digest")),
        WasCut = IsTrue(fetch, "cut"),
        IsLonger = IsTrue(fetch, "longer"),
        Elapsed = TimeSpan.FromMilliseconds(Math.Clamp(fetch.Number("milliseconds"), 0, (long)TimeSpan.FromDays(1).TotalMilliseconds)),
        Fingerprint = fetch.Find("fingerprint") is { } print ? new(print.Code<FingerprintKind>("kind"), print.Needed("sentence"), IsTrue(print, "proven")) : null,
        Fault = fetch.Text("fault") is { } fault ? new(Source.Registry, Fault.Unreachable, fault) : null,
    };

    private static bool IsTrue(JsonElement parent, string key) => parent.Find(key) is { ValueKind: JsonValueKind.True };
}
