using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What was found: code and subject, the sentence, the evidence, the next command. The cured ones in one line each.</summary>
internal sealed class FindingText(Page page, PreflightReport report, bool isVerbose)
{
    private const int Indent = 4;
    private readonly RemedyText remedies = new(report);
    private readonly CauseText causes = new(page, isVerbose);

    public void Write()
    {
        WriteCured();
        if (report.Findings.Count == 0) return;
        page.Blank();
        page.Line(Amounts.Count(report.Findings.Count, "finding"), tone: Tone.Bold);
        foreach (var finding in report.Findings) Write(finding);
    }

    private void WriteCured()
    {
        if (report.Cured.Count == 0) return;
        page.Blank();
        page.Line("Cured", tone: Tone.Bold);
        foreach (var finding in report.Cured) WriteTitle(Verdict.Pass, finding);
    }

    private void Write(Finding finding)
    {
        WriteTitle(finding.Verdict, finding);
        page.Line(finding.Message + (finding.Look == Look.Second && ExitCode.Of(finding.Verdict) != ExitCode.Pass ? " (after the repair)" : ""), Indent, Indent);
        if (finding.Expected is { } expected) page.Line($"expected {Evidence(expected)}", Indent, Indent + 9);
        if (finding.Observed is { } observed) page.Line($"observed {Evidence(observed)}", Indent, Indent + 9);
        if (isVerbose) foreach (var file in finding.Files) page.Line($"{file.Kind.Wire()}  {file.Path}{Change(file)}", Indent + 2, Indent + 4);
        causes.Write(finding);
        if (finding.Remedy is not null && ReachText.Covers(report, finding)) page.Line("-> see below: what it would take", Indent, Indent + 3, Tone.Bold);
        else if (finding.Remedy is not null) page.Line($"-> {remedies.Of(finding)}", Indent, Indent + 3, Tone.Bold);
    }

    private static string Change(LayerDamage file) =>
        file is { Expected: null, Observed: null } ? "" : $"  {file.Expected ?? "none"} -> {file.Observed ?? "none"}";

    // a long name gets a line of its own, so that it can be copied
    private void WriteTitle(Verdict verdict, Finding finding)
    {
        const int before = 2 + 6;
        var (code, subject) = (finding.Code.Wire(), finding.Subject == report.App ? "" : Evidence(finding.Subject));
        var isShort = before + code.Length + 2 + subject.Length <= Page.Width;
        page.Marked(verdict, isShort ? $"{code}  {subject}" : code, indent: 2);
        if (!isShort) page.Line(subject, Indent, Indent);
    }

    // twelve digits tell two digests apart; the report's JSON and --verbose have all of them
    private string Evidence(string text) => isVerbose ? text : string.Join(' ', text.Split(' ').Select(Amounts.ShortDigest));
}
