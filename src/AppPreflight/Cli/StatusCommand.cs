using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>status</c>: what the agent knows, or without one what the state directory and the App Center's files say. Starts nothing, asks neither engine nor network, waits for nobody longer than a second.</summary>
internal sealed class StatusCommand(RunDoors doors, Settings settings, Terminal terminal)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task<int> RunAsync(string? app, CancellationToken cancellationToken)
    {
        var picture = await LookAsync(cancellationToken);
        var lines = picture.Lines.Where(line => app is null || line.App == app).ToList();
        var shown = picture with { Lines = lines, Reports = [.. picture.Reports.Where(report => app is null || report.App == app)] };
        if (settings.Json) terminal.Output.Write(StatusJson.Of(shown, terminal.Time.GetUtcNow()));
        else Print(shown, app is not null);
        if (settings.Json && picture.AgentFault is { } fault) terminal.Complain($"the agent does not answer: {fault}");
        if (lines.Count == 0) terminal.Complain(Nothing(app, picture));
        return ExitCode.Of(lines.Select(line => line.Verdict).Worst);
    }

    private void Print(StatusPicture picture, bool isOne)
    {
        // of an app that is not there the complaint says all
        if (isOne && picture.Lines.Count == 0) return;
        var page = new Page(terminal.UsesColours(settings));
        var text = new StatusText(page, picture, terminal.Time.GetUtcNow());
        if (isOne) text.WriteOne(settings.Verbose);
        else text.WriteAll();
        terminal.Output.Write(page.ToString());
    }

    private string Nothing(string? app, StatusPicture picture) => (app, picture.KnowsInstalled) switch
    {
        (null, true) => "no app with containers is installed on this host",
        (null, false) => $"no run has left a report in {settings.State} yet; run app-preflight check --all",
        (_, false) => $"no run has left a report on {app} in {settings.State} yet; run app-preflight check {app}",
        _ when picture.Reports.FirstOrDefault(report => report.App == app) is { } old =>
            $"{app} is not installed any more; its last report, {Amounts.Age(terminal.Time.GetUtcNow() - old.Finished)}, said {old.State.Wire()}",
        _ => $"no app {Quote.Short(app!)} with containers is installed on this host; app-preflight status shows all there are",
    };

    private async Task<StatusPicture> LookAsync(CancellationToken cancellationToken)
    {
        var (agent, fault) = await AskAgentAsync(cancellationToken);
        return agent is null ? await LookAtFilesAsync(cancellationToken) with { AgentFault = fault } : Of(agent);
    }

    private async Task<(AgentStatus? Agent, string? Fault)> AskAgentAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await WithinAsync(doors.AgentStatusAsync, cancellationToken), null);
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            return (null, Why(e));
        }
    }

    private StatusPicture Of(AgentStatus agent)
    {
        if (agent.Installed is null) terminal.Complain("the agent could not read what is installed; only apps with a report are shown");
        return new()
        {
            Lines = StatusLine.Of(agent.Installed, agent.Reports),
            Reports = agent.Reports,
            Running = agent.Running,
            Agent = agent,
            KnowsInstalled = agent.Installed is not null,
        };
    }

    private async Task<StatusPicture> LookAtFilesAsync(CancellationToken cancellationToken)
    {
        var asked = InstalledAsync(cancellationToken);
        var holder = doors.Journal.Holder;
        var reports = doors.Journal.LastReports(out var broken);
        foreach (var sentence in broken) terminal.Complain(sentence);
        var (installed, fault) = await asked;
        if (fault is not null) terminal.Complain($"{fault}; only apps with a report are shown");
        return new() { Lines = StatusLine.Of(installed, reports), Reports = reports, Running = holder, KnowsInstalled = installed is not null };
    }

    private async Task<(IReadOnlyList<InstalledApp>? Installed, string? Fault)> InstalledAsync(CancellationToken cancellationToken)
    {
        try
        {
            // on a thread of its own: it reads beside the reports, and a disk that hangs holds up nobody
            return (await WithinAsync(token => Task.Run(() => doors.InstalledAtAGlanceAsync(token), token), cancellationToken), null);
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            return (null, e is SourceException ? e.Message.TrimEnd('.') : $"what is installed can't be told: the App Center's files: {Why(e)}");
        }
    }

    private static async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asked = ask(patience.Token);
        if (asked.IsCompleted) return await asked;
        patience.CancelAfter(Patience);
        return await asked.WaitAsync(patience.Token);
    }

    private static bool IsNoAnswer(Exception e, CancellationToken cancellationToken) =>
        e is SourceException or IOException or FormatException or UnauthorizedAccessException or System.Net.Sockets.SocketException
        || e is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private static string Why(Exception e) => e is OperationCanceledException ? "no answer within a second" : Quote.Short(e.Message.TrimEnd('.'));
}
