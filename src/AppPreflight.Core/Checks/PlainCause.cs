using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>The cause of findings that carry it in themselves: no fetch tells more.</summary>
public static class PlainCause
{
    /// <param name="fault">What the registry gave in place of what it was asked for, where that is what the finding is about.</param>
    public static Finding Name(Finding finding, SourceFault? fault) => finding switch
    {
        { Cause: not null } => finding,
        { Code: FindingCode.ConfigAltered or FindingCode.ManifestAltered or FindingCode.LayerAltered, Verdict: Verdict.Fail, Source: Source.Registry }
            when fault is not null && OfFault(fault) is { } cause => finding with { Cause = cause },
        // a tag promises no digest: there is nothing a further fetch could be held against
        { Code: FindingCode.ManifestAltered, Source: Source.Transport, Verdict: Verdict.Fail } => finding with { Code = FindingCode.BlobReplacedInTransit, Cause = Page },
        _ => Of(finding) is { } cause ? finding with { Cause = cause } : finding,
    };

    private static Cause Page => new(Culprit.Transport, Confidence.Likely,
        "Something else came in place of a manifest: a portal, a proxy's block page, a proxy that packs answers, or a gateway in front of the registry");

    private static Cause? Of(Finding finding) => finding.Code switch
    {
        FindingCode.StoredConfigAltered or FindingCode.StoredLayerAltered or FindingCode.StoredLayerMetadataAltered when finding.Verdict == Verdict.Fail => LocalStore(finding),
        FindingCode.DigestReferenceStale => new(Culprit.Engine, Confidence.Proven,
            "The engine's own book of digests is out of date: it never moves a digest to another image (moby distribution/pull.go)"),
        FindingCode.DiffIdDiffers => new(Culprit.Publisher, Confidence.Proven,
            "The bytes are the ones that were pushed, and the configuration names others: the image was put together wrongly"),
        FindingCode.PlatformAbsent or FindingCode.MediaTypeUnsupported when finding.Verdict == Verdict.Fail => new(Culprit.Publisher, Confidence.Proven,
            "The image was published in a form that this host cannot use"),
        FindingCode.LayerAbsent => Incomplete,
        FindingCode.ManifestAbsent => new(Culprit.Publisher, Confidence.Possible, "The registry has nothing under this name: it was removed, or never pushed"),
        FindingCode.SpaceShort or FindingCode.InodesShort => new(Culprit.Host, Confidence.Proven, "The engine's file system has too little room"),
        FindingCode.PullRefused => OfRefusal(finding),
        _ => null,
    };

    private static Cause Incomplete => new(Culprit.Registry, Confidence.Likely,
        "The registry has the manifest and not all it names: a garbage collection took a blob in use, or a push was never finished");

    // without a wrong byte: what is asked for is not there, leads nowhere, or is of no use as it is
    private static Cause? OfFault(SourceFault fault) => fault switch
    {
        { Fault: Fault.Missing, Part: ImagePart.Config } => Incomplete,
        { Fault: Fault.Malformed, Part: ImagePart.Layer, Observed: null } => new(Culprit.Registry, Confidence.Likely,
            "The registry gives no usable answer for a blob that it says it has: it, or a storage it sends us to, is set up wrongly"),
        { Fault: Fault.Malformed } => new(Culprit.Publisher, Confidence.Likely,
            "What is served was put together wrongly: no byte of it is damaged, and no engine can use it"),
        _ => null,
    };

    private static Cause LocalStore(Finding finding)
    {
        var evidence = new List<string>();
        if (finding.Files.Any(file => file is { Kind: DamageKind.Content, Observed: "0" or "0 bytes" }))
            evidence.Add("files are empty: a power cut soon after a pull leaves them so, for the engine does not flush what it unpacks");
        return new(Culprit.LocalStore, Confidence.Proven, "What lies on this host's disk is not what was pulled; no registry and no network is involved") { Evidence = evidence };
    }

    private static Cause? OfRefusal(Finding finding)
    {
        var failure = PullFailure.Classify(finding.Message);
        Culprit? culprit = failure.Kind switch
        {
            PullFailureKind.NoRoom => Culprit.Host,
            PullFailureKind.UnpackFailed or PullFailureKind.StoredLayerAltered or PullFailureKind.StoredFileAltered => Culprit.LocalStore,
            PullFailureKind.ConnectionCut => Culprit.Cut,
            PullFailureKind.PlatformAbsent or PullFailureKind.FormatUnsupported => Culprit.Publisher,
            PullFailureKind.LayersMismatch => Culprit.Engine,
            _ => null,
        };
        return culprit is { } found
            ? new(found, failure.Kind == PullFailureKind.LayersMismatch ? Confidence.Possible : Confidence.Likely, Sentence(failure.Meaning))
            : null;
    }

    private static string Sentence(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
