using System.Text;
using AppPreflight.Checks;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Finished reports to standard output, as text or as JSON.</summary>
internal sealed class ReportPrinter(Settings settings, Terminal terminal)
{
    private bool isFurther;

    /// <summary>Where reports are kept: what can be asked for later is named; null where nothing is.</summary>
    public IJournal? Journal { get; init; }

    public void Print(PreflightReport report, RunVerb verb)
    {
        if (HasNothingToShow(report))
        {
            // what decides first: that there is no such app, then that nobody answered
            foreach (var finding in report.Findings.OrderBy(finding => finding.Verdict != Verdict.Fail)) terminal.Complain(OneSentence(finding));
            return;
        }

        var page = new Page(terminal.UsesColours(settings));
        new ReportText(page, report, verb, settings.Verbose).Write();
        if (IsKept(report)) CauseText.WriteNext(page, report);
        terminal.Output.Write(isFurther ? "\n" + page : page.ToString());
        isFurther = true;
    }

    /// <param name="asArray">Of <c>--all</c>: one array of reports, also of one or none. Else the report itself.</param>
    public void PrintJson(IReadOnlyList<PreflightReport> reports, bool asArray)
    {
        var texts = reports.Select(report => Encoding.UTF8.GetString(ReportJson.Write(report)).TrimEnd('\n'));
        if (asArray) terminal.Output.Write(reports.Count == 0 ? "[]\n" : $"[\n{string.Join(",\n", texts)}\n]\n");
        else foreach (var text in texts) terminal.Output.Write(text + "\n");
    }

    private bool IsKept(PreflightReport report)
    {
        try
        {
            return Journal?.Runs().Contains(report.Run, StringComparer.Ordinal) == true;
        }
        catch (SourceException)
        {
            return false;
        }
    }

    // an unknown app, a broken file: what there is to say is a complaint, not a result
    private static bool HasNothingToShow(PreflightReport report) =>
        report.Chain.Count == 0 && report.Images.Count == 0 && report.Findings.Count > 0 && ExitCode.Of(report.Verdict) != ExitCode.Pass;

    private static string OneSentence(Finding finding) =>
        finding.Remedy is { } remedy ? $"{finding.Message.TrimEnd('.')}{(finding.Message.EndsWith('?') ? "" : ";")} next: {remedy}" : finding.Message;
}
