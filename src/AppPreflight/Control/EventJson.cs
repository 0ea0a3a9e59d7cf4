using System.Text.Json;
using AppPreflight.Oci;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What a run tells, as the line's fields and back.</summary>
internal static class EventJson
{
    public static void Write(Utf8JsonWriter json, RunEvent value)
    {
        json.WriteString("type", "event");
        switch (value)
        {
            case RunStarted started:
                json.WriteString("event", "run-started");
                json.WriteString("run", started.Run);
                break;
            case PhaseStarted phase:
                json.WriteString("event", "phase-started");
                json.WriteString("what", phase.What);
                break;
            case BytesMoved moved:
                json.WriteString("event", "bytes-moved");
                json.WriteString("verb", moved.Verb);
                json.WriteString("subject", moved.Subject);
                json.WriteNumber("doneBytes", moved.DoneBytes);
                if (moved.TotalBytes is { } total) json.WriteNumber("totalBytes", total);
                break;
            case FindingMade made:
                json.WriteString("event", "finding-made");
                json.WritePropertyName("finding");
                ReportJson.Write(made.Finding, json);
                break;
            case ActionStarted started:
                json.WriteString("event", "action-started");
                json.WriteString("kind", started.Kind.Wire());
                json.WriteString("subject", started.Subject);
                break;
            case ActionEnded ended:
                json.WriteString("event", "action-ended");
                json.WriteString("kind", ended.Kind.Wire());
                json.WriteString("subject", ended.Subject);
                json.WriteString("outcome", ended.Outcome.Wire());
                json.WriteString("message", ended.Message);
                break;
            case Noted noted:
                json.WriteString("event", "noted");
                json.WriteString("message", noted.Message);
                break;
        }
    }

    /// <returns>Null for an event of a later version.</returns>
    /// <exception cref="FormatException">A field is missing or of another kind.</exception>
    public static RunEvent? Read(JsonElement line) => line.Text("event") switch
    {
        "run-started" => new RunStarted(line.Needed("run")),
        "phase-started" => new PhaseStarted(line.Needed("what")),
        "bytes-moved" => new BytesMoved(line.Needed("verb"), line.Needed("subject"), line.Number("doneBytes"), line.Find("totalBytes") is null ? null : line.Number("totalBytes")),
        "finding-made" => line.Find("finding") is { ValueKind: JsonValueKind.Object } finding ? new FindingMade(ReportJson.ReadFinding(finding)) : null,
        "action-started" => Kind(line) is { } kind ? new ActionStarted(kind, line.Needed("subject")) : null,
        "action-ended" => Kind(line) is { } kind && WireNames.Find<ActionOutcome>(line.Text("outcome")) is { } outcome
            ? new ActionEnded(kind, line.Needed("subject"), outcome, line.Text("message"))
            : null,
        "noted" => new Noted(line.Needed("message")),
        _ => null,
    };

    private static RemedyKind? Kind(JsonElement line) => WireNames.Find<RemedyKind>(line.Text("kind"));
}
