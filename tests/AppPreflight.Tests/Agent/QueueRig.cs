using System.Collections.Concurrent;
using System.Threading.Channels;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>A queue with its worker, whose runs a test holds in its hand.</summary>
internal sealed class QueueRig : IJournal, ILogger, IAsyncDisposable
{
    private readonly Channel<HeldRun> begun = Channel.CreateUnbounded<HeldRun>();
    private readonly CancellationTokenSource end = new();
    private readonly Task working;

    public QueueRig(TimeProvider? time = null)
    {
        Queue = new(time ?? TimeProvider.System);
        var parts = new AgentParts
        {
            Version = "1",
            RunAsync = RunAsync,
            InstalledAppsAsync = null!,
            EngineEvents = null!,
            AskEngineAsync = null!,
            Appliance = null!,
            ReadConfig = null!,
            Address = null!,
            Journal = this,
            Time = time ?? TimeProvider.System,
        };
        working = new RunWorker(Queue, parts, this) { Began = _ => { }, Heard = (_, _) => { }, Ended = (entry, report) => Ended.Enqueue((entry, report)) }.RunAsync(end.Token);
    }

    public RunQueue Queue { get; }

    public ConcurrentQueue<string> Log { get; } = [];

    public ConcurrentQueue<(QueueEntry Entry, PreflightReport? Report)> Ended { get; } = [];

    public ConcurrentQueue<PreflightReport> Saved { get; } = [];

    /// <summary>Asked at each attempt to take the lock; null: it is free.</summary>
    public Func<LockAttempt>? Attempt { get; set; }

    public RunHolder? Holder => null;

    public static RunRequest Check(string app) => new(RunVerb.Check, app);

    public static RunRequest Repair(string app) => new(RunVerb.Repair, app) { Depth = Depth.Content };

    public static RunRequest Gate(string app) => new(RunVerb.Gate, app, "2.0.0") { Depth = Depth.Content };

    public static PreflightReport Report(RunRequest request) => new()
    {
        Run = "r",
        App = request.App,
        Depth = request.Depth,
        Verdict = Verdict.Pass,
        Started = DateTimeOffset.UnixEpoch,
        Finished = DateTimeOffset.UnixEpoch,
    };

    public async Task<HeldRun> NextAsync(CancellationToken cancellationToken) => await begun.Reader.ReadAsync(cancellationToken);

    public Task<PreflightReport> AskAsync(RunRequest request, Words? words = null, CancellationToken cancellationToken = default) =>
        Queue.RunAsync(request, "asked for", words ?? new(), cancellationToken);

    public Task EndAsync() => EndAsync(end.CancelAsync());

    public LockAttempt TryLock(RunHolder holder) => Attempt?.Invoke() ?? new(new Unlock(), null);

    public void Append(JournalLine line) => throw new NotSupportedException();

    public IReadOnlyList<JournalLine> Unfinished() => [];

    public IReadOnlyList<JournalLine> Owed() => [];

    public void Keep(PreflightReport report)
    {
    }

    public IReadOnlyList<string> Runs() => [];

    public PreflightReport? FindRun(string run) => null;

    public void Save(PreflightReport report) => Saved.Enqueue(report);

    public IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken)
    {
        broken = [];
        return [];
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        end.Dispose();
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Log.Enqueue(formatter(state, exception));

    private async Task EndAsync(Task cancelled)
    {
        await cancelled;
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        var run = new HeldRun(request, events, cancellationToken);
        events.Report(new RunStarted($"run-of-{request.App}"));
        begun.Writer.TryWrite(run);
        return await run.Outcome.Task.WaitAsync(cancellationToken);
    }

    private sealed class Unlock : IDisposable
    {
        public void Dispose()
        {
        }
    }
}

/// <summary>A run that goes on until the test ends it, or it is cancelled.</summary>
internal sealed record HeldRun(RunRequest Request, IProgress<RunEvent> Events, CancellationToken Stop)
{
    public TaskCompletionSource<PreflightReport> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void End() => Outcome.TrySetResult(QueueRig.Report(Request));
}

/// <summary>What a waiter heard.</summary>
internal sealed class Words : IProgress<RunEvent>
{
    private readonly Channel<RunEvent> heard = Channel.CreateUnbounded<RunEvent>();

    public void Report(RunEvent value) => heard.Writer.TryWrite(value);

    public async Task<RunEvent> NextAsync(CancellationToken cancellationToken) => await heard.Reader.ReadAsync(cancellationToken);

    public List<RunEvent> Rest()
    {
        var rest = new List<RunEvent>();
        while (heard.Reader.TryRead(out var one)) rest.Add(one);
        return rest;
    }
}
