using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Monitoring;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>Keeps the monitoring's file up to date, in the folder that the configuration names, below the root.</summary>
internal sealed class Meter(string root, ILogger log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(RunVerb Verb, Verdict Verdict), long> runs = [];
    private string? folder;
    private string? fault;

    public void Count(RunVerb verb, Verdict verdict)
    {
        lock (gate) runs[(verb, verdict)] = runs.GetValueOrDefault((verb, verdict)) + 1;
    }

    /// <summary>Writes the file; where the owner wishes none any more, the last one goes.</summary>
    public void Write(string? wished, AgentStatus status)
    {
        lock (gate)
        {
            var below = wished is null ? null : root.TrimEnd('/') + wished;
            var said = folder is not null && folder != below ? MetricsFile.Remove(folder) : null;
            folder = below;
            if (below is not null) said = MetricsFile.Write(below, Of(status)) ?? said;
            if (said is not null && said != fault) log.Told(said);
            fault = said;
        }
    }

    private Measurements Of(AgentStatus status) => new()
    {
        Version = status.Version,
        Started = status.Started,
        IsConfigRead = status.ConfigFault is null,
        IsEngineUp = status.Engine.Answers,
        NextRun = status.NextRun,
        ScrubbedBytes = status.Scrub?.ReadBytes ?? 0,
        Proofs = status.Scrub?.Apps ?? [],
        // a verdict on an app that is gone, or on another version of it, would be an alarm that nobody can end, or a peace that is none
        Reports = status.Installed is { } installed ? [.. status.Reports.Where(report => installed.Any(app => app.Id == report.App && report.IsAbout(app.Version)))] : status.Reports,
        Runs = new Dictionary<(RunVerb, Verdict), long>(runs),
    };
}
