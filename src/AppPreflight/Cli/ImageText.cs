using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>One image: what the registry serves, what the engine holds, and a mark for each side.</summary>
internal sealed class ImageText(Page page, PreflightReport report, bool isVerbose)
{
    private readonly bool isChain = report.Chain.Count > 0;

    public void WriteAll()
    {
        foreach (var image in report.Images)
        {
            WriteServed(image);
            WriteStored(image);
        }
    }

    public void Write(ReportedImage image)
    {
        page.Line(image.Reference, indent: 2);
        WriteServed(image);
        WriteStored(image);
    }

    private void WriteServed(ReportedImage image)
    {
        var worst = WorstOf(image, static source => source is Source.Registry or Source.Transport);
        if (image.Served is not { } served)
        {
            if (worst is not null || isChain) page.Marked(worst ?? Verdict.Unknown, worst == Verdict.Fail ? "served  nothing usable" : "served  could not be seen", indent: 4);
            return;
        }

        var size = Amounts.Bytes(served.Layers.Sum(layer => layer.SizeBytes));
        page.Marked(worst ?? Verdict.Pass,
            $"served  {Amounts.ShortDigest(served.Manifest)}  {served.Platform}  {Amounts.Count(served.Layers.Count, "layer")}  {size}", indent: 4);
        if (!isVerbose) return;
        foreach (var layer in served.Layers) page.Line($"{layer.Digest} {Amounts.Bytes(layer.SizeBytes)}", indent: 6);
    }

    private void WriteStored(ReportedImage image)
    {
        var worst = WorstOf(image, static source => source == Source.Engine);
        if (image.Stored is not { } stored)
        {
            var isAbsent = Of(image).Any(finding => finding.Code == FindingCode.ImageAbsent);
            if (worst is not null || isChain || IsEngineGone) page.Marked(worst ?? Verdict.Unknown, isAbsent ? "stored  absent" : "stored  could not be seen", indent: 4);
            return;
        }

        var use = stored.InUseBy.Count == 0 ? "" : $"  in use by {string.Join(", ", stored.InUseBy)}";
        page.Marked(worst ?? Verdict.Pass, $"stored  {Amounts.ShortDigest(stored.Id)}{(stored.Proof is { } proof ? Read(proof) : "")}{use}", indent: 4);
        foreach (var unseen in stored.Proof?.Unseen ?? []) page.Line($"not seen: {unseen}", indent: 6, hang: 10, tone: Tone.Dim);
        if (!isVerbose) return;
        foreach (var layer in stored.Proof?.Layers ?? []) page.Line($"{layer.DiffId} {Amounts.Bytes(layer.SizeBytes)} {Word(layer.IsSound)}", indent: 6);
    }

    private static string Read(ReportedProof proof) =>
        $"  {Amounts.Count(proof.Layers.Count, "layer")}  {Amounts.Bytes(proof.Layers.Sum(layer => layer.SizeBytes))} read{(proof.Depth == StoredDepth.Medium ? " from the medium" : "")}";

    private static string Word(bool? isSound) => isSound switch { true => "sound", false => "altered", _ => "not proved" };

    private bool IsEngineGone => report.Findings.Any(finding => finding.Code == FindingCode.EngineUnreachable);

    // null: nothing was found, neither good nor bad
    private Verdict? WorstOf(ReportedImage image, Func<Source, bool> isOfSide)
    {
        var verdicts = Of(image).Where(finding => isOfSide(finding.Source)).Select(finding => finding.Verdict).ToList();
        return verdicts.Count == 0 ? null : verdicts.Worst;
    }

    private IEnumerable<Finding> Of(ReportedImage image) => report.Findings.Where(finding =>
        finding.Subject == image.Reference || finding.Subject.StartsWith(image.Reference + " ", StringComparison.Ordinal));
}
