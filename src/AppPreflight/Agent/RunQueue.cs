using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>Who waits and who runs: gates first, then what somebody asked for, then the agent's own looks; equal requests are one.</summary>
/// <remarks>
/// Equal means verb, app, target and depth. A waiter joins an equal run that is going on already: its bytes are read in this very
/// run, a gate's too. The agent's own look does not: what triggered it may have changed after the run had read it. A gate that
/// arrives during a run for which nobody waits stops that run; it comes again after the gate.
/// </remarks>
internal sealed class RunQueue(TimeProvider time)
{
    /// <summary>Requests that may wait; more are refused.</summary>
    public const int Longest = 200;

    private readonly Lock gate = new();
    private readonly List<QueueEntry> waiting = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long arrivals;
    private bool isClosed;

    /// <summary>Read it once: it is another one a moment later.</summary>
    public QueueEntry? Running { get; private set; }

    public IReadOnlyList<QueuedRun> Waiting
    {
        get
        {
            lock (gate) return [.. InOrder().Select(entry => new QueuedRun(entry.Request.Verb, entry.Request.App, entry.Request.Target, entry.Why))];
        }
    }

    /// <summary>Takes a place and waits for the report. Cancelled, only this waiter leaves; the last one takes the run along.</summary>
    /// <exception cref="SourceException">Too many wait already, or the state directory can't be used.</exception>
    /// <exception cref="LockHeldException">Another process's run is going on, and this is no gate.</exception>
    public async Task<PreflightReport> RunAsync(RunRequest request, string why, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        var waiter = new QueueWaiter(events);
        var entry = Join(request, why, waiter, out var ahead);
        if (ahead is not null) waiter.TellToWait($"waiting: a {ahead.Request.Verb.Wire()} of {ahead.Request.App} is going on");
        await using var leaving = cancellationToken.Register(() => Leave(entry, waiter));
        return await waiter.Answer;
    }

    /// <summary>The agent's own wish. One that waits already is enough.</summary>
    /// <returns>False when the queue is full.</returns>
    public bool Add(RunRequest request, string why)
    {
        lock (gate)
        {
            if (waiting.Find(entry => entry.Request == request) is { } equal)
            {
                equal.IsBackground = true;
                return true;
            }

            if (waiting.Count >= Longest) return false;
            waiting.Add(new(request, why, ++arrivals, time) { IsBackground = true });
            Wake();
            return true;
        }
    }

    /// <summary>Stops the run of this key for everybody.</summary>
    public bool Cancel(string run)
    {
        lock (gate)
        {
            if (Running is not { } running || running.Run != run || running.Stopped == StopReason.Unwanted) return false;
            running.IsBackground = false;
            running.Stop(StopReason.Unwanted);
            return true;
        }
    }

    /// <summary>Stops a run that has told nothing for this long.</summary>
    /// <returns>For how long the run in progress has told nothing; zero when none is.</returns>
    public TimeSpan StopSilent(TimeSpan limit)
    {
        lock (gate)
        {
            if (Running is not { } running) return TimeSpan.Zero;
            var silence = running.Silence;
            if (silence >= limit) running.Stop(StopReason.IdleLimit);
            return silence;
        }
    }

    /// <summary>The one whose turn it is; null when nobody waits. It keeps its place until <see cref="TryBegin"/>.</summary>
    public QueueEntry? Next
    {
        get
        {
            lock (gate) return InOrder().FirstOrDefault();
        }
    }

    /// <summary>Ends when something is added after it was asked for: ask before looking, wait after.</summary>
    public Task Change => changed.Task;

    /// <summary>From waiting to running.</summary>
    /// <returns>False when all have left, or somebody more important has come, since it was chosen.</returns>
    public bool TryBegin(QueueEntry entry, CancellationTokenSource stop)
    {
        lock (gate)
        {
            if (InOrder().FirstOrDefault() != entry) return false;
            waiting.Remove(entry);
            Running = entry;
            entry.Begin(stop);
            return true;
        }
    }

    /// <summary>The run is over. One that had to give way to a gate waits again, where it was.</summary>
    /// <returns>Whether it waits again.</returns>
    public bool End(QueueEntry entry, bool isFinished)
    {
        lock (gate)
        {
            Running = null;
            entry.Forget();
            if (isFinished || entry.Stopped != StopReason.Preempted || !entry.IsBackground) return false;
            if (waiting.Find(other => other.Request == entry.Request) is { } equal) equal.IsBackground = true;
            else waiting.Add(new(entry.Request, entry.Why, entry.Number, time) { IsBackground = true });
            return true;
        }
    }

    /// <summary>Drops one that waits; the agent's own part of it stays where <paramref name="keepsBackground"/> says so.</summary>
    public void Refuse(QueueEntry entry, Exception reason, bool keepsBackground)
    {
        lock (gate)
        {
            if (keepsBackground && entry.IsBackground)
            {
                entry.Dismiss(reason);
                return;
            }

            if (waiting.Remove(entry)) entry.End(reason);
        }
    }

    /// <summary>The agent ends: nobody waits any longer.</summary>
    public void Close()
    {
        lock (gate)
        {
            foreach (var entry in waiting) entry.End(new OperationCanceledException());
            Running?.End(new OperationCanceledException());
            waiting.Clear();
            isClosed = true;
        }
    }

    // A waiter may raise the agent's own look to his own place; gates do not wait for a run nobody asked for
    private QueueEntry Join(RunRequest request, string why, QueueWaiter waiter, out QueueEntry? ahead)
    {
        lock (gate)
        {
            if (isClosed) throw new OperationCanceledException();
            ahead = Running;
            if (Running is { Stopped: StopReason.None } running && running.Request == request)
            {
                ahead = null;
                running.Join(waiter);
                return running;
            }

            var entry = waiting.Find(entry => entry.Request == request);
            if (entry is null)
            {
                if (waiting.Count >= Longest) throw new SourceException(Source.Journal, Fault.Refused, $"{Longest} requests are waiting already; try again later");
                waiting.Add(entry = new(request, why, ++arrivals, time));
            }

            entry.Join(waiter);
            if (request.Verb == RunVerb.Gate && Running is { } holding) GiveWay(holding);
            Wake();
            return entry;
        }
    }

    private void Leave(QueueEntry entry, QueueWaiter waiter)
    {
        waiter.End(new OperationCanceledException());
        lock (gate)
        {
            entry.Leave(waiter);
            if (Running == entry && waiting.Exists(other => other.Place == QueuePlace.Gate)) GiveWay(entry);
            if (entry.IsWanted) return;
            waiting.Remove(entry);
            if (Running == entry) entry.Stop(StopReason.Unwanted);
        }
    }

    private static void GiveWay(QueueEntry running)
    {
        if (running is { IsBackground: true, HasWaiters: false }) running.Stop(StopReason.Preempted);
    }

    private IEnumerable<QueueEntry> InOrder() => waiting.OrderByDescending(entry => entry.Place).ThenBy(entry => entry.Number);

    private void Wake()
    {
        var before = changed;
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        before.TrySetResult();
    }
}
