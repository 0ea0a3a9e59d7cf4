using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Has what did not match fetched again by other ways, and judged: why it is so.</summary>
internal sealed class Hearing(IImageRegistry registry, IHostSigns signs, IProgress<RunEvent> events)
{
    /// <summary>Blobs of one run that are fetched again: where more are wrong, more fetches tell no more.</summary>
    private const int MostBlobs = 4;

    /// <summary>A look at identifiers is to stay a look: what is larger is fetched again only by who reads layers anyway.</summary>
    private const long MostBytesOfClaims = 4 << 20;

    private readonly Dictionary<(string Registry, Digest Blob), BlobRetrace> heard = [];
    private IReadOnlyList<HostSign>? seen;

    /// <param name="image">Null where the finding is about no image.</param>
    /// <param name="all">All images of the run: which of them share the blob.</param>
    /// <returns>The finding, with its cause where there is one to be named.</returns>
    public async Task<Finding> HearAsync(Finding finding, ImageObservation? image, IReadOnlyList<ImageObservation> all, CancellationToken cancellationToken)
    {
        var fault = image is null ? null : FaultOf(image, Digest.TryParse(finding.Subject[(finding.Subject.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
        var refusal = finding.Code == FindingCode.PullRefused ? finding.Message : null;
        if (finding.Cause is not null || image is null || Promise(finding, image, refusal) is not { } promise) return PlainCause.Name(finding, fault);
        if (image.Depth == Depth.Claims && promise.SizeBytes > MostBytesOfClaims) return PlainCause.Name(finding, fault);
        if (await RetraceAsync(image.Image, promise, cancellationToken) is not { } retrace) return PlainCause.Name(finding, fault);
        return PlainCause.Name(CauseCourt.Judge(new(finding, retrace)
        {
            EngineSaid = refusal,
            FirstSeen = refusal is null ? Digest.TryParse(finding.Observed) : null,
            SharedBy = [.. all.Where(other => other != image && Names(other, promise.Digest)).Select(other => $"{other.Image.Reference}")],
            Signs = seen ??= signs.Read(),
        }), fault);
    }

    private async Task<BlobRetrace?> RetraceAsync(ImageRequirement image, BlobPromise promise, CancellationToken cancellationToken)
    {
        var key = (image.Reference.Registry, promise.Digest);
        if (heard.TryGetValue(key, out var known)) return known;
        if (heard.Count == MostBlobs) return null;
        events.Report(new PhaseStarted($"fetching {promise.Digest.Short} again by other ways: who is to blame?"));
        return heard[key] = await registry.RetraceAsync(image, promise, cancellationToken);
    }

    private static BlobPromise? Promise(Finding finding, ImageObservation image, string? refusal)
    {
        if (refusal is not null)
        {
            return PullFailure.Classify(refusal) is { Kind: PullFailureKind.ConfigAltered or PullFailureKind.LayerAltered or PullFailureKind.ManifestAltered, Subject: { } subject }
                && Digest.TryParse(subject) is { } named ? Served(image, named) : null;
        }

        var isOfBytes = finding.Code is FindingCode.LayerAltered or FindingCode.SizeDiffers or FindingCode.ConfigAltered or FindingCode.ManifestAltered or FindingCode.RegistryUnreachable;
        if (!isOfBytes || finding.Verdict == Verdict.Warn || finding.Source is not (Source.Registry or Source.Transport)) return null;
        var blob = finding.Subject.IndexOf(' ', StringComparison.Ordinal) is var space and > 0 ? finding.Subject[(space + 1)..] : image.ServedFault?.Subject;
        // what cannot be read, or is not fetched at all (a redirect to a file), though its bytes are not in doubt
        if (Digest.TryParse(blob) is not { } digest || FaultOf(image, digest) is { Fault: Fault.Malformed, From: Source.Registry }) return null;
        return Served(image, digest) ?? (image.ServedFault is { } fault ? new(fault.Part, digest, fault.PromisedBytes) : null);
    }

    private static SourceFault? FaultOf(ImageObservation image, Digest? digest) =>
        image.ServedFault ?? (image.Served?.Layers.FirstOrDefault(layer => layer.Descriptor.Digest == digest)?.Fault is { } fault ? fault with { Part = ImagePart.Layer } : null);

    /// <summary>What the image's own manifest promises of one of its blobs.</summary>
    private static BlobPromise? Served(ImageObservation image, Digest digest)
    {
        if (image.Served is not { } served) return null;
        if (served.Layers.FirstOrDefault(layer => layer.Descriptor.Digest == digest) is { } layer) return new(ImagePart.Layer, digest, layer.Descriptor.SizeBytes, layer.DiffId);
        if (served.Manifest.Config.Digest == digest) return new(ImagePart.Config, digest, served.Manifest.Config.SizeBytes);
        return served.Root.Digest == digest || served.ManifestBytes.Digest == digest ? new(ImagePart.Manifest, digest, null) : null;
    }

    private static bool Names(ImageObservation image, Digest blob) =>
        image.Served is { } served && (served.Manifest.Config.Digest == blob || served.Manifest.Layers.Any(layer => layer.Digest == blob));
}
