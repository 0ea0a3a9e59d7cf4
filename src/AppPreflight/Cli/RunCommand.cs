using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>chain</c>, <c>check</c>, <c>repair</c> and <c>gate</c>, of one app or of all: one run after the other under one lock.</summary>
internal sealed class RunCommand(RunDoors doors, Settings settings, Terminal terminal)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(500);

    private readonly ReportPrinter printer = new(settings, terminal);

    public async Task<int> RunAsync(RunVerb verb, AppChoice choice, CancellationToken cancellationToken)
    {
        var attempt = verb == RunVerb.Chain ? new LockAttempt(new NoLock(), null) : verb == RunVerb.Gate ? await WaitForLockAsync(choice, cancellationToken) : TryLock(verb, choice);
        if (attempt.Lock is not { } taken) return Refuse(attempt.Holder);
        using (taken)
        {
            IReadOnlyList<string> apps = choice.App is { } app ? [app] : [.. (await doors.InstalledAppsAsync(cancellationToken)).Select(installed => installed.Id)];
            if (apps.Count == 0) terminal.Complain("no app with containers is installed on this host: there is nothing to look at");
            return await RunEachAsync(verb, apps, choice, cancellationToken);
        }
    }

    private async Task<int> RunEachAsync(RunVerb verb, IReadOnlyList<string> apps, AppChoice choice, CancellationToken cancellationToken)
    {
        var reports = new List<PreflightReport>();
        try
        {
            foreach (var app in apps)
            {
                var report = await RunOneAsync(new(verb, app, choice.Version) { Depth = DepthOf(verb) }, cancellationToken);
                reports.Add(report);
                if (!settings.Json) printer.Print(report, verb);
            }
        }
        finally
        {
            // stopped half-way, the reports that are finished are still worth having
            if (settings.Json) printer.PrintJson(reports, asArray: choice.IsAll);
        }

        return ExitCode.Of(reports.Select(report => report.Verdict).Worst);
    }

    private async Task<PreflightReport> RunOneAsync(RunRequest request, CancellationToken cancellationToken)
    {
        using var progress = ProgressView.On(terminal, settings);
        return await doors.RunAsync(request, progress, cancellationToken);
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

    private sealed class NoLock : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
