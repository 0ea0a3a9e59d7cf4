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
        FindingCode.DigestMappingStale, FindingCode.CachedManifestAltered, FindingCode.LayerFolderLeft,
    ];

    public required bool HasProvenReplacement { get; init; }

    /// <summary>Each layer of the replacement was read through in this run.</summary>
    public bool IsReadThrough => Observation.Served is { } served && served.Layers.All(layer => layer.Proof is not null);

    public ImageRequirement Image => Observation.Image;

    public StoredImage? Stored => Observation.Stored;

    private bool KeepsConfigs { get; init; }

    public IReadOnlyList<FindingCode> Codes => [.. Findings.Select(finding => finding.Code).Where(EngineSide.Contains).Distinct()];

    public bool NeedsAct => Codes.Count > 0;

    /// <summary>Sound itself, it has to be removed and pulled again: another image's pull would be given a layer of it in place of the right one.</summary>
    public bool IsInTheWay { get; init; }

    /// <summary>Its stored image is removed before it is pulled.</summary>
    public bool GivesWay => HasAlteredLayer || IsInTheWay || HasRottenManifest;

    /// <summary>The engine would read its own wrong copy of the manifest.</summary>
    public bool HasRottenManifest => Has(FindingCode.CachedManifestAltered);

    /// <summary>Something stands where a layer has to go, and no act of this program removes it.</summary>
    public bool IsBlocked => Has(FindingCode.LayerFolderLeft);

    /// <summary>The layers that the engine would take in place of right ones.</summary>
    public IEnumerable<ChainId> MisledTo => Findings.Where(finding => finding.Code == FindingCode.DigestMappingStale).Select(WrongLayer).OfType<ChainId>();

    /// <summary>Something is altered that no pull replaces while the engine believes it is there.</summary>
    public bool HasAlteredLayer => AlteredLayer.Count > 0;

    // containerd never fetches a blob that is there, be it a manifest or a configuration (plugins/content/local/store.go, writer)
    private List<FindingCode> AlteredLayer => [.. Codes.Where(code =>
        code is FindingCode.StoredLayerAltered or FindingCode.StoredLayerMetadataAltered || (code == FindingCode.StoredConfigAltered && KeepsConfigs))];

    public static ImageWounds Of(ImageObservation observation, IReadOnlyList<Finding> findings, EngineState engine) =>
        new(observation, [.. findings.Where(finding => !RetagCheck.IsHistory(finding))])
        {
            KeepsConfigs = engine.UsesContainerdStore,
            HasProvenReplacement = observation.Served is { } served
                && served.Layers.Count == served.Manifest.Layers.Count
                && !findings.Any(finding => finding.Source is Source.Registry or Source.Transport && finding.Verdict != Verdict.Warn)
                && engine.Platform.Runs(served.Config.Platform),
        };

    /// <summary>All images whose removal the healing of this one takes.</summary>
    public IEnumerable<StoredImage> Removed(EngineState engine) =>
    [
        .. HasAlteredLayer ? engine.DamageReach(Stored!) : [],
        .. HasRottenManifest ? TableCheck.KeepersOf(Observation, engine) : [],
        .. MisledTo.SelectMany(engine.HoldersOf),
    ];

    /// <summary>What must be gone before a pull, because the engine would otherwise call it "up to date" or keep a stale name.</summary>
    public IEnumerable<Remedy> PurgesFirst(EngineState engine)
    {
        if (HasAlteredLayer)
        {
            foreach (var image in engine.DamageReach(Stored!))
                yield return Purge(InUseCheck.Name(image), HasRottenManifest ? [.. AlteredLayer, FindingCode.CachedManifestAltered] : AlteredLayer, image.Id, NamesOf(image), "its stored layer does not match; the registry's copy has been read and does");
        }
        foreach (var image in HasRottenManifest ? TableCheck.KeepersOf(Observation, engine) : [])
            yield return Purge(InUseCheck.Name(image), [FindingCode.CachedManifestAltered], image.Id, NamesOf(image), "it keeps the engine's wrong copy of the manifest alive; the registry's copy has been read and is right");
        foreach (var image in MisledTo.SelectMany(engine.HoldersOf))
            yield return Purge(InUseCheck.Name(image), [FindingCode.DigestMappingStale], image.Id, NamesOf(image), "the engine would take a layer of it in place of another; it is pulled again after the one it is in the way of");
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
        AlsoTags = GivesWay && Stored is not null && BringsBack(Stored, engine) ? [.. Stored.Tags.Where(tag => tag != Image.Reference.ToString())] : [],
    };

    /// <summary>Whether the pull gives this very image again, so that its further names can be put on it.</summary>
    public bool BringsBack(StoredImage image, EngineState engine) => Stored?.Id == image.Id && engine.IdOf(Observation.Served!) == image.Id;

    /// <summary>The image a moved tag leaves behind, unless it has another name or a container, or the chain wants it under another name.</summary>
    public IEnumerable<Remedy> Leftovers(IReadOnlyList<ImageObservation> all, EngineState engine)
    {
        if (!Has(FindingCode.TagMoved) || Stored is not { InUseBy.Count: 0 } old || GivesWay) yield break;
        if (all.Any(o => o.Image.Reference != Image.Reference && o.Stored?.Id == old.Id || o.Served is { } served && engine.IdOf(served) == old.Id)) yield break;
        var here = Image.Reference.ToString();
        if (old.Tags.Any(tag => tag != here) || old.RepoDigests.Any(digest => !IsOurs(digest))) yield break;
        yield return Purge(old.Id.ToString(), [FindingCode.TagMoved], old.Id,
            old.RepoDigests.Count > 0 ? old.RepoDigests : [old.Id.ToString()], "nothing uses what the name meant before");
    }

    // the finding's subject ends with the layer's digest, and what stands in the table is what it observed
    private ChainId? WrongLayer(Finding finding)
    {
        var served = Observation.Served!;
        var at = served.Manifest.Layers.Index().FirstOrDefault(layer => finding.Subject.EndsWith($" {layer.Item.Digest}", StringComparison.Ordinal), (-1, null!)).Index;
        if (at < 0 || at >= served.Config.DiffIds.Count || Digest.TryParse(finding.Observed) is not { } wrong) return null;
        return at == 0 ? new(wrong) : ChainId.AllOf(served.Config.DiffIds)[at - 1].Then(new(wrong));
    }

    private string StaleName => $"{Image.Reference.Name}@{Observation.Served!.Root.Digest}";

    private bool IsOurs(string repoDigest) => repoDigest.StartsWith(Image.Reference.Name + "@", StringComparison.Ordinal);

    private bool Has(FindingCode code) => Findings.Any(finding => finding.Code == code);

    private Remedy Purge(string subject, IReadOnlyList<FindingCode> cures, Digest of, IReadOnlyList<string> names, string reason) =>
        new(RemedyKind.Purge, subject, cures) { Image = Image, Of = of, Names = names, Reason = reason, Frees = cures.Contains(FindingCode.CachedManifestAltered) ? PullLookup.Of(Observation.Served!) : null };

    // removing the last tag of a repository removes its digest references too (daemon/images/image_delete.go)
    private static IReadOnlyList<string> NamesOf(StoredImage image) =>
        image.Tags.Count + image.RepoDigests.Count > 0 ? [.. image.Tags, .. image.RepoDigests] : [image.Id.ToString()];
}
