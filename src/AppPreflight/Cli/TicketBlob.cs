using System.Text.RegularExpressions;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What a finding is about, as the registry knows it: the image, and in it the blob.</summary>
/// <param name="Image">As it was written, also when it is no reference.</param>
/// <param name="Reference">Null when it is none; then there is no command to be given.</param>
internal sealed partial record TicketBlob(string Image, ImageReference? Reference)
{
    /// <summary>Null when the finding is about the image as a whole.</summary>
    public Digest? Digest { get; init; }

    /// <summary>"layer 2 of 4", "configuration", "manifest".</summary>
    public string Kind { get; init; } = "manifest";

    public bool IsManifest => Kind == "manifest";

    /// <summary>As the manifest promises it.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>"linux/amd64", of the image that was chosen.</summary>
    public string? Platform { get; init; }

    /// <summary>Other images of the same run that the blob belongs to.</summary>
    public IReadOnlyList<string> AlsoIn { get; init; } = [];

    public static TicketBlob Of(PreflightReport report, Finding finding)
    {
        var words = finding.Subject.Split(' ', 2);
        var digest = words.Length > 1 ? Oci.Digest.TryParse(words[1]) : null;
        digest ??= finding.Cause is { Fetches.Count: > 0 } ? Oci.Digest.TryParse(finding.Expected) ?? FirstIn(finding.Message) : null;
        var image = report.Images.FirstOrDefault(image => image.Reference == words[0]);
        var blob = new TicketBlob(words[0], ImageReference.TryParse(words[0])) { Digest = digest, Platform = image?.Served?.Platform ?? report.Engine?.Platform };
        if (digest is null) return blob;
        var further = report.Images.Where(other => other.Reference != words[0] && PlaceOf($"{digest}", other.Served) is not null);
        var (kind, size) = PlaceOf($"{digest}", image?.Served) ?? (KindOf(finding, isNamed: words.Length > 1), null);
        return blob with { Kind = kind, SizeBytes = size, AlsoIn = [.. further.Select(other => other.Reference)] };
    }

    private static (string Kind, long? SizeBytes)? PlaceOf(string digest, ReportedServed? served)
    {
        if (served is null) return null;
        if (served.Manifest == digest) return ("manifest", null);
        if (served.Config == digest) return ("configuration", null);
        for (var i = 0; i < served.Layers.Count; i++)
        {
            if (served.Layers[i].Digest == digest) return ($"layer {i + 1} of {served.Layers.Count}", served.Layers[i].SizeBytes);
        }

        return null;
    }

    // no image could be put together, so its list of blobs is not known: a blob that the subject does not name is the manifest
    private static string KindOf(Finding finding, bool isNamed) => finding.Code switch
    {
        FindingCode.ManifestAltered or FindingCode.ManifestAbsent or FindingCode.CachedManifestAltered => "manifest",
        FindingCode.ConfigAltered => "configuration",
        FindingCode.LayerAltered or FindingCode.LayerAbsent or FindingCode.DiffIdDiffers or FindingCode.SizeDiffers => "layer",
        FindingCode.PullRefused => PullFailure.Classify(finding.Message).Kind switch
        {
            PullFailureKind.ManifestAltered => "manifest",
            PullFailureKind.ConfigAltered => "configuration",
            _ => "blob",
        },
        _ => isNamed ? "blob" : "manifest",
    };

    // the engine's own sentences name the blob: "filesystem layer verification failed for digest sha256:..."
    private static Digest? FirstIn(string message) => DigestText().Match(message) is { Success: true } match ? Oci.Digest.TryParse(match.Value) : null;

    [GeneratedRegex(@"\bsha256:[0-9a-f]{64}\b", RegexOptions.CultureInvariant)]
    private static partial Regex DigestText();
}
