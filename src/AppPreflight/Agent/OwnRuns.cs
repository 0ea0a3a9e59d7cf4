namespace AppPreflight.Agent;

/// <summary>Which apps this agent itself is at work on: what the engine tells of them meanwhile is our own doing.</summary>
/// <remarks>
/// Somebody else's act on the same app in that time passes for ours. It does no harm: a run that changes images looks at them
/// again at its end, and one that changes none causes no event, so its app is not to be told here.
/// Counted by a clock that nobody can set, at the moment an event arrives: the engine may live on another host.
/// </remarks>
internal sealed class OwnRuns(TimeProvider time)
{
    /// <summary>How long after the end its last events may still come in.</summary>
    public static readonly TimeSpan Echo = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> going = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> ended = new(StringComparer.Ordinal);

    /// <summary>A run that may pull, purge or tag begins; disposed at its end.</summary>
    public IDisposable Begin(string app)
    {
        lock (gate) going[app] = going.GetValueOrDefault(app) + 1;
        return new Span(this, app);
    }

    /// <summary>Whether what the engine tells of this app right now is our own doing.</summary>
    public bool IsOwn(string app)
    {
        lock (gate)
        {
            if (going.ContainsKey(app)) return true;
            if (!ended.TryGetValue(app, out var end)) return false;
            if (time.GetElapsedTime(end) <= Echo) return true;
            ended.Remove(app);
            return false;
        }
    }

    private void End(string app)
    {
        lock (gate)
        {
            if (--going[app] > 0) return;
            going.Remove(app);
            foreach (var (over, _) in ended.Where(pair => time.GetElapsedTime(pair.Value) > Echo).ToList()) ended.Remove(over);
            ended[app] = time.GetTimestamp();
        }
    }

    private sealed class Span(OwnRuns runs, string app) : IDisposable
    {
        private bool isOver;

        public void Dispose()
        {
            if (!isOver) runs.End(app);
            isOver = true;
        }
    }
}
