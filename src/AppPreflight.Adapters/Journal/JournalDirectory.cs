using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary>The state directory (default <c>/var/lib/app-preflight</c>): lock, journal, last reports and the archive of runs.</summary>
/// <remarks>Made with mode 0750 when it is first written to; reading a directory that is not there finds nothing, and makes nothing.</remarks>
/// <param name="told">Takes one sentence for each thing found broken and set aside or skipped.</param>
internal sealed class JournalDirectory(string directory, Action<string>? told = null) : IJournal
{
    private readonly StateFolder folder = new(directory);
    private readonly RunLock runLock = new(new StateFolder(directory));
    private readonly JournalFile lines = new(new StateFolder(directory), told ?? (static _ => { }));
    private readonly ReportFolder reports = new(new StateFolder(Path.Combine(directory, "reports")));

    private readonly RunArchive runs = new(new StateFolder(Path.Combine(directory, "runs")));

    public RunHolder? Holder => folder.Exists ? runLock.Holder : null;

    public LockAttempt TryLock(RunHolder holder)
    {
        folder.Make();
        return runLock.TryTake(holder);
    }

    public void Append(JournalLine line)
    {
        folder.Make();
        lines.Append(line);
    }

    public IReadOnlyList<JournalLine> Unfinished() => lines.Unfinished();

    public IReadOnlyList<JournalLine> Owed() => lines.Owed();

    public void Save(PreflightReport report)
    {
        folder.Make();
        reports.Save(report);
    }

    public void Keep(PreflightReport report)
    {
        if (folder.Exists) runs.Keep(report);
    }

    public IReadOnlyList<string> Runs() => runs.Keys();

    public PreflightReport? FindRun(string run) => runs.Find(run);

    public IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken) => reports.ReadAll(out broken);
}
