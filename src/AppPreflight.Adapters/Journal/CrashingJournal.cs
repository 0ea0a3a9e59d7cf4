using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary>A journal at which the process dies at one exact write, for rehearsals of power cuts; see CONTRIBUTING.</summary>
internal sealed class CrashingJournal(JournalDirectory inner, string directory, CrashPoint point) : IJournal
{
    private int lines;
    private int reports;

    public RunHolder? Holder => inner.Holder;

    public LockAttempt TryLock(RunHolder holder) => inner.TryLock(holder);

    public void Append(JournalLine line) => Write(
        "journal", ref lines, () => inner.Append(line),
        () => Leave(Path.Combine(directory, "journal.jsonl"), FileMode.Append, JournalJson.Write(line)));

    public IReadOnlyList<JournalLine> Unfinished() => inner.Unfinished();

    public IReadOnlyList<JournalLine> Owed() => inner.Owed();

    public void Save(PreflightReport report) => Write(
        "report", ref reports, () => inner.Save(report),
        () => Leave(Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "reports")).FullName, ReportName.Of(report.App) + ".tmp"), FileMode.Create, ReportJson.Write(report)));

    public void Keep(PreflightReport report) => inner.Keep(report);

    public IReadOnlyList<string> Runs() => inner.Runs();

    public PreflightReport? FindRun(string run) => inner.FindRun(run);

    public IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken) => inner.LastReports(out broken);

    private void Write(string place, ref int count, Action whole, Action half)
    {
        var isHere = point.Place == place && Interlocked.Increment(ref count) == point.Count;
        if (isHere && point.When == "torn") half();
        if (isHere && point.When != "after") CrashPoint.Die();
        whole();
        if (isHere) CrashPoint.Die();
    }

    private static void Leave(string path, FileMode mode, byte[] bytes)
    {
        using var file = new FileStream(path, mode, FileAccess.Write);
        file.Write(bytes.AsSpan(0, bytes.Length / 2));
        file.Flush(flushToDisk: true);
    }
}
