using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>What the registry serves, against its own promises and against what this engine can use. Every defect, not the first.</summary>
public static class ServedCheck
{
    internal const string TellOperator =
        "nothing on this host can heal it: report the digest to the registry's operator (pushing the same image again does not replace a rotten blob)";

    public static IEnumerable<Finding> Look(ImageObservation observation, EngineState? engine)
    {
        var subject = observation.Image.Reference.ToString();
        if (observation.ServedFault is { } fault) return [FaultCheck.OfRegistry(BlobOf(fault) is { } blob ? $"{subject} {blob}" : subject, fault)];
        if (observation.Served is not { } served) return [];
        return
        [
            .. served.Contradictions.Select(contradiction => Contradiction(subject, contradiction)),
            .. PlatformOf(subject, served, engine),
            .. served.Layers.SelectMany(layer => OfLayer(subject, layer, engine)),
        ];
    }

    private static Digest? BlobOf(SourceFault fault) =>
        fault.Part != ImagePart.Manifest && fault.Fault is not Fault.Unreachable ? Digest.TryParse(fault.Subject) : null;

    private static Finding Contradiction(string subject, SourceFault fault) =>
        new(FindingCode.ManifestAltered, Verdict.Warn, subject, fault.From, fault.Message)
        {
            Expected = fault.Expected,
            Observed = fault.Observed,
            Remedy = "tell the registry's operator; the bytes themselves are consistent, so nothing is blocked",
        };

    private static IEnumerable<Finding> PlatformOf(string subject, ServedImage served, EngineState? engine)
    {
        if (engine is null || engine.Platform.Runs(served.Config.Platform)) yield break;
        yield return new(FindingCode.PlatformAbsent, Verdict.Fail, subject, Source.Registry,
            $"The registry serves this image for {served.Config.Platform} only; this host is {engine.Platform}")
        {
            Expected = engine.Platform.ToString(),
            Observed = served.Config.Platform.ToString(),
            Remedy = "the app's provider has to publish this platform",
        };
    }

    private static IEnumerable<Finding> OfLayer(string image, ServedLayer layer, EngineState? engine)
    {
        var subject = $"{image} {layer.Descriptor.Digest}";
        if (Unusable(layer, engine) is { } why)
        {
            yield return new(FindingCode.MediaTypeUnsupported, Verdict.Fail, subject, Source.Registry, why)
            { Observed = layer.Descriptor.MediaType, Remedy = "the app's provider has to publish gzip layers, or the engine has to be upgraded first" };
        }
        if (layer.AnnouncedBytes is { } announced && announced != layer.Descriptor.SizeBytes && layer.Proof is null)
            yield return Size(subject, layer.Descriptor.SizeBytes, announced);
        else if (layer.Fault is { Fault: Fault.Unsupported } unread)
        {
            // the engine can use it and this program can't read it: that is no defect, and no proof either
            yield return new(FindingCode.MediaTypeUnsupported, Verdict.Unknown, subject, unread.From, unread.Message)
            { Observed = layer.Descriptor.MediaType, Remedy = "app-preflight check without --content compares identifiers only" };
        }
        if (layer.Fault is { } fault && fault.Fault != Fault.Unsupported)
            yield return FaultCheck.OfRegistry(subject, fault with { Part = ImagePart.Layer });
        foreach (var finding in OfProof(subject, layer)) yield return finding;
    }

    private static IEnumerable<Finding> OfProof(string subject, ServedLayer layer)
    {
        if (layer.Proof is not { } proof) yield break;
        var promised = layer.Descriptor;
        if (proof.SizeBytes != promised.SizeBytes) yield return Size(subject, promised.SizeBytes, proof.SizeBytes);
        if (proof.Digest != promised.Digest)
        {
            yield return new(FindingCode.LayerAltered, Verdict.Fail, subject, Source.Registry,
                "The bytes served for this layer are not the ones its digest names; a pull would end in \"filesystem layer verification failed\"")
            { Expected = promised.Digest.ToString(), Observed = proof.Digest.ToString(), Remedy = TellOperator };
        }
        else if (proof.DiffId != layer.DiffId)
        {
            yield return new(FindingCode.DiffIdDiffers, Verdict.Fail, subject, Source.Registry,
                "The layer unpacks to another tar than the image configuration names; a pull would end in \"layers from manifest don't match image configuration\"")
            { Expected = layer.DiffId.ToString(), Observed = proof.DiffId.ToString(), Remedy = "report it to the app's provider: the image was put together wrongly, and only another one can help" };
        }
    }

    private static Finding Size(string subject, long expected, long observed) =>
        new(FindingCode.SizeDiffers, Verdict.Fail, subject, Source.Registry,
            $"The manifest promises {expected} bytes for this layer, the registry has {observed}")
        { Expected = $"{expected}", Observed = $"{observed}", Remedy = TellOperator };

    private static string? Unusable(ServedLayer layer, EngineState? engine) => MediaType.Compression(layer.Descriptor.MediaType) switch
    {
        LayerCompression.Unknown => $"The layer is of a kind no image layer has: '{Quote.Short(layer.Descriptor.MediaType)}'",
        LayerCompression.Zstd when engine is { UnpacksZstd: false } =>
            ZstdNeedsNewer(engine),
        // the engine goes by the bytes
        _ when layer.Proof is { IsZstd: true } && engine is { UnpacksZstd: false } => ZstdNeedsNewer(engine),
        _ => null,
    };

    private static string ZstdNeedsNewer(EngineState engine) =>
        $"The layer is compressed with zstd, which Docker Engine {engine.Version} cannot unpack (23.0 and later can)";
}
