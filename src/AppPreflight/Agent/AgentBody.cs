using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>The agent's parts put together, and their life: six loops that end together.</summary>
internal sealed class AgentBody : IHostedService, IDisposable
{
    private readonly AgentParts parts;
    private readonly SystemdNotify notify;
    private readonly ILogger log;
    private readonly IHostApplicationLifetime host;
    private readonly CancellationTokenSource end = new();
    private readonly RunQueue queue;
    private readonly RetryPlan retries;
    private readonly ReportBook reports;
    private readonly OwnRuns own;
    private readonly EnginePulse pulse;
    private readonly EngineWatch engine;
    private readonly ConfigDesk config;
    private readonly Schedule nightly;
    private readonly WorkLoop loop;
    private readonly Scrubber scrub;
    private readonly AgentDesk desk;
    private readonly ControlServer server;
    private readonly Meter meter;
    private readonly IdleMemory idle = new();
    private EngineContact? measured;
    private IDisposable? ownRun;
    private Task all = Task.CompletedTask;

    public AgentBody(AgentParts parts, SystemdNotify notify, ILogger log, IHostApplicationLifetime host)
    {
        (this.parts, this.notify, this.log, this.host) = (parts, notify, log, host);
        queue = new(parts.Time);
        retries = new(parts.Time);
        reports = new(parts.Journal, parts.Time, log.Told);
        own = new(parts.Time);
        pulse = new(parts, log);
        config = new(parts.ReadConfig, log);
        nightly = new(parts.Time, parts.Seed);
        loop = new(parts, queue, retries, config, log)
        {
            Round = notify.WatchdogInterval is { } watchdog && watchdog < WorkLoop.LongestRound ? watchdog : WorkLoop.LongestRound,
            CameRound = CameRound,
            Last = app => reports.All.FirstOrDefault(report => report.App == app),
        };
        engine = new(own, parts.Time, loop.Take);
        scrub = new(parts.Scrub, parts.Journal, queue, config, parts.Time, log) { Began = ShowIdle, Changed = Measure };
        desk = new(parts, queue, reports) { Scrub = scrub, Engine = pulse, Config = config, Loop = loop, Nightly = nightly };
        meter = new(parts.Address.Root, log);
        server = new(desk, parts.Address, parts.Version, log.Told, parts.Time);
    }

    /// <summary>A bug ended one of the loops, and with it the agent.</summary>
    public bool HasBug { get; private set; }

    /// <exception cref="SourceException">Another agent lives, or the socket can't be made.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        server.Open();
        config.Read();
        nightly.Use(config.Current);
        engine.Images = new(reports.All);
        log.Serves(parts.Version, parts.Address.Socket, parts.Address.Host);
        notify.Ready();
        notify.Status("starting");
        all = LiveAsync(end.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        notify.Stopping();
        notify.Status("ending");
        await end.CancelAsync();
        await all.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        log.Ends();
    }

    /// <summary>Reads the configuration again; what goes on goes on.</summary>
    public void Reload()
    {
        notify.Reloading();
        config.Read();
        nightly.Use(config.Current);
        Measure();
        notify.Ready();
        ShowIdle();
    }

    public void Dispose()
    {
        server.Dispose();
        end.Dispose();
    }

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        var worker = new RunWorker(queue, parts, log) { Began = Began, Heard = Heard, Ended = Ended };
        var heartbeat = new Heartbeat(parts.Appliance, nightly, parts.Time) { Tell = loop.Take, Night = scrub.BeginNight, ConfigChanged = Reload };
        await Task.WhenAll(
            GuardAsync(server.RunAsync(cancellationToken)),
            GuardAsync(Task.Run(() => worker.RunAsync(cancellationToken), CancellationToken.None)),
            GuardAsync(engine.RunAsync(pulse.FollowAsync(cancellationToken), cancellationToken)),
            GuardAsync(heartbeat.RunAsync(cancellationToken)),
            GuardAsync(loop.RunAsync(cancellationToken)),
            GuardAsync(scrub.RunAsync(cancellationToken)),
            GuardAsync(OpenAsync(cancellationToken)));
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await engine.Connected.WaitAsync(cancellationToken);
        loop.Open();
    }

    // a loop ends when the agent does; else it met a bug, and systemd starts a whole agent in place of a half one
    private async Task GuardAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            HasBug = true;
            log.AgentBug(e.GetType().Name, e.Message);
            log.BugTrace("", e.StackTrace ?? "");
            host.StopApplication();
        }
    }

    private void CameRound()
    {
        notify.Alive();
        // the first round, and whenever the engine came or went
        if (measured != pulse.Contact) Measure();
        ShowIdle();
        idle.Round(isIdle: queue.Running is null && queue.Next is null && scrub.Status.ReadingSince is null);
    }

    private void Measure()
    {
        measured = pulse.Contact;
        meter.Write(config.Current.MetricsFolder, desk.Status);
    }

    private void ShowIdle()
    {
        if (queue.Running is not null || queue.Next is not null) return;
        if (scrub.Status.ReadingSince is not null) notify.Status("reading stored layers");
        else notify.Status(StatusText.Idle(pulse.Contact, loop.HasBegun, desk.NextRun, parts.Time.LocalTimeZone));
    }

    private void Began(QueueEntry entry)
    {
        if (entry.Request.Verb is RunVerb.Repair or RunVerb.Gate) ownRun = own.Begin(entry.Request.App);
    }

    private void Heard(QueueEntry entry, RunEvent happened)
    {
        if (happened is RunStarted started) log.Begins(entry.Request.Verb.Wire(), entry.Request.App, entry.Why, started.Run);
        if (StatusText.Of(entry.Request, happened) is { } text) notify.Status(text, mayWait: happened is BytesMoved);
    }

    private void Ended(QueueEntry entry, PreflightReport? report)
    {
        ownRun?.Dispose();
        ownRun = null;
        if (report is not null) Keep(entry, report);
        // one that was stopped says nothing about its sources; a report does, whoever wanted it
        if ((report is not null || entry.Stopped == StopReason.None) && loop.IsInstalled(entry.Request.App)) retries.Take(entry.Request.App, report);
        scrub.LookAgain();
        ShowIdle();
    }

    private void Keep(QueueEntry entry, PreflightReport report)
    {
        reports.Take(entry.Request.Verb, report);
        loop.Saw(report.App, report.Installed);
        meter.Count(entry.Request.Verb, report.Verdict);
        engine.Images = new(reports.All);
        log.RunEnded(entry.Request.Verb.Wire(), report.App, $"{Math.Max(0, (report.Finished - report.Started).TotalSeconds):0.0}", report.Verdict.Wire(), Summary(report), report.Run);
        foreach (var finding in report.Findings.Where(finding => finding.Verdict != Verdict.Pass))
            log.Found(finding.Subject, finding.Message, report.App, report.Run, finding.Code.Wire());
        Measure();
        // it may have healed what an earlier report blames, and says nothing of the steps after its own
        if (entry.Request.Verb == RunVerb.Gate && IsGood(report) && (report.Cured.Count > 0 || IsBlamed(report.App))) loop.Take(new("a gate has run", report.App));
        if (entry.IsBackground && BackgroundPolicy.Then(entry.Request, report, config.Current.Of(report.App)) is { } next) queue.Add(next, entry.Why);
    }

    private bool IsBlamed(string app) => reports.All.Any(last => last.App == app && !IsGood(last));

    private static bool IsGood(PreflightReport report) => report.Verdict is Verdict.Pass or Verdict.Warn;

    private static string Summary(PreflightReport report) =>
        (report.Cured.Count > 0 ? $", {report.Cured.Count} cured" : "") + (report.Bytes.Pulled > 0 ? $", {report.Bytes.Pulled} bytes pulled" : "");
}
