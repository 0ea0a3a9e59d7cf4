using System.Text.Json;
using AppPreflight.Apps;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What the agent knows, as JSON and back.</summary>
internal static class AgentStatusJson
{
    private const int Most = 10_000;

    public static void Write(Utf8JsonWriter json, AgentStatus status)
    {
        json.WriteStartObject();
        json.WriteString("version", status.Version);
        json.WriteNumber("processId", status.ProcessId);
        json.WriteString("started", status.Started.UtcDateTime);
        json.WritePropertyName("engine");
        Write(json, status.Engine);
        json.WriteString("configFault", status.ConfigFault);
        json.WritePropertyName("running");
        Write(json, status.Running);
        json.WriteStartArray("queue");
        foreach (var queued in status.Queue) Write(json, queued);
        json.WriteEndArray();
        if (status.NextRun is { } next) json.WriteString("nextRun", next.UtcDateTime);
        else json.WriteNull("nextRun");
        json.WritePropertyName("scrub");
        ScrubJson.Write(json, status.Scrub);
        Write(json, status.Installed);
        json.WriteStartArray("reports");
        foreach (var report in status.Reports) ReportJson.Write(report, json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The run in progress; null where there is none.</summary>
    public static void Write(Utf8JsonWriter json, RunHolder? holder)
    {
        if (holder is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("run", holder.Run);
        json.WriteNumber("processId", holder.ProcessId);
        json.WriteString("verb", holder.Verb.Wire());
        json.WriteString("app", holder.App);
        json.WriteString("started", holder.Started.UtcDateTime);
        json.WriteEndObject();
    }

    /// <summary>Null where nobody asks the engine.</summary>
    public static void Write(Utf8JsonWriter json, EngineContact? engine)
    {
        if (engine is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        if (engine.Answers is { } answers) json.WriteBoolean("answers", answers);
        else json.WriteNull("answers");
        json.WriteString("says", engine.Says);
        json.WriteString("since", engine.Since.UtcDateTime);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, QueuedRun queued)
    {
        json.WriteStartObject();
        json.WriteString("verb", queued.Verb.Wire());
        json.WriteString("app", queued.App);
        json.WriteString("target", queued.Target);
        json.WriteString("why", queued.Why);
        json.WriteEndObject();
    }

    /// <exception cref="FormatException">Not a status; the message says why.</exception>
    public static AgentStatus Read(JsonElement status) => new()
    {
        Version = status.Needed("version"),
        ProcessId = ProcessOf(status),
        Started = status.Time("started"),
        Engine = status.Find("engine") is { } engine
            ? new(Answers(engine), engine.Needed("says"), engine.Time("since"))
            : throw new FormatException("it has no \"engine\""),
        ConfigFault = status.Text("configFault"),
        Running = status.Find("running") is { } running ? Holder(running) : null,
        Queue = [.. status.List("queue", Most).Select(Queued)],
        NextRun = status.Find("nextRun") is null ? null : status.Time("nextRun"),
        Scrub = status.Find("scrub") is { } scrub ? ScrubJson.Read(scrub) : null,
        Installed = status.Find("installed") is null ? null : [.. status.List("installed", Most).Select(app => new InstalledApp(app.Needed("app"), app.Needed("version")))],
        Reports = [.. status.List("reports", Most).Select(ReportJson.Read)],
    };

    /// <exception cref="FormatException">Not a holder.</exception>
    public static RunHolder Holder(JsonElement holder) =>
        new(holder.Needed("run"), ProcessOf(holder), Verb(holder), holder.Needed("app"), holder.Time("started"));

    private static void Write(Utf8JsonWriter json, IReadOnlyList<InstalledApp>? apps)
    {
        if (apps is null)
        {
            json.WriteNull("installed");
            return;
        }

        json.WriteStartArray("installed");
        foreach (var app in apps)
        {
            json.WriteStartObject();
            json.WriteString("app", app.Id);
            json.WriteString("version", app.Version);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // PID_MAX_LIMIT of Linux is far below
    private static int ProcessOf(JsonElement json) =>
        json.Number("processId") is <= int.MaxValue and var number ? (int)number : throw new FormatException("\"processId\" is no process id");

    private static QueuedRun Queued(JsonElement queued) => new(Verb(queued), queued.Needed("app"), queued.Text("target"), queued.Needed("why"));

    private static bool? Answers(JsonElement engine) => engine.Find("answers") switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => null,
    };

    private static RunVerb Verb(JsonElement json) =>
        WireNames.Find<RunVerb>(json.Text("verb")) ?? throw new FormatException($"\"verb\" can't be '{Quote.Short(json.Text("verb") ?? "")}'");
}
