using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>chain</c>, <c>check</c>, <c>repair</c> and <c>gate</c>, of one app or of all: one run after the other.</summary>
/// <remarks>Where the agent of this appliance lives it runs them, each under its own lock; else they run here, under one.</remarks>
internal sealed class RunCommand(RunDoors doors, Settings settings, Terminal terminal)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(500);

    private readonly ReportPrinter printer = new(settings, terminal) { Journal = doors.Journal };

    public async Task<int> RunAsync(RunVerb verb, AppChoice choice, CancellationToken cancellationToken)
    {
        if (verb != RunVerb.Chain && await doors.AgentAsync(cancellationToken) is { } agent)
        {
            using (agent)
            {
                if (await RunAllAsync(verb, choice, agent.RunAsync, cancellationToken) is { } code) return code;
            }
        }

        var attempt = verb == RunVerb.Chain ? new LockAttempt(new NoLock(), null) : verb == RunVerb.Gate ? await WaitForLockAsync(choice, cancellationToken) : TryLock(verb, choice);
        if (attempt.Lock is not { } taken) return Refuse(attempt.Holder);
        using (taken) return await RunAllAsync(verb, choice, doors.RunAsync, cancellationToken) ?? ExitCode.CouldNotTell;
    }

    private async Task<int?> RunAllAsync(RunVerb verb, AppChoice choice, RunDoor run, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> apps = choice.App is { } app ? [app] : [.. (await doors.InstalledAppsAsync(cancellationToken)).Select(installed => installed.Id)];
        if (apps.Count == 0) terminal.Complain("no app with containers is installed on this host: there is nothing to look at");
        return await RunEachAsync(verb, apps, choice, run, cancellationToken);
    }

    /// <returns>Null where the agent could not begin, and the run has to be tried here.</returns>
    private async Task<int?> RunEachAsync(RunVerb verb, IReadOnlyList<string> apps, AppChoice choice, RunDoor run, CancellationToken cancellationToken)
    {
        var reports = new List<PreflightReport>();
        Exception? obstacle = null;
        try
        {
            foreach (var app in apps)
            {
                var report = await RunOneAsync(new(verb, app, choice.Version) { Depth = DepthOf(verb) }, run, cancellationToken);
                reports.Add(report);
                if (!settings.Json) printer.Print(report, verb);
            }
        }
        catch (Exception e) when (e is LockHeldException or AgentException)
        {
            obstacle = e;
        }
        finally
        {
            // stopped half-way, the reports that are finished are still worth having
            if (settings.Json && (obstacle is null || reports.Count > 0)) printer.PrintJson(reports, asArray: choice.IsAll);
        }

        return obstacle switch
        {
            null => ExitCode.Of(reports.Select(report => report.Verdict).Worst),
            LockHeldException held => Refuse(held.Holder),
            // a check goes on without lock and state; whatever else is wrong is told here as well
            AgentException { IsFailure: true } when verb == RunVerb.Check && reports.Count == 0 => null,
            _ => GiveUp(obstacle),
        };
    }

    private async Task<PreflightReport> RunOneAsync(RunRequest request, RunDoor run, CancellationToken cancellationToken)
    {
        using var progress = ProgressView.On(terminal, settings);
        return await run(request, progress, cancellationToken);
    }

    // a repair and a gate always hash; the chain looks at nothing
    private Depth DepthOf(RunVerb verb) => verb is RunVerb.Repair or RunVerb.Gate ? Depth.Content : settings.Depth;

    // A check changes nothing, and on a full disk it is needed most: it goes on without a lock where none can be had
    private LockAttempt TryLock(RunVerb verb, AppChoice choice)
    {
        var now = terminal.Time.GetUtcNow();
        try
        {
            return doors.Journal.TryLock(new($"{now:yyyyMMdd'T'HHmmss'Z'}", terminal.ProcessId, verb, choice.ToString(), now));
        }
        catch (SourceException e) when (verb == RunVerb.Check)
        {
            terminal.Complain($"{e.Message}; the check goes on, but 'status' will not know of it");
            return new(new NoLock(), null);
        }
    }

    // An upgrade must not fail because a nightly look is going on. How long it may wait knows the App Center's hook, which ends it.
    private async Task<LockAttempt> WaitForLockAsync(AppChoice choice, CancellationToken cancellationToken)
    {
        using var progress = ProgressView.On(terminal, settings);
        for (var isTold = false; ; isTold = true)
        {
            var attempt = TryLock(RunVerb.Gate, choice);
            if (attempt.Lock is not null) return attempt;
            if (!isTold) progress.Report(new PhaseStarted($"waiting: {HolderText.Of(attempt.Holder, terminal.Time.GetUtcNow())}"));
            await Task.Delay(LockPoll, terminal.Time, cancellationToken);
        }
    }

    private int Refuse(RunHolder? holder)
    {
        terminal.Complain($"{HolderText.Of(holder, terminal.Time.GetUtcNow())}; wait until it has ended (see app-preflight status)");
        return ExitCode.LockHeld;
    }

    private int GiveUp(Exception obstacle)
    {
        terminal.Complain(obstacle.Message);
        return ExitCode.CouldNotTell;
    }

    private sealed class NoLock : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
