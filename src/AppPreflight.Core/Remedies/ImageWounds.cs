using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Remedies;

/// <summary>One image with the findings about it, asked what it would take to heal it.</summary>
internal sealed record ImageWounds(ImageObservation Observation, IReadOnlyList<Finding> Findings)
{
    private static readonly FindingCode[] EngineSide =
    [
        FindingCode.ImageAbsent, FindingCode.TagMoved, FindingCode.DigestReferenceStale,
        FindingCode.StoredConfigAltered, FindingCode.StoredLayerAltered, FindingCode.StoredLayerMetadataAltered,
    ];

    public required bool HasProvenReplacement { get; init; }

    /// <summary>Each layer of the replacement was read through in this run.</summary>
    public bool IsReadThrough => Observation.Served is { } served && served.Layers.All(layer => layer.Proof is not null);

    public ImageRequirement Image => Observation.Image;

    public StoredImage? Stored => Observation.Stored;

    private bool KeepsConfigs { get; init; }

    public IReadOnlyList<FindingCode> Codes => [.. Findings.Select(finding => finding.Code).Where(EngineSide.Contains).Distinct()];

    public bool NeedsAct => Codes.Count > 0;

    /// <summary>Something is altered that no pull replaces while the engine believes it is there.</summary>
    public bool HasAlteredLayer => AlteredLayer.Count > 0;

    // containerd never fetches a blob that is there, be it a manifest or a configuration (plugins/content/local/store.go, writer)
    private List<FindingCode> AlteredLayer => [.. Codes.Where(code =>
        code is FindingCode.StoredLayerAltered or FindingCode.StoredLayerMetadataAltered || (code == FindingCode.StoredConfigAltered && KeepsConfigs))];

    public static ImageWounds Of(ImageObservation observation, IReadOnlyList<Finding> findings, EngineState engine) =>
        new(observation, findings)
        {
            KeepsConfigs = engine.UsesContainerdStore,
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
                yield return Purge(InUseCheck.Name(image), AlteredLayer, image.Id, NamesOf(image), "its stored layer does not match; the registry's copy has been read and does");
        }
        if (StaleHolder(engine) is { } holder)
            yield return Purge(StaleName, [FindingCode.DigestReferenceStale], holder.Id, [StaleName], "the engine files another image under this digest");
    }

    /// <summary>The image that stands under the digest which the registry serves, and is not the one.</summary>
    public StoredImage? StaleHolder(EngineState engine) => Has(FindingCode.DigestReferenceStale)
        ? engine.Images.FirstOrDefault(image => image.RepoDigests.Contains(StaleName, StringComparer.Ordinal))
        : null;

    public Remedy Pull(EngineState engine) => new(RemedyKind.Pull, Image.Reference.ToString(), Codes)
    {
        Image = Image,
        Of = engine.IdOf(Observation.Served!),
        AlsoTags = HasAlteredLayer && BringsBack(Stored!, engine) ? [.. Stored!.Tags.Where(tag => tag != Image.Reference.ToString())] : [],
    };

    /// <summary>Whether the pull gives this very image again, so that its further names can be put on it.</summary>
    public bool BringsBack(StoredImage image, EngineState engine) => Stored?.Id == image.Id && engine.IdOf(Observation.Served!) == image.Id;

    /// <summary>The image a moved tag leaves behind, unless it has another name or a container, or the chain wants it under another name.</summary>
    public IEnumerable<Remedy> Leftovers(IReadOnlyList<ImageObservation> all, EngineState engine)
    {
        if (!Has(FindingCode.TagMoved) || Stored is not { InUseBy.Count: 0 } old || HasAlteredLayer) yield break;
        if (all.Any(o => o.Image.Reference != Image.Reference && o.Stored?.Id == old.Id || o.Served is { } served && engine.IdOf(served) == old.Id)) yield break;
        var here = Image.Reference.ToString();
        if (old.Tags.Any(tag => tag != here) || old.RepoDigests.Any(digest => !IsOurs(digest))) yield break;
        yield return Purge(old.Id.ToString(), [FindingCode.TagMoved], old.Id,
            old.RepoDigests.Count > 0 ? old.RepoDigests : [old.Id.ToString()], "nothing uses what the name meant before");
    }

    private string StaleName => $"{Image.Reference.Name}@{Observation.Served!.Root.Digest}";

    private bool IsOurs(string repoDigest) => repoDigest.StartsWith(Image.Reference.Name + "@", StringComparison.Ordinal);

    private bool Has(FindingCode code) => Findings.Any(finding => finding.Code == code);

    private Remedy Purge(string subject, IReadOnlyList<FindingCode> cures, Digest of, IReadOnlyList<string> names, string reason) =>
        new(RemedyKind.Purge, subject, cures) { Image = Image, Of = of, Names = names, Reason = reason };

    // removing the last tag of a repository removes its digest references too (daemon/images/image_delete.go)
    private static IReadOnlyList<string> NamesOf(StoredImage image) =>
        image.Tags.Count + image.RepoDigests.Count > 0 ? [.. image.Tags, .. image.RepoDigests] : [image.Id.ToString()];
}
