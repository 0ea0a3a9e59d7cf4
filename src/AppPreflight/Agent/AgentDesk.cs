using AppPreflight.Control;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>What the control socket asks for, answered from the agent's parts.</summary>
internal sealed class AgentDesk(AgentParts parts, RunQueue queue, ReportBook reports, Func<WorkLoop> loop) : IControlDesk
{
    private readonly DateTimeOffset started = parts.Time.GetUtcNow();

    public AgentStatus Status => new()
    {
        Version = parts.Version,
        ProcessId = parts.ProcessId,
        Started = started,
        Engine = loop().Engine.Contact,
        ConfigFault = loop().Config.Fault,
        Running = Running,
        Queue = queue.Waiting,
        NextRun = loop().Next,
        Installed = loop().Installed,
        Reports = reports.All,
    };

    private RunHolder? Running => queue.Running is { } own
        ? new(own.Run ?? "", parts.ProcessId, own.Request.Verb, own.Request.App, own.Started)
        : parts.Journal.Holder;

    public Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken) =>
        queue.RunAsync(request, request.Verb == RunVerb.Gate ? "asked for by the gate" : "asked for", events, cancellationToken);

    public bool Cancel(string run) => queue.Cancel(run);
}
