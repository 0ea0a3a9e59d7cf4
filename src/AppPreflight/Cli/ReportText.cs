using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>One report for an admin at night: the chain, each step's images on both sides, what is wrong and what to type, the verdict last.</summary>
internal sealed class ReportText(Page page, PreflightReport report, RunVerb verb, bool isVerbose)
{
    public void Write()
    {
        page.Line(Header(), tone: Tone.Bold);
        var images = new ImageText(page, report, isVerbose);
        if (verb == RunVerb.Verify) images.WriteAll();
        else if (IsAfterStep) foreach (var image in report.Images) images.Write(image);
        else new StepText(page, report, images).Write(isPlanOnly: verb == RunVerb.Chain);
        new FindingText(page, report, isVerbose).Write();
        new ActionText(page, report).Write();
        new ReachText(page, report).Write();
        WriteNotes();
        page.Blank();
        if (verb != RunVerb.Chain) WriteFigures();
        WriteVerdict();
    }

    // a gate without a step was asked of the installed version
    private bool IsAfterStep => verb == RunVerb.Gate && report.Chain.Count == 0;

    private string Header()
    {
        if (verb == RunVerb.Verify) return report.App;
        var versions = new[] { report.Installed ?? "(not installed)" }.Concat(report.Chain.Select(step => step.Version));
        return $"{report.App}  {string.Join(" -> ", versions)}";
    }

    private void WriteNotes()
    {
        if (report.Notes.Count == 0) return;
        page.Blank();
        foreach (var note in report.Notes) page.Line($"note: {note}", hang: 6);
    }

    private void WriteFigures()
    {
        var bytes = report.Bytes;
        var parts = new List<string>();
        if (bytes.ToPull > 0 && bytes.Pulled == 0) parts.Add($"{Amounts.Bytes(bytes.ToPull)} to pull{Time(bytes)}");
        if (bytes.Pulled > 0) parts.Add($"{Amounts.Bytes(bytes.Pulled)} pulled");
        if (bytes.Hashed > 0) parts.Add($"{Amounts.Bytes(bytes.Hashed)} hashed");
        if (bytes.DiskNeeded > 0) parts.Add($"{Amounts.Bytes(bytes.DiskNeeded)} of disk needed{(bytes.IsEstimate ? " (an estimate)" : "")}");
        if (bytes.DiskNeeded > 0 && bytes.DiskFree > 0) parts.Add($"{Amounts.Bytes(bytes.DiskFree)} free");
        parts.Add($"took {Amounts.Duration(report.Finished - report.Started)}");
        page.Items(parts, Tone.Dim);
    }

    private static string Time(ByteCounts bytes) => bytes.SecondsToPull == 0 ? ""
        : $" (about {Amounts.Duration(TimeSpan.FromSeconds(Math.Min(bytes.SecondsToPull, TimeSpan.FromDays(99).TotalSeconds)))} at {Amounts.Bytes(bytes.BytesPerSecond)}/s)";

    private void WriteVerdict()
    {
        var sentence = new VerdictSentence(report, verb);
        page.Line(sentence.ToString(), tone: report.Verdict == Verdict.Unknown ? Tone.Warning : Page.MarkOf(report.Verdict).Tone);
        if (verb == RunVerb.Chain) return;
        page.Line(DepthSentence, tone: Tone.Dim);
    }

    private string DepthSentence => (report.Depth, report.Bytes.Hashed) switch
    {
        (Depth.Content, 0) => "Depth: content, but there was no byte that could be hashed.",
        (Depth.Content, _) when report.Images.Any(image => image.Stored?.Proof?.Depth == StoredDepth.Medium) =>
            "Depth: content, bytes were hashed in this run; what it pulled was read back from the medium.",
        (Depth.Content, _) => "Depth: content, bytes were hashed in this run, not only identifiers compared.",
        _ when IsAfterStep => "Depth: claims, identifiers were compared; app-preflight verify hashes bytes.",
        _ => "Depth: claims, identifiers were compared; --content hashes every byte.",
    };
}
