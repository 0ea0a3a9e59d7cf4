using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What a run tells, until one client takes it. The run never waits: of what moves only the newest is kept, and beyond a bound events are dropped.</summary>
internal sealed class EventQueue(int most) : IProgress<RunEvent>
{
    private readonly Lock gate = new();
    private List<RunEvent> events = [];
    private TaskCompletionSource arrived = New();

    public int Count
    {
        get
        {
            lock (gate) return events.Count;
        }
    }

    /// <summary>Ends when there is something to take.</summary>
    public Task Arrived
    {
        get
        {
            lock (gate) return arrived.Task;
        }
    }

    public void Report(RunEvent value)
    {
        // the chain is in the report, and nobody shows it before
        if (value is ChainResolved) return;
        lock (gate)
        {
            if (value is BytesMoved moved && Supersedes(moved)) return;
            // half of the room is kept for what comes once
            if (events.Count >= (value is BytesMoved ? most / 2 : most)) return;
            events.Add(value);
            arrived.TrySetResult();
        }
    }

    public IReadOnlyList<RunEvent> Take()
    {
        lock (gate)
        {
            if (events.Count == 0) return [];
            var all = events;
            (events, arrived) = ([], New());
            return all;
        }
    }

    // only back to the last event of another kind: bytes must not move from one phase into another
    private bool Supersedes(BytesMoved moved)
    {
        for (var i = events.Count - 1; i >= 0 && events[i] is BytesMoved earlier; i--)
        {
            if (earlier.Subject != moved.Subject || earlier.Verb != moved.Verb) continue;
            events[i] = moved;
            return true;
        }

        return false;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
