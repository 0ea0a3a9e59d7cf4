using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>Where a copy of an image lies.</summary>
public enum ImagePlace
{
    Registry,
    Engine,

    /// <summary>A folder as OCI image-spec image-layout.md has it.</summary>
    Layout,

    /// <summary>A file that <c>docker save</c> or the like wrote.</summary>
    Archive,
}

/// <summary>One copy of an image without its layers' bytes: all its documents, and what they say of the layers.</summary>
/// <param name="Name">As it was asked for.</param>
public sealed record ImageForm(string Name, ImagePlace Place)
{
    /// <summary>What the name itself leads to: an index, a manifest, or one of schema 1; null where none is kept (engine, <c>docker save</c> before 25.0).</summary>
    public Served? Root { get; init; }

    /// <summary>The root, where it is one.</summary>
    public ImageIndex? Index { get; init; }

    /// <summary>The manifest for the platform that is compared; null where none is kept.</summary>
    public Served? ManifestBytes { get; init; }

    /// <summary>Null for schema 1, and where none is kept.</summary>
    public ImageManifest? Manifest { get; init; }

    /// <summary>The manifest's own fields and annotations, its layers' among them, by <see cref="DocumentFields"/>.</summary>
    public IReadOnlyDictionary<string, string> ManifestFields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public Schema1Manifest? Schema1 { get; init; }

    /// <summary>Null for schema 1, which has none, and for engines that name images by their manifests.</summary>
    public Digest? ConfigDigest { get; init; }

    /// <summary>Of schema 1: what its topmost entry says. An engine's: what it tells of it.</summary>
    public required ConfigDetails Config { get; init; }

    /// <summary>Base first; those that engines take for one, so without the throwaways of schema 1.</summary>
    public IReadOnlyList<FormLayer> Layers { get; init; } = [];

    /// <summary>Manifests and indexes that lead to this copy, as an engine remembers them; empty elsewhere.</summary>
    public IReadOnlyList<Digest> PulledAs { get; init; } = [];

    /// <summary>The digests by which this very image may be named at a registry.</summary>
    public IEnumerable<Digest> ManifestDigests =>
        new[] { Schema1?.PayloadDigest, ManifestBytes?.Digest, Root?.Digest }.OfType<Digest>().Concat(PulledAs).Distinct();
}

/// <summary>One layer by its promises.</summary>
/// <param name="Packed">As a registry would serve it; null where only the tar is kept. Of schema 1 the size is -1: nobody says it.</param>
/// <param name="DiffId">Null for schema 1.</param>
public sealed record FormLayer(Descriptor? Packed, DiffId? DiffId)
{
    public static FormLayer Of(Schema1Layer layer) =>
        new(new Descriptor(MediaType.DockerLayerGzip, layer.Digest, -1), layer.Digest == Schema1Layer.EmptyBlob ? Schema1Layer.EmptyTar : null);
}
