using System.Collections.Immutable;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>Who goes first: the greater one. Within a place, first come first.</summary>
internal enum QueuePlace
{
    Background,
    Asked,
    Gate,
}

/// <summary>Why a run was stopped before its end.</summary>
internal enum StopReason
{
    None,

    /// <summary>A gate wants to run now; the background run comes again after it.</summary>
    Preempted,

    /// <summary>Nobody waits any more, or somebody stopped it for everybody.</summary>
    Unwanted,

    /// <summary>It told nothing for too long.</summary>
    IdleLimit,
}

/// <summary>A request that waits or runs, and all who wait for it. Moved about only by <see cref="RunQueue"/>, under its lock.</summary>
/// <param name="number">Order of arrival.</param>
internal sealed class QueueEntry(RunRequest request, string why, long number, TimeProvider time) : IProgress<RunEvent>
{
    // one who joins late hears the run's key first, and then everything that follows
    private readonly Lock telling = new();
    private ImmutableArray<QueueWaiter> waiters = [];
    private CancellationTokenSource? stop;
    private long lastWord;

    public RunRequest Request { get; } = request;

    public string Why { get; } = why;

    public long Number { get; } = number;

    /// <summary>Runs although nobody may wait for it.</summary>
    public bool IsBackground { get; set; }

    public StopReason Stopped { get; private set; }

    /// <summary>The run's key, once it has told it.</summary>
    public string? Run { get; private set; }

    public DateTimeOffset Started { get; private set; }

    public bool HasWaiters => !waiters.IsEmpty;

    public bool IsWanted => IsBackground || HasWaiters;

    public QueuePlace Place => !HasWaiters ? QueuePlace.Background : Request.Verb == RunVerb.Gate ? QueuePlace.Gate : QueuePlace.Asked;

    /// <summary>Hears each event before the waiters do.</summary>
    public Action<RunEvent>? Heard { get; set; }

    /// <summary>How long the run has told nothing.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref lastWord));

    public void Join(QueueWaiter waiter)
    {
        lock (telling)
        {
            if (Run is { } run) waiter.Tell(new RunStarted(run));
            waiters = waiters.Add(waiter);
        }
    }

    public void Leave(QueueWaiter waiter)
    {
        lock (telling) waiters = waiters.Remove(waiter);
    }

    public void Begin(CancellationTokenSource source)
    {
        (stop, Started) = (source, time.GetUtcNow());
        Touch();
    }

    public void Stop(StopReason reason)
    {
        if (stop is null || Stopped != StopReason.None) return;
        Stopped = reason;
        // only asked for here: what hangs on the token must not run under the queue's lock
        _ = stop.CancelAsync();
    }

    /// <summary>The run is over: there is nothing left to stop.</summary>
    public void Forget() => stop = null;

    public void Report(RunEvent value)
    {
        Touch();
        Heard?.Invoke(value);
        lock (telling)
        {
            if (value is RunStarted started) Run = started.Run;
            foreach (var waiter in waiters) waiter.Tell(value);
        }
    }

    public void TellToWait(string sentence)
    {
        foreach (var waiter in waiters) waiter.TellToWait(sentence);
    }

    public void End(PreflightReport report)
    {
        foreach (var waiter in waiters) waiter.End(report);
    }

    public void End(Exception reason)
    {
        foreach (var waiter in waiters) waiter.End(reason);
    }

    /// <summary>Ends it for those who wait; the agent's own part stays.</summary>
    public void Dismiss(Exception reason)
    {
        End(reason);
        lock (telling) waiters = [];
    }

    private void Touch() => Interlocked.Exchange(ref lastWord, time.GetTimestamp());
}
