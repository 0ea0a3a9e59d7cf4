using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>One entry of the engine's hidden tables that a pull would stumble over, or believe.</summary>
/// <param name="Image">The wanted image that it concerns.</param>
/// <param name="Path">The file or folder, absolute.</param>
public sealed record TableDamage(TableDamageKind Kind, ImageReference Image, string Path)
{
    /// <summary>The blob it is filed under: a layer's digest, a manifest's.</summary>
    public Digest? Blob { get; init; }

    public string? Expected { get; init; }

    public string? Observed { get; init; }

    /// <summary>The layer that the engine takes in place of the right one (<see cref="TableDamageKind.DigestMapping"/>), or whose folder is left over.</summary>
    public ChainId? Layer { get; init; }

    /// <summary>Of a left-over folder: nothing is in it, so that removing it can cost nothing.</summary>
    public bool IsEmpty { get; init; }
}

/// <summary>Which table.</summary>
public enum TableDamageKind
{
    /// <summary>image/DRIVER/distribution/diffid-by-digest: a layer's digest leads to another layer that the engine holds.</summary>
    DigestMapping,

    /// <summary>blobs of the engine's containerd: a cached manifest is not the one its name says.</summary>
    CachedManifest,

    /// <summary>image/DRIVER/layerdb: a folder stands where a layer has to go, and is none.</summary>
    LayerFolder,
}
