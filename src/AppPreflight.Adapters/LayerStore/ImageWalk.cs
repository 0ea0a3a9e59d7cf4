using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>From an image's id down to the blobs of its layers: index, manifest of the engine's platform, configuration; each hashed before it is believed.</summary>
/// <remarks>Source: moby daemon/containerd/image_inspect.go: the id is the digest of what the name leads to, an index or a manifest.</remarks>
internal sealed class ImageWalk(BlobReader blobs, StoredImage image, Platform host, CancellationToken cancellationToken)
{
    public StoredImage Image => image;

    public ImageManifest? Manifest { get; private set; }

    /// <summary>Digest of the configuration's bytes; null when they could not be read.</summary>
    public Digest? Config { get; private set; }

    public long HashedBytes { get; private set; }

    /// <summary>What stopped the way down, or is wrong on it.</summary>
    public SourceFault? Fault { get; private set; }

    public ImageWalk Run()
    {
        try
        {
            Manifest = FindManifest();
            if (Manifest is not null && ReadConfig(Manifest.Config) is { } config) Compare(Manifest, config);
        }
        catch (FormatException e)
        {
            // its bytes are what was pulled: damaged it is not, nor can anything be told of its layers
            Manifest = null;
            Fault = new(Source.Engine, Images.Fault.Malformed, $"the stored image {image.Id.Short} can't be understood: {e.Message}") { Subject = image.Id.ToString() };
        }

        return this;
    }

    private ImageManifest? FindManifest()
    {
        if (Document(image.Id, null, "manifest", ImagePart.Manifest, ImageManifest.MaxBytes) is not { } root) return null;
        var kind = ImageManifest.KindOf(root);
        if (MediaType.IsManifest(kind)) return ImageManifest.Parse(root);
        if (!MediaType.IsIndex(kind)) throw new FormatException("it is neither an index nor a manifest");
        var entry = Select(ImageIndex.Parse(root));
        return Document(entry.Digest, entry.SizeBytes, "manifest", ImagePart.Manifest, ImageManifest.MaxBytes) is { } manifest ? ImageManifest.Parse(manifest) : null;
    }

    // the engine uses what it holds of the index, its own platform first (image_inspect.go); a damaged configuration may name any other
    private Descriptor Select(ImageIndex index) =>
        (image.Platform is { } platform ? index.Select(platform) : null)
        ?? index.Select(host)
        ?? (index.Manifests.Where(entry => !entry.IsAttestation).ToList() is [{ Platform: null } only] ? only : null)
        ?? throw new FormatException($"its index has no manifest for {host}");

    private ImageConfig? ReadConfig(Descriptor config) =>
        Document(config.Digest, config.SizeBytes, "configuration", ImagePart.Config, ImageConfig.MaxBytes) is { } document ? ImageConfig.Parse(document.Bytes) : null;

    private void Compare(ImageManifest manifest, ImageConfig config)
    {
        if (manifest.Layers.Count != image.DiffIds.Count) throw new FormatException($"its manifest names {manifest.Layers.Count} layers, the engine {image.DiffIds.Count}");
        if (!config.DiffIds.SequenceEqual(image.DiffIds)) throw new FormatException("its configuration names other layers than the engine");
    }

    private Served? Document(Digest digest, long? sizeBytes, string what, ImagePart part, int mostBytes)
    {
        var reading = blobs.Read(digest, sizeBytes, mostBytes, cancellationToken);
        HashedBytes += reading.SizeBytes;
        if (part == ImagePart.Config) Config = reading.Observed;
        Fault = Wrong(reading, what) is { } fault ? fault with { Subject = digest.ToString(), Part = part } : null;
        if (Fault is not null) return null;
        if (reading.SizeBytes > mostBytes) throw new FormatException($"its {what} has {reading.SizeBytes} bytes, more than the {mostBytes} allowed");
        return new(reading.Bytes, "", digest);
    }

    private static SourceFault? Wrong(BlobReading reading, string what) => reading switch
    {
        { Fault: { } fault } => fault,
        { IsAbsent: true } => new(Source.Engine, Images.Fault.Missing, $"the {what} of this image is not in containerd's store: {ContentStore.PathOf(reading.Promised)} is missing"),
        { Damage: { } damage } => new(Source.Engine, Images.Fault.Corrupt, $"the stored {what} of this image, {damage.Path}, is not the one that was pulled")
        {
            Expected = damage.Expected,
            Observed = damage.Observed,
        },
        _ => null,
    };
}
