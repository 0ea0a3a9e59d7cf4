using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What a client asks, one line of JSON: docs/formats.md, "The control socket".</summary>
internal abstract record ControlRequest
{
    private const int LongestName = 200;

    /// <summary>The line, with its end.</summary>
    public ReadOnlyMemory<byte> Line => ControlJson.Line(Write);

    /// <exception cref="FormatException">Not a request; the message says what is wrong with it.</exception>
    public static ControlRequest Read(ReadOnlyMemory<byte> line) => OciJson.Read<ControlRequest>(line, "the request", ControlLimits.RequestBytes, static root => root.Text("type") switch
    {
        null => throw new FormatException("the request has no \"type\""),
        "status" => new StatusAsked(),
        "run" => new RunAsked(Run(root)),
        "cancel" => new CancelAsked(root.Text("run")),
        var other => new UnknownAsked(Quote.Short(other)),
    });

    protected abstract void Write(Utf8JsonWriter json);

    private static RunRequest Run(JsonElement root) => new(
        WireNames.Find<RunVerb>(root.Text("verb")) is { } verb and (RunVerb.Check or RunVerb.Repair or RunVerb.Gate)
            ? verb
            : throw new FormatException("\"verb\" is none of check, repair, gate"),
        Name(root, "app") ?? throw new FormatException("the request has no \"app\""),
        Name(root, "target"))
    {
        Depth = root.Text("depth") is not { } depth
            ? Depth.Claims
            : WireNames.Find<Depth>(depth) ?? throw new FormatException("\"depth\" is neither claims nor content"),
    };

    private static string? Name(JsonElement root, string key) => root.Text(key) switch
    {
        { Length: 0 or > LongestName } => throw new FormatException($"\"{key}\" is empty or longer than {LongestName} characters"),
        var name => name,
    };
}

internal sealed record StatusAsked : ControlRequest
{
    protected override void Write(Utf8JsonWriter json) => json.WriteString("type", "status");
}

internal sealed record RunAsked(RunRequest Request) : ControlRequest
{
    protected override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "run");
        json.WriteString("verb", Request.Verb.Wire());
        json.WriteString("app", Request.App);
        json.WriteString("target", Request.Target);
        json.WriteString("depth", Request.Depth.Wire());
    }
}

/// <param name="Run">Key of the run to stop for everybody; null to wait no longer for one's own.</param>
internal sealed record CancelAsked(string? Run) : ControlRequest
{
    protected override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "cancel");
        json.WriteString("run", Run);
    }
}

/// <summary>A request of a later version.</summary>
internal sealed record UnknownAsked(string Type) : ControlRequest
{
    protected override void Write(Utf8JsonWriter json) => json.WriteString("type", Type);
}
