using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>An engine as it describes itself, in one reading.</summary>
public sealed record EngineState
{
    public required string Version { get; init; }

    public required Platform Platform { get; init; }

    /// <summary>Storage driver ("overlay2"); "overlayfs" and the like for the containerd image store.</summary>
    public required string Driver { get; init; }

    /// <summary>Whether ids are manifest digests (containerd image store) in place of config digests.</summary>
    public bool UsesContainerdStore { get; init; }

    public required string DataRoot { get; init; }

    /// <summary>Reached over a socket of this host: its data root is one of our own folders.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Runs without root, in a user namespace of its own.</summary>
    public bool IsRootless { get; init; }

    /// <summary>Files below the data root have other owners than the layers name (userns-remap).</summary>
    public bool RemapsOwners { get; init; }

    /// <summary>
    /// Layers were unpacked through a mount, not into their folders (overlay with redirect_dir or metacopy, or in a user namespace): what lies on
    /// disk is then what the kernel made of it.
    /// </summary>
    public bool UnpacksThroughMount { get; init; }

    /// <summary>How the engine itself reaches registries: the product asks the same way.</summary>
    public EngineNetwork Network { get; init; } = new();

    /// <summary>Bytes free on the data root's file system for non-root use; null when it can't be told (remote engine).</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Inodes free there; null when it can't be told or the file system has no such limit.</summary>
    public long? FreeInodes { get; init; }

    /// <summary>Every image the engine lists, whoever uses it.</summary>
    public IReadOnlyList<StoredImage> Images { get; init; } = [];

    /// <summary>Engines before 23.0 have no zstd decoder (moby pkg/archive, DetectCompression): they take such a layer for a plain tar.</summary>
    public bool UnpacksZstd => Major(Version) >= 23;

    /// <summary>Engines from 28.2 on refuse schema 1 (moby deprecations); 20.10 still takes it.</summary>
    public static int Major(string version) =>
        int.TryParse(version.Split('.', 2)[0], System.Globalization.NumberStyles.None, null, out var major) ? major : 0;
}

/// <summary>Registry settings of an engine, from its /info answer.</summary>
public sealed record EngineNetwork
{
    /// <summary>Mirrors for Docker Hub, in order; the Hub itself comes after them.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>Networks ("127.0.0.0/8") whose registries may lack TLS or have a certificate nobody vouches for.</summary>
    public IReadOnlyList<string> InsecureNetworks { get; init; } = [];

    /// <summary>Registry hosts (host or host:port) marked insecure.</summary>
    public IReadOnlyList<string> InsecureHosts { get; init; } = [];

    public string? HttpProxy { get; init; }

    public string? HttpsProxy { get; init; }

    public string? NoProxy { get; init; }

    /// <summary>The proxy wants a user and a password, and the engine does not tell them (it shows "xxxxx"; the addresses here come without).</summary>
    public bool HidesProxyCredentials { get; init; }
}
