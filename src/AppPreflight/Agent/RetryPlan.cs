using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>Which apps are due again because a source did not answer. By a clock that nobody can set: one set back by a year must not make it wait for that year.</summary>
internal sealed class RetryPlan(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> attempts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Wait> due = new(StringComparer.Ordinal);

    public DateTimeOffset? Next
    {
        get
        {
            lock (gate) return due.Count == 0 ? null : time.GetUtcNow() + due.Values.Min(Left);
        }
    }

    /// <param name="report">Null where the run ended without one.</param>
    public void Take(string app, PreflightReport? report)
    {
        lock (gate)
        {
            due.Remove(app);
            var count = attempts.GetValueOrDefault(app) + 1;
            if (BackgroundPolicy.Again(report, count) is { } pause)
            {
                attempts[app] = count;
                due[app] = new(time.GetTimestamp(), pause);
            }
            else
            {
                attempts.Remove(app);
            }
        }
    }

    public IReadOnlyList<string> TakeDue()
    {
        lock (gate)
        {
            var ready = due.Where(pair => Left(pair.Value) == TimeSpan.Zero).Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList();
            foreach (var app in ready) due.Remove(app);
            return ready;
        }
    }

    /// <summary>Forgets apps that are no longer installed.</summary>
    public void Keep(IReadOnlySet<string> installed)
    {
        lock (gate)
        {
            foreach (var app in attempts.Keys.Where(app => !installed.Contains(app)).ToList())
            {
                attempts.Remove(app);
                due.Remove(app);
            }
        }
    }

    private TimeSpan Left(Wait wait) => wait.Pause - time.GetElapsedTime(wait.Since) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    private sealed record Wait(long Since, TimeSpan Pause);
}
