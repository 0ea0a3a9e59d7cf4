using System.Globalization;
using AppPreflight.Checks;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What the operator of a registry or a network needs to see the same: a text for a mail, without secrets and without this host's name.</summary>
internal sealed class TicketText
{
    private const int Width = 78;
    private const int MostSections = 20;
    private const int LabelWidth = 12;

    private readonly Page page = new(colours: false, Width);
    private readonly PreflightReport report;

    public TicketText(PreflightReport report)
    {
        this.report = report;
        // one blob that spoils several images is one matter
        var matters = TicketScope.Of(report).Select(finding => (Finding: finding, Blob: TicketBlob.Of(report, finding)))
            .GroupBy(matter => matter.Blob.Digest is { } digest ? $"{matter.Finding.Code} {digest}" : $"{matter.Finding.Code} {matter.Finding.Subject}", StringComparer.Ordinal)
            .Select(group => group.First()).ToList();
        IsEmpty = matters.Count == 0;
        if (IsEmpty) return;
        WriteHead();
        for (var i = 0; i < Math.Min(matters.Count, MostSections); i++) Write(i + 1, matters[i].Finding, matters[i].Blob);
        if (matters.Count <= MostSections) return;
        page.Blank();
        page.Line($"{matters.Count - MostSections} more findings are in app-preflight report {report.Run}");
    }

    /// <summary>Nothing in the run is for somebody elsewhere.</summary>
    public bool IsEmpty { get; }

    public override string ToString() => page.ToString();

    private void WriteHead()
    {
        page.Line("Images that cannot be pulled as they were published");
        page.Blank();
        Field("seen", $"{Time(report.Started)} to {Time(report.Finished)} (UTC)");
        Field("from", report.Engine is { } engine ? $"{engine.Platform}, Docker Engine {engine.Version} ({engine.Driver})" : "a host whose engine did not answer");
        Field("by", $"app-preflight {CommandLine.Version}, run {report.Run}");
        Field("of", report.Installed is { } installed && report.Target is { } target ? $"{report.App}, installed {installed}, wanted {target}" : report.App);
    }

    private void Write(int number, Finding finding, TicketBlob blob)
    {
        page.Blank();
        page.Line($"{number}. {finding.Code.Wire()}{(report.Findings.Contains(finding) ? "" : " (cured in this run)")}");
        page.Line(Redaction.Of(finding.Message), 3, 3);
        page.Blank();
        Field("image", Redaction.Of(blob.Image));
        Field("part", blob.SizeBytes is { } size ? $"{blob.Kind}, {Bytes(size)} promised" : blob.Kind);
        if (blob.Digest is { } digest) Field("digest", $"{digest}");
        foreach (var other in blob.AlsoIn) Field("also in", Redaction.Of(other));
        if (finding.Expected is { } expected && expected != $"{blob.Digest}") Field("expected", Redaction.Of(expected));
        if (finding.Observed is { } observed) Field("observed", Redaction.Of(observed));
        if (finding.Cause is { } cause)
        {
            WriteConclusion(cause);
            new TicketFetches(page, blob, cause).Write();
        }

        if (finding.Cause is { Culprit: Culprit.LocalStore or Culprit.Engine, Fetches.Count: 0 }) return;
        new TicketCommands(page, blob, finding.Code, finding.Cause).Write();
    }

    private void WriteConclusion(Cause cause)
    {
        page.Blank();
        page.Line($"Concluded: {cause.Culprit.Wire()}, {cause.Confidence.Wire()}", 3);
        page.Line(Redaction.Of(cause.Sentence), 5, 5);
        foreach (var evidence in CauseText.EvidenceOf(cause)) page.Line($"- {Redaction.Of(evidence)}", 5, 7);
    }

    // a digest does not fit behind the label of a section; it is copied whole or not at all
    private void Field(string label, string text)
    {
        if (3 + LabelWidth + text.Length <= Width || text.Contains(' ')) page.Labelled(label, Tone.Plain, text, LabelWidth, 3, 3 + LabelWidth);
        else
        {
            page.Line(label, 3);
            page.Whole(text, 5);
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes) => bytes == 1 ? "1 byte" : $"{Number(bytes)} bytes";

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
