using System.Buffers;
using System.Text;
using System.Text.Json;
using AppPreflight.Control;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The status document, by hand as the report: field by field in docs/formats.md.</summary>
internal static class StatusJson
{
    public const string SchemaName = "app-preflight/status/1";

    public static string Of(StatusPicture picture, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, ReportJson.Layout))
        {
            json.WriteStartObject();
            json.WriteString("schema", SchemaName);
            json.WriteStartArray("apps");
            foreach (var line in picture.Lines) Write(json, line, picture.ProofOf(line.App), now);
            json.WriteEndArray();
            json.WritePropertyName("running");
            AgentStatusJson.Write(json, picture.Running);
            json.WriteStartArray("queue");
            foreach (var run in picture.Agent?.Queue ?? []) AgentStatusJson.Write(json, run);
            json.WriteEndArray();
            Time(json, "nextRun", picture.Agent?.NextRun);
            json.WritePropertyName("scrub");
            ScrubJson.Write(json, picture.Agent?.Scrub is { } scrub ? scrub with { Apps = [] } : null);
            Write(json, picture.Agent);
            json.WritePropertyName("engine");
            AgentStatusJson.Write(json, picture.Agent?.Engine);
            json.WriteStartArray("reports");
            foreach (var report in picture.Reports) ReportJson.Write(report, json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, StatusLine line, AppProof? proof, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("app", line.App);
        json.WriteString("installed", line.Installed);
        json.WriteString("target", line.Fresh?.Target);
        if (line.Fresh is { } fresh) json.WriteNumber("steps", fresh.Chain.Count);
        else json.WriteNull("steps");
        json.WriteString("state", line.State.Wire());
        Time(json, "since", line.Since);
        json.WriteString("reason", line.Reason(now));
        Time(json, "checked", line.Report?.Finished);
        json.WriteString("depth", line.Fresh?.Depth.Wire());
        json.WritePropertyName("proof");
        ScrubJson.Write(json, proof);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AgentStatus? agent)
    {
        if (agent is null)
        {
            json.WriteNull("agent");
            return;
        }

        json.WriteStartObject("agent");
        json.WriteString("version", agent.Version);
        json.WriteNumber("processId", agent.ProcessId);
        json.WriteString("started", agent.Started.UtcDateTime);
        json.WriteString("configFault", agent.ConfigFault);
        json.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known) json.WriteString(name, known.UtcDateTime);
        else json.WriteNull(name);
    }
}
