using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Pairs;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The console face with nothing behind it: what it is asked to run, and the answers it gets, are lists here.</summary>
internal sealed class Stage : IJournal
{
    public Stage() => Glance = _ => Task.FromResult<IReadOnlyList<InstalledApp>>([.. Kept.Select(report => new InstalledApp(report.App, report.Installed ?? ""))]);

    public StringWriter Output { get; } = new();

    public StringWriter Error { get; } = new();

    public FixedClock Clock { get; } = new(Samples.Noon);

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public bool IsTerminal { get; set; }

    public Settings? Settings { get; private set; }

    public List<RunRequest> Requests { get; } = [];

    public List<(string Image, Sides Sides)> Verified { get; } = [];

    public Queue<PreflightReport> Answers { get; } = new();

    public IReadOnlyList<string> Installed { get; set; } = [];

    /// <summary>What <c>status</c> is told to be installed: each app that has a report, if a test says nothing else.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<InstalledApp>>> Glance { get; set; }

    public Func<CancellationToken, Task<AgentStatus?>> AskAgent { get; set; } = _ => Task.FromResult<AgentStatus?>(null);

    public RunEvent[] Events { get; set; } = [];

    public Exception? Thrown { get; set; }

    public RunHolder? Holder { get; set; }

    public SourceException? LockFault { get; set; }

    public bool IsLocked { get; private set; }

    public List<PreflightReport> Kept { get; } = [];

    public List<string> Broken { get; } = [];

    /// <summary>The archive of runs, newest first, and what stands in the way of reading it.</summary>
    public List<PreflightReport> Archive { get; } = [];

    public Dictionary<string, SourceException> ArchiveFaults { get; } = new(StringComparer.Ordinal);

    /// <summary>Where an agent lives; null for none.</summary>
    public AgentAddress? Agent { get; set; }

    public CancellationTokenSource Interruption { get; } = new();

    public Terminal Terminal => new(Output, Error)
    {
        Time = Clock,
        Environment = Environment.GetValueOrDefault,
        IsInteractive = IsTerminal,
        IsErrorInteractive = IsTerminal,
        ProcessId = 4711,
    };

    public int Run(params string[] arguments) =>
        new CommandLine(Open, Terminal).RunAsync(arguments, Interruption.Token).GetAwaiter().GetResult();

    public LockAttempt TryLock(RunHolder holder)
    {
        if (LockFault is { } fault) throw fault;
        if (Holder is { } other) return new(null, other);
        IsLocked = true;
        return new(new Unlock(this), null);
    }

    public void Append(JournalLine line) => throw new NotSupportedException();

    public IReadOnlyList<JournalLine> Unfinished() => throw new NotSupportedException();

    public IReadOnlyList<JournalLine> Owed() => throw new NotSupportedException();

    public void Keep(PreflightReport report) => throw new NotSupportedException();

    public void Save(PreflightReport report) => throw new NotSupportedException();

    public IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken)
    {
        broken = Broken;
        return Kept;
    }

    public IReadOnlyList<string> Runs() => ArchiveFaults.TryGetValue("", out var fault) ? throw fault : [.. Archive.Select(report => report.Run)];

    public PreflightReport? FindRun(string run) =>
        ArchiveFaults.TryGetValue(run, out var fault) ? throw fault : Archive.FirstOrDefault(report => report.Run == run);

    private RunDoors Open(Settings settings, Action<string> told)
    {
        Settings = settings;
        return new()
        {
            Journal = this,
            AgentAsync = token => Agent is { } agent
                ? ControlClient.ConnectAsync(agent, Terminal.Complain, TimeProvider.System, token)
                : Task.FromResult<ControlClient?>(null),
            InstalledAppsAsync = _ => Task.FromResult<IReadOnlyList<InstalledApp>>([.. Installed.Select(app => new InstalledApp(app, "1.0"))]),
            InstalledAtAGlanceAsync = Glance,
            AgentStatusAsync = AskAgent,
            RunAsync = (request, events, token) =>
            {
                if (request.Verb != RunVerb.Chain && LockFault is null && !IsLocked) throw new InvalidOperationException("a run without the lock");
                Requests.Add(request);
                return Answer(events, token);
            },
            VerifyAsync = (image, sides, events, token) =>
            {
                Verified.Add((image, sides));
                return Answer(events, token);
            },
            CompareAsync = (a, b, wanted, _, token) => Compared(a, b, wanted, token),
        };
    }

    /// <summary>What comparing gives.</summary>
    public Func<ImageAddress, ImageAddress, TagGrade, CancellationToken, Task<ImageComparison>> Compared { get; set; } = static (_, _, _, _) => throw new InvalidOperationException("nobody compares here");

    private Task<PreflightReport> Answer(IProgress<RunEvent> events, CancellationToken token)
    {
        foreach (var item in Events) events.Report(item);
        if (Thrown is OperationCanceledException) Interruption.Cancel();
        if (Thrown is { } exception) throw exception;
        token.ThrowIfCancellationRequested();
        return Task.FromResult(Answers.Dequeue());
    }

    private sealed class Unlock(Stage stage) : IDisposable
    {
        public void Dispose() => stage.IsLocked = false;
    }
}

/// <summary>A clock that stands until it is told to go on.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    private DateTimeOffset now = now;

    public override DateTimeOffset GetUtcNow() => now;

    public void GoOn(TimeSpan span) => now += span;

    public int Waits { get; private set; }

    public Action OnWait { get; set; } = static () => { };

    /// <summary>A wait is over at once; what happens meanwhile is told first.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero) Waits++;
        if (dueTime > TimeSpan.Zero) GoOn(dueTime);
        OnWait();
        return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
    }
}
