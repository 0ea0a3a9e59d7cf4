using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What a registry serves for one reference: manifest and config proven by their own bytes, layers as far as asked.</summary>
public sealed record ServedImage
{
    public required ImageReference Reference { get; init; }

    /// <summary>What the tag itself names: an index when there is one, else the manifest. The engine's RepoDigest is this one.</summary>
    public required Served Root { get; init; }

    /// <summary>The manifest for this host's platform.</summary>
    public required Served ManifestBytes { get; init; }

    public required ImageManifest Manifest { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>Base layer first; as many as the manifest has. Empty until they have been asked for.</summary>
    public IReadOnlyList<ServedLayer> Layers { get; init; } = [];

    /// <summary>What the registry said of itself that its bytes contradict (a Docker-Content-Digest header): compared, never believed.</summary>
    public IReadOnlyList<SourceFault> Contradictions { get; init; } = [];
}

/// <summary>One layer: promised by the manifest and the config, and what was seen of it.</summary>
public sealed record ServedLayer(Descriptor Descriptor, DiffId DiffId)
{
    /// <summary>What reading it through gave; null at depth Claims or when <see cref="Fault"/> says why not.</summary>
    public LayerProof? Proof { get; init; }

    /// <summary>Size in bytes the registry names when asked for the layer's existence; null when it does not say.</summary>
    public long? AnnouncedBytes { get; init; }

    /// <summary>How large its tar is said to be, by what was asked for without reading it through; null when nobody asked, or the answer does not tell.</summary>
    public long? UnpackedBytes { get; init; }

    public SourceFault? Fault { get; init; }
}

/// <summary>What one pass over a layer's bytes gave. Compared with the promises by the checks, not here.</summary>
public sealed record LayerProof(Digest Digest, long SizeBytes, DiffId DiffId, long TarBytes)
{
    /// <summary>The bytes are zstd, whatever the media type says: an engine goes by the bytes.</summary>
    public bool IsZstd { get; init; }

    /// <summary>Files and folders in the tar, hard links and whiteouts of whole folders not counted: each takes an inode. Null where its headers can't be followed.</summary>
    public long? Entries { get; init; }
}
