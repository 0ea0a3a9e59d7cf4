using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What both ends write, field by field in docs/formats.md. By hand, for the reason <see cref="ReportJson"/> gives.</summary>
internal static class ControlJson
{
    public const string SchemaName = "app-preflight/control/1";

    // line ends and control characters are escaped by every encoder; the relaxed one leaves the rest readable
    private static readonly JsonWriterOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One object on one line, with its end.</summary>
    public static ReadOnlyMemory<byte> Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Append(buffer, write);
        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Hello(AgentAddress address, string version, Access access) => Line(json =>
    {
        json.WriteString("type", "hello");
        json.WriteString("schema", SchemaName);
        json.WriteString("version", version);
        json.WriteNumber("processId", Environment.ProcessId);
        json.WriteString("root", address.Root);
        json.WriteString("host", address.Host);
        json.WriteString("state", address.State);
        json.WriteString("access", access.Wire());
    });

    public static ReadOnlyMemory<byte> Status(AgentStatus status) => Line(json =>
    {
        json.WriteString("type", "status");
        json.WritePropertyName("status");
        AgentStatusJson.Write(json, status);
    });

    public static ReadOnlyMemory<byte> Events(IReadOnlyList<RunEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(256 * events.Count);
        foreach (var one in events) Append(buffer, json => EventJson.Write(json, one));
        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Report(PreflightReport report) => Line(json =>
    {
        json.WriteString("type", "report");
        json.WritePropertyName("report");
        ReportJson.Write(report, json);
    });

    public static ReadOnlyMemory<byte> Cancelled(string run, bool found) => Line(json =>
    {
        json.WriteString("type", "cancelled");
        json.WriteString("run", run);
        json.WriteBoolean("found", found);
    });

    public static ReadOnlyMemory<byte> Refused(RefusalCode code, string message, RunHolder? holder = null) => Line(json =>
    {
        json.WriteString("type", "refused");
        json.WriteString("code", code.Wire());
        json.WriteString("message", message);
        if (code != RefusalCode.LockHeld) return;
        json.WritePropertyName("holder");
        AgentStatusJson.Write(json, holder);
    });

    private static void Append(ArrayBufferWriter<byte> buffer, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(buffer, Layout))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }
}

/// <summary>Why something was not done. Kebab-case on the wire, and fixed for ever.</summary>
internal enum RefusalCode
{
    /// <summary>This user may not ask for it.</summary>
    Denied,

    /// <summary>Too many connections: of this user, or of all.</summary>
    Busy,

    /// <summary>Nothing asked, or half a request, for too long.</summary>
    TooSlow,

    BadRequest,

    /// <summary>No such request in this version.</summary>
    UnknownRequest,

    /// <summary>Another process's run holds the lock.</summary>
    LockHeld,

    /// <summary>The run was stopped before it had a report.</summary>
    Cancelled,

    /// <summary>There is no report; the message says why.</summary>
    Failed,

    /// <summary>The agent ends.</summary>
    Stopping,
}
