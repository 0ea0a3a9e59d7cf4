using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What tells one image from another without a byte of its layers.</summary>
/// <param name="Manifest">The one for the platform in question; null where nobody tells.</param>
/// <param name="Config">Null where nobody tells.</param>
/// <param name="DiffIds">Base layer first.</param>
public sealed record ImageMarks(Digest? Manifest, Digest? Config, IReadOnlyList<DiffId> DiffIds)
{
    public static ImageMarks Of(ServedImage served) => new(served.ManifestBytes.Digest, served.Manifest.Config.Digest, served.Config.DiffIds);

    /// <summary>Null for an image that the engine can't read. A containerd names it by its manifest or index, the classic store by its configuration.</summary>
    public static ImageMarks? Of(StoredImage stored, EngineState engine) => stored.Fault is not null ? null
        : new(null, engine.UsesContainerdStore ? stored.Content?.Config : stored.Id, stored.DiffIds);
}
