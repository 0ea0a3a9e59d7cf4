using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What an engine claims to hold under one id. Claims: only <see cref="Content"/> is proof.</summary>
public sealed record StoredImage
{
    /// <summary>The engine's Id: the config digest in the classic store, the manifest's (or index's) in the containerd store.</summary>
    public required Digest Id { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>repository@digest of pulls the engine remembers; never re-hashed by it.</summary>
    public IReadOnlyList<string> RepoDigests { get; init; } = [];

    /// <summary>Base layer first. Empty when the engine can't read the image (see <see cref="Fault"/>).</summary>
    public IReadOnlyList<DiffId> DiffIds { get; init; } = [];

    /// <summary>The local image it was built on, if it was built or committed here: that one can't be removed before it.</summary>
    public Digest? Parent { get; init; }

    /// <summary>By which it can be named to the engine: the first of its names, else its id.</summary>
    public string Name => Tags.Count > 0 ? Tags[0] : RepoDigests.Count > 0 ? RepoDigests[0] : Id.ToString();

    public Platform? Platform { get; init; }

    public long SizeBytes { get; init; }

    /// <summary>Containers made from this image, running or not.</summary>
    public IReadOnlyList<ContainerUse> InUseBy { get; init; } = [];

    /// <summary>Why the engine itself can't read this image any more.</summary>
    public SourceFault? Fault { get; init; }

    /// <summary>What hashing its bytes gave; null at depth Claims.</summary>
    public StoredContent? Content { get; init; }
}

/// <summary>A container that stands on an image.</summary>
public sealed record ContainerUse(string Id, string Name, bool IsRunning)
{
    /// <summary>The compose project it was made by, and the service in it; null for a container that no compose made.</summary>
    public string? Project { get; init; }

    public string? Service { get; init; }

    public override string ToString() => IsRunning ? $"{Name} (running)" : Name;
}

/// <summary>The stored bytes as hashed: config and each layer, base layer first.</summary>
public sealed record StoredContent
{
    public ProofWay Way { get; init; } = ProofWay.Export;

    /// <summary>Digest of the configuration's bytes; null when they could not be read.</summary>
    public Digest? Config { get; init; }

    /// <summary>One for each layer that could be looked at, in order; fewer than the claim when <see cref="Fault"/> stopped it.</summary>
    public IReadOnlyList<StoredLayer> Layers { get; init; } = [];

    public long HashedBytes { get; init; }

    /// <summary>What stopped the reading of the image as a whole; an engine that can't read its own image out names the damaged file in it.</summary>
    public SourceFault? Fault { get; init; }

    /// <summary>What this way of looking can't see, each a part of a sentence ("owners, for the engine remaps them").</summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];
}

/// <summary>How stored bytes were looked at.</summary>
public enum ProofWay
{
    /// <summary>The engine read them out (<c>GET /images/ID/get</c>): file contents only.</summary>
    Export,

    /// <summary>The engine's layer store was read directly: contents, modes, owners, attributes, whiteouts, surplus files.</summary>
    LayerStore,

    /// <summary>The blobs of a containerd content store were read: as transferred, not as unpacked.</summary>
    ContentBlobs,
}
