using AppPreflight.Checks;
using AppPreflight.Images;

namespace AppPreflight.Remedies;

/// <summary>One image with the findings about it, asked what it would take to heal it.</summary>
internal sealed record ImageWounds(ImageObservation Observation, IReadOnlyList<Finding> Findings)
{
    private static readonly FindingCode[] EngineSide =
    [
        FindingCode.ImageAbsent, FindingCode.TagMoved, FindingCode.DigestReferenceStale,
        FindingCode.StoredConfigAltered, FindingCode.StoredLayerAltered,
    ];

    public required bool HasProvenReplacement { get; init; }

    public ImageRequirement Image => Observation.Image;

    public StoredImage? Stored => Observation.Stored;

    public IReadOnlyList<FindingCode> Codes => [.. Findings.Select(finding => finding.Code).Where(EngineSide.Contains).Distinct()];

    public bool NeedsAct => Codes.Count > 0;

    public bool HasAlteredLayer => Has(FindingCode.StoredLayerAltered);

    public static ImageWounds Of(ImageObservation observation, IReadOnlyList<Finding> findings, EngineState engine) =>
        new(observation, findings)
        {
            HasProvenReplacement = observation.Served is { } served
                && served.Layers.Count == served.Manifest.Layers.Count
                && !findings.Any(finding => finding.Source is Source.Registry or Source.Transport && finding.Verdict != Verdict.Warn)
                && engine.Platform.Runs(served.Config.Platform),
        };

    /// <summary>What must be gone before a pull, because the engine would otherwise call it "up to date" or keep a stale name.</summary>
    public IEnumerable<Remedy> PurgesFirst(EngineState engine)
    {
        if (HasAlteredLayer)
        {
            foreach (var image in engine.DamageReach(Stored!))
                yield return Purge(InUseCheck.Name(image), [FindingCode.StoredLayerAltered], NamesOf(image), "its stored layer does not match; the registry's copy has been read and does");
        }
        if (Has(FindingCode.DigestReferenceStale))
        {
            var name = $"{Image.Reference.Name}@{Observation.Served!.Root.Digest}";
            yield return Purge(name, [FindingCode.DigestReferenceStale], [name], "the engine files another image under this digest");
        }
    }

    public Remedy Pull(EngineState engine) => new(RemedyKind.Pull, Image.Reference.ToString(), Codes)
    {
        Image = Image,
        AlsoTags = HasAlteredLayer && Stored!.Id == engine.IdOf(Observation.Served!)
            ? [.. Stored.Tags.Where(tag => tag != Image.Reference.ToString())]
            : [],
    };

    /// <summary>The image a moved tag leaves behind, unless it has another name or a container.</summary>
    public IEnumerable<Remedy> Leftovers()
    {
        if (!Has(FindingCode.TagMoved) || Stored is not { InUseBy.Count: 0 } old || HasAlteredLayer) yield break;
        var here = Image.Reference.ToString();
        if (old.Tags.Any(tag => tag != here) || old.RepoDigests.Any(digest => !IsOurs(digest))) yield break;
        yield return Purge(old.Id.ToString(), [FindingCode.TagMoved],
            old.RepoDigests.Count > 0 ? old.RepoDigests : [old.Id.ToString()], "nothing uses what the name meant before");
    }

    private bool IsOurs(string repoDigest) => repoDigest.StartsWith(Image.Reference.Name + "@", StringComparison.Ordinal);

    private bool Has(FindingCode code) => Findings.Any(finding => finding.Code == code);

    private Remedy Purge(string subject, IReadOnlyList<FindingCode> cures, IReadOnlyList<string> names, string reason) =>
        new(RemedyKind.Purge, subject, cures) { Image = Image, Names = names, Reason = reason };

    // removing the last tag of a repository removes its digest references too (daemon/images/image_delete.go)
    private static IReadOnlyList<string> NamesOf(StoredImage image) =>
        image.Tags.Count + image.RepoDigests.Count > 0 ? [.. image.Tags, .. image.RepoDigests] : [image.Id.ToString()];
}
