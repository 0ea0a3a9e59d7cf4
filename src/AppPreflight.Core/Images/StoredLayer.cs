using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>One layer as an engine keeps it, read through: what it was promised to be and what it is.</summary>
/// <param name="DiffId">As the image's configuration names it.</param>
/// <param name="Chain">Under which the engine keeps it, once for all images that share it.</param>
public sealed record StoredLayer(DiffId DiffId, ChainId Chain)
{
    public ProofWay Way { get; init; } = ProofWay.LayerStore;

    /// <summary>The digest of what was hashed: of the rebuilt tar, or where the engine keeps the transferred form, of that blob.</summary>
    public Digest Promised { get; init; } = DiffId.Value;

    /// <summary>Null when there was nothing to hash to its end.</summary>
    public Digest? Observed { get; init; }

    public long SizeBytes { get; init; }

    /// <summary>What differs, by name; the first of them when there are very many.</summary>
    public IReadOnlyList<LayerDamage> Damages { get; init; } = [];

    /// <summary>How many more there are than <see cref="Damages"/> lists.</summary>
    public int MoreDamages { get; init; }

    /// <summary>Why it can't be told. <see cref="Fault.Changing"/>: the engine removed it meanwhile; <see cref="Fault.Missing"/>: its folder is not there.</summary>
    public SourceFault? Fault { get; init; }

    /// <summary>Read from the medium after the file system had been synced, not from the page cache.</summary>
    public bool IsFromMedium { get; init; }

    /// <summary>Changes whenever the layer is written anew; empty when that can't be told.</summary>
    public string Stamp { get; init; } = "";

    /// <summary>Null when it can't be told.</summary>
    public bool? IsSound => Fault is not null ? null
        : Damages.Count > 0 ? false
        : Observed is null ? null
        : Observed == Promised;
}

/// <summary>One thing in a stored layer that is not as it was pulled.</summary>
/// <param name="Path">Inside the layer; of the engine's own tables, the file's name there (<c>cache-id</c>). Bytes that are no UTF-8 as \xNN.</param>
public sealed record LayerDamage(DamageKind Kind, string Path, string? Expected = null, string? Observed = null)
{
    /// <summary>Whether the engine's own read-out would notice: the rest is what <c>docker save</c> is blind to.</summary>
    public bool IsOfContent => Kind <= DamageKind.Parent;

    /// <summary>
    /// Removing the layer would take another's short name with it: the engine deletes whatever name it reads in <c>link</c>. Of that one no
    /// container starts any more.
    /// </summary>
    /// <remarks>Source: moby daemon/graphdriver/overlay2/overlay.go, Remove; an empty or absent file is left alone there.</remarks>
    public bool MisleadsRemoval => Kind == DamageKind.LinkFile && Path == LinkName && !string.IsNullOrEmpty(Observed);

    /// <summary>overlay2's file with a layer's short name, in the folder of its files.</summary>
    public const string LinkName = "link";

    /// <summary>overlay2's file with the short names of all layers below, nearest first.</summary>
    public const string LowerName = "lower";

    /// <summary>The folder of short names, each a link to the files of its layer.</summary>
    public const string ShortNames = "l";
}

/// <summary>What is wrong with a file of a stored layer. On the wire in kebab-case.</summary>
public enum DamageKind
{
    // the layer's tar can't be rebuilt as it was
    Content,
    Missing,
    Type,
    TarSplit,
    CacheId,
    DiffFile,
    Parent,

    // it can, and yet what a container sees is not what was pulled
    Surplus,
    Mode,
    Owner,
    Xattr,
    LinkTarget,
    HardLink,
    Whiteout,
    Device,

    /// <summary>overlay2's own short name of the layer, or the link of that name: no container can be mounted on it.</summary>
    LinkFile,

    /// <summary>overlay2's own list of the layers below it: a container sees others, or can't be mounted.</summary>
    LowerFile,
}
