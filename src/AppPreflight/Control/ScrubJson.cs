using System.Text.Json;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What the agent reads of stored layers by itself, as JSON and back.</summary>
internal static class ScrubJson
{
    private const int Most = 10_000;

    /// <summary>Null without an agent that tells.</summary>
    public static void Write(Utf8JsonWriter json, ScrubStatus? scrub)
    {
        if (scrub is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        WriteTime(json, "next", scrub.Next);
        WriteTime(json, "readingSince", scrub.ReadingSince);
        json.WriteString("fault", scrub.Fault);
        if (scrub.Budget is { } budget)
        {
            json.WriteNumber("bytesPerSecond", budget.BytesPerSecond);
            json.WriteNumber("secondsPerNight", (long)budget.Length.TotalSeconds);
        }

        json.WriteNumber("readBytes", scrub.ReadBytes);
        json.WriteStartArray("apps");
        foreach (var proof in scrub.Apps) Write(json, proof);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, AppProof? proof)
    {
        if (proof is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("app", proof.App);
        json.WriteNumber("layers", proof.Layers);
        json.WriteNumber("proved", proof.Proved);
        json.WriteNumber("damaged", proof.Damaged);
        WriteTime(json, "oldest", proof.Oldest);
        json.WriteEndObject();
    }

    /// <exception cref="FormatException">Not of this form.</exception>
    public static ScrubStatus Read(JsonElement scrub) => new()
    {
        Next = Time(scrub, "next"),
        ReadingSince = Time(scrub, "readingSince"),
        Fault = scrub.Text("fault"),
        Budget = scrub.Find("bytesPerSecond") is null ? null : new(scrub.Number("bytesPerSecond"), TimeSpan.FromSeconds(Math.Min(scrub.Number("secondsPerNight"), 86_400))),
        ReadBytes = scrub.Number("readBytes"),
        Apps = [.. scrub.List("apps", Most).Select(app => new AppProof(app.Needed("app"), Count(app, "layers"), Count(app, "proved"), Count(app, "damaged"), Time(app, "oldest")))],
    };

    private static int Count(JsonElement parent, string key) => (int)Math.Min(int.MaxValue, parent.Number(key));

    private static DateTimeOffset? Time(JsonElement parent, string key) => parent.Find(key) is null ? null : parent.Time(key);

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known) json.WriteString(name, known.UtcDateTime);
        else json.WriteNull(name);
    }
}
