using System.Globalization;
using AppPreflight.Control;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>What the agent does right now, in a few words for <c>systemctl status</c>.</summary>
internal static class StatusText
{
    /// <summary>Null for events that say nothing new.</summary>
    public static string? Of(RunRequest request, RunEvent happened) => happened switch
    {
        PhaseStarted phase => $"{Doing(request)}: {phase.What}",
        BytesMoved { TotalBytes: > 0 } moved => $"{Doing(request)}: {Verb(moved.Verb)} {moved.Subject} {100 * Math.Min(moved.DoneBytes, moved.TotalBytes.Value) / moved.TotalBytes.Value} %",
        ActionStarted action => $"{Doing(request)}: {action.Kind.Wire()} {action.Subject}",
        _ => null,
    };

    /// <param name="hasBegun">The first look was taken.</param>
    /// <param name="next">When the agent looks next by itself.</param>
    public static string Idle(EngineContact engine, bool hasBegun, DateTimeOffset? next, TimeZoneInfo zone)
    {
        if (engine.Answers == false) return $"waiting for the engine: {Quote.Short(engine.Says, 120)}";
        if (!hasBegun) return "starting";
        return next is { } at ? $"idle, next look {TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm", CultureInfo.InvariantCulture)}" : "idle";
    }

    private static string Doing(RunRequest request) => request.Verb switch
    {
        RunVerb.Repair => $"repairing {request.App}",
        RunVerb.Gate => $"before the upgrade of {request.App}",
        _ => $"checking {request.App}",
    };

    private static string Verb(string verb) => verb switch
    {
        "pull" => "pulling",
        "hash" => "hashing",
        _ => "reading",
    };
}
