using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary>A state directory of its own for one test, gone afterwards, and makers of what goes into it.</summary>
internal sealed class StateDirectory : IDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public string FullName { get; } = Directory.CreateTempSubdirectory("app-preflight-state-").FullName;

    public List<string> Told { get; } = [];

    public string JournalFile => Path.Combine(FullName, "journal.jsonl");

    public JournalDirectory Open() => new(FullName, Told.Add);

    public string Report(string name) => Path.Combine(FullName, "reports", name);

    public static JournalLine Intent(int act, string run = "r1") => new(JournalMark.Intent, run, act, Noon)
    {
        App = "kelvin",
        Kind = RemedyKind.Pull,
        Subject = "127.0.0.1:5000/kelvin:2.0.0",
        Image = "127.0.0.1:5000/kelvin:2.0.0",
    };

    public static JournalLine Outcome(int act, string run = "r1") =>
        Intent(act, run) with { Mark = JournalMark.Outcome, Outcome = ActionOutcome.Done };

    public static RunHolder Holder(int? process = null) => new("r1", process ?? Environment.ProcessId, RunVerb.Repair, "kelvin", Noon);

    public static PreflightReport ReportOf(string app, Verdict verdict = Verdict.Pass) => new()
    {
        Run = "r1",
        App = app,
        Depth = Depth.Claims,
        Verdict = verdict,
        Started = Noon,
        Finished = Noon,
    };

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
