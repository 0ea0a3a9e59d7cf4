using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>The last report of each app: this agent's own, also when the disk takes none, and those of other processes.</summary>
internal sealed class ReportBook(IJournal journal, TimeProvider time, Action<string> told)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, PreflightReport> reports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> seen = new(StringComparer.Ordinal);
    private long? readAt;
    private string? fault;

    /// <summary>By app. The state directory is read at most every two seconds.</summary>
    public IReadOnlyList<PreflightReport> All
    {
        get
        {
            lock (gate)
            {
                if (readAt is not { } at || time.GetElapsedTime(at) >= Fresh) ReadAgain();
                return [.. reports.Values.OrderBy(report => report.App, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Keeps what the run itself put into the state directory, or would have.</summary>
    public void Take(RunVerb verb, PreflightReport report)
    {
        if (!RunMemory.IsForStatus(verb, report)) return;
        lock (gate) reports[report.App] = report.After(reports.GetValueOrDefault(report.App));
    }

    private void ReadAgain()
    {
        readAt = time.GetTimestamp();
        try
        {
            var kept = journal.LastReports(out var broken);
            foreach (var report in kept.Where(IsNews)) reports[report.App] = report;
            foreach (var report in kept) seen[report.App] = report.Run;
            foreach (var sentence in broken) told(sentence);
            fault = null;
        }
        catch (SourceException e)
        {
            if (fault != e.Message) told(e.Message);
            fault = e.Message;
        }
    }

    // Another one than at the last look is the latest, whatever its time says: a clock that was set back must not freeze what is shown.
    private bool IsNews(PreflightReport report) => seen.TryGetValue(report.App, out var run)
        ? run != report.Run
        : !reports.TryGetValue(report.App, out var known) || known.Finished < report.Finished;
}
