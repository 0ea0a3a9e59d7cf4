using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>report</c>: a report of the archive once more, or what an operator elsewhere needs of it. Starts nothing, takes no lock.</summary>
internal sealed class ReportCommand(RunDoors doors, Settings settings, Terminal terminal)
{
    private const int MostNamed = 3;

    /// <param name="run">Null for the newest one.</param>
    /// <exception cref="UsageException">Not of a key's form; <c>--ticket</c> with <c>--json</c>.</exception>
    public int Run(string? run, bool isTicket)
    {
        if (run is not null && !RunKey.IsWellFormed(run)) throw new UsageException($"'{run}' is not the key of a run, which looks like 20261121T120000Z-0a1b2c");
        if (isTicket && settings.Json) throw new UsageException("--ticket is a text for people; --json without it has all that is in it");
        var runs = doors.Journal.Runs();
        if ((run is null ? Newest(runs) : doors.Journal.FindRun(run)) is not { } report)
        {
            terminal.Complain(Nothing(run, runs));
            return ExitCode.CouldNotTell;
        }

        if (isTicket) PrintTicket(report);
        else Print(report);
        return isTicket ? ExitCode.Pass : ExitCode.Of(report.Verdict);
    }

    // a run of a time to come was made when the clock was wrong, and is not the newest for that
    private PreflightReport? Newest(IReadOnlyList<string> runs)
    {
        var next = RunKey.FirstAt(terminal.Time.GetUtcNow().AddMinutes(5));
        foreach (var run in runs.OrderBy(run => string.CompareOrdinal(run, next) > 0))
        {
            try
            {
                if (doors.Journal.FindRun(run) is { } report) return report;
            }
            catch (SourceException e)
            {
                terminal.Complain(e.Message);
            }
        }

        return null;
    }

    private void Print(PreflightReport report)
    {
        var printer = new ReportPrinter(settings, terminal) { Journal = doors.Journal };
        if (settings.Json)
        {
            printer.PrintJson([report], asArray: false);
            return;
        }

        terminal.Complain($"run {report.Run}, {Amounts.Age(terminal.Time.GetUtcNow() - report.Finished)}");
        printer.Print(report, report.Verb ?? (report.Chain.Count == 0 && ImageReference.TryParse(report.App)?.ToString() == report.App ? RunVerb.Verify : RunVerb.Check));
    }

    private void PrintTicket(PreflightReport report)
    {
        var ticket = new TicketText(report);
        terminal.Output.Write(ticket.IsEmpty ? $"Nothing in run {report.Run} is for an operator elsewhere to act on.\n" : ticket.ToString());
    }

    private string Nothing(string? run, IReadOnlyList<string> runs) => (run, runs.Count) switch
    {
        (_, 0) => $"no report is kept in {settings.State}/runs yet; run app-preflight check --all",
        (null, _) => $"no report in {settings.State}/runs can be read",
        _ => $"no report of run {run} is kept in {settings.State}/runs; the newest {(runs.Count == 1 ? "is" : "are")} {string.Join(", ", runs.Take(MostNamed))}",
    };
}
