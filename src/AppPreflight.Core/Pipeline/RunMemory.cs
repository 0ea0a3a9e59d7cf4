using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>What stays of a run: its report, its proofs, what the tags were, the rate it measured. That it can't be kept changes no verdict.</summary>
internal sealed class RunMemory(RunPorts ports)
{
    /// <summary>Whether it becomes the app's last report: a mistyped name must not stay there for ever, and a gate that lets one step pass says nothing of the steps after it.</summary>
    public static bool IsForStatus(RunVerb verb, PreflightReport report) =>
        !IsOfUnknownApp(report) && (verb != RunVerb.Gate || report.Verdict is not (Verdict.Pass or Verdict.Warn));

    public void Save(RunVerb verb, PreflightReport report, IProgress<RunEvent> events)
    {
        SourceException?[] whys =
        [
            IsForStatus(verb, report) ? Try(() => ports.Journal.Save(report)) : null,
            IsOfUnknownApp(report) ? null : Try(() => ports.Journal.Keep(report)),
        ];
        foreach (var why in whys.OfType<SourceException>().Select(fault => fault.Message).Distinct(StringComparer.Ordinal)) events.Report(new Noted($"the report could not be kept: {why}"));
    }

    /// <summary>Of a verify: whoever may not write the state directory may still look at an image, and was promised no report there.</summary>
    public void TryKeep(PreflightReport report) => _ = Try(() => ports.Journal.Keep(report));

    /// <summary>What the tags were at earlier runs, for one more run.</summary>
    public TagBook OpenTags() => new(ports.Tags.Recall, ports.Host, ports.Time.GetUtcNow());

    /// <summary>Which layers were read and what the tags are, for the nights to come.</summary>
    public void Remember(ImageSurvey survey, TagBook? tags, Action<string> note)
    {
        var now = ports.Time.GetUtcNow();
        var notes = survey.ReadLayers.Where(layer => layer.IsSound is not null)
            .Select(layer => new ProofNote(layer.Chain, now, layer.IsSound == true, layer.Way, layer.IsFromMedium, layer.SizeBytes, layer.Stamp)).ToList();
        if (notes.Count > 0 && Try(() => ports.Proofs.Remember(notes)) is { } why) note($"what was proved could not be remembered: {why.Message}");
        // whoever may not write here may look all the same; that the report was not kept tells it once
        if (tags?.Seen is { Count: > 0 } seen && Try(() => ports.Tags.Remember(seen)) is { What.Fault: not Fault.Denied } fault) note($"what the tags name now could not be remembered: {fault.Message}");
    }

    /// <summary>Bytes per second that the app's last report has; 0 where none was measured yet. A report that can't be read is moved aside by this, and told of once.</summary>
    public long RateOf(string app, Action<string> note)
    {
        try
        {
            var reports = ports.Journal.LastReports(out var broken);
            foreach (var sentence in broken) note(sentence);
            return reports.FirstOrDefault(report => report.App == app)?.Bytes.BytesPerSecond ?? 0;
        }
        catch (SourceException)
        {
            return 0;
        }
    }

    private static SourceException? Try(Action keep)
    {
        try
        {
            keep();
            return null;
        }
        catch (SourceException e)
        {
            return e;
        }
    }

    private static bool IsOfUnknownApp(PreflightReport report) => report.Findings.Any(finding => finding.Code == FindingCode.AppUnknown);
}
