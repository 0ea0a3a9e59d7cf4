using AppPreflight.Checks;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The last line: what the verdict means for the question that was asked.</summary>
internal sealed class VerdictSentence(PreflightReport report, RunVerb verb)
{
    public override string ToString() => report.Verdict switch
    {
        Verdict.Pass => $"PASS: {Answer(true)}",
        Verdict.Warn => $"PASS with {Amounts.Count(Count(Verdict.Warn), "warning")}: {Answer(true)}",
        Verdict.Fail => $"FAIL: {Answer(false)}",
        _ => $"UNKNOWN: could not tell whether {Question}",
    };

    private string Question => (verb, report.Chain.Count) switch
    {
        (RunVerb.Verify, _) => "the bytes of this image match their digests",
        (RunVerb.Gate, 0) => $"the containers of {report.App} run on the images of {report.Target}",
        (RunVerb.Gate, _) => $"the step of {report.App} to {report.Target} may be taken",
        _ => $"this appliance may upgrade {report.App}{Target}",
    };

    private string Target => report.Target is { } target ? $" to {target}" : "";

    private string Answer(bool isYes) => (verb, isYes) switch
    {
        (RunVerb.Verify, true) => "every byte of this image matches its digest",
        (RunVerb.Verify, false) => Missing ?? "this image does not match its digests",
        (RunVerb.Gate, true) when report.Chain.Count == 0 => report.Images.Count == 0 ? $"{report.App} {report.Target} has no images of its own" : Question,
        (RunVerb.Gate, false) when report.Chain.Count == 0 => $"not all containers of {report.App} run on the images of {report.Target}",
        (RunVerb.Gate, true) => $"{Question}: {Proved}",
        (RunVerb.Gate, false) => $"the step of {report.App} to {report.Target} must not be taken as it is",
        (_, true) when report.Chain.Count == 0 => $"{report.App} is at the last version on offer",
        (RunVerb.Chain, true) => $"the chain to {report.Target} is complete; neither engine nor registry was asked",
        (RunVerb.Chain, false) => $"the chain of {report.App} cannot be walked",
        (_, true) => Question,
        _ => $"this appliance cannot upgrade {report.App}{Target} as it is",
    };

    private string Proved => report.Chain.Any(step => step.Pulls)
        ? report.Images.Count == 1 ? "its image is proved" : $"its {Amounts.Count(report.Images.Count, "image")} are proved"
        : "it pulls nothing";

    // an image that is not there matches nothing and contradicts nothing
    private string? Missing
    {
        get
        {
            var codes = report.Findings.Where(finding => finding.Verdict == Verdict.Fail).Select(finding => finding.Code).ToHashSet();
            return (codes.Remove(FindingCode.ManifestAbsent), codes.Remove(FindingCode.ImageAbsent), codes.Count) switch
            {
                (true, true, 0) => "neither the registry nor the engine has this image",
                (true, false, 0) => "the registry does not have this image",
                (false, true, 0) => "the engine does not hold this image",
                _ => null,
            };
        }
    }

    private int Count(Verdict verdict) => report.Findings.Count(finding => finding.Verdict == verdict);
}
