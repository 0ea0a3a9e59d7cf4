using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>Which apps are due again because a source did not answer.</summary>
internal sealed class RetryPlan(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> attempts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> due = new(StringComparer.Ordinal);

    public DateTimeOffset? Next
    {
        get
        {
            lock (gate) return due.Count == 0 ? null : due.Values.Min();
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
                due[app] = time.GetUtcNow() + pause;
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
            var now = time.GetUtcNow();
            var ready = due.Where(pair => pair.Value <= now).Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList();
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
}
