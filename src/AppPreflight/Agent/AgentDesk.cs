using AppPreflight.Control;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>What the control socket asks for, answered from the agent's parts.</summary>
internal sealed class AgentDesk(AgentParts parts, RunQueue queue, ReportBook reports) : IControlDesk
{
    private readonly DateTimeOffset started = parts.Time.GetUtcNow();

    public required EnginePulse Engine { get; init; }

    public required ConfigDesk Config { get; init; }

    public required WorkLoop Loop { get; init; }

    public required Scrubber Scrub { get; init; }

    public required Schedule Nightly { get; init; }

    public AgentStatus Status => new()
    {
        Version = parts.Version,
        ProcessId = parts.ProcessId,
        Started = started,
        Engine = Engine.Contact,
        ConfigFault = Config.Fault,
        Running = Running,
        Queue = queue.Waiting,
        NextRun = NextRun,
        Scrub = Scrub.Status with { Budget = Config.Current.Scrub, Next = Config.Current.Scrub is null ? null : Nightly.NextRun },
        Installed = Loop.Installed,
        Reports = reports.All,
    };

    /// <summary>When the agent looks next by itself.</summary>
    public DateTimeOffset? NextRun => (Loop.Next, Nightly.NextRun) switch
    {
        ({ } again, { } nightly) => again < nightly ? again : nightly,
        (var again, var nightly) => again ?? nightly,
    };

    private RunHolder? Running => queue.Running is { } own
        ? new(own.Run ?? "", parts.ProcessId, own.Request.Verb, own.Request.App, own.Started)
        : parts.Journal.Holder;

    public Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken) =>
        queue.RunAsync(request, request.Verb == RunVerb.Gate ? "asked for by the gate" : "asked for", events, cancellationToken);

    public bool Cancel(string run) => queue.Cancel(run);
}
