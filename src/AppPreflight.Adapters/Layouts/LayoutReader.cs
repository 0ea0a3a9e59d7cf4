using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Layouts;

/// <summary>From the list of contents of an OCI layout to one image's documents, each proven by the descriptor that leads to it.</summary>
/// <remarks>Source: OCI image-spec v1.1 image-layout.md. A layout need not hold all that its indexes name: engines save one platform of many.</remarks>
internal sealed class LayoutReader(HeldFiles files)
{
    public const string Contents = "index.json";
    private const int MostNested = 4;

    /// <summary>The file of some content.</summary>
    public static string BlobName(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <exception cref="Ports.SourceException">As <see cref="Ports.IImageCopies.DescribeAsync"/> has it.</exception>
    public async Task<ImageForm> ReadAsync(string name, ImagePlace place, string? tag, Platform platform, CancellationToken cancellationToken)
    {
        var root = await RootAsync(tag, cancellationToken);
        var chosen = root;
        for (var depth = 0; MediaType.IsIndex(KindOf(chosen)); depth++)
        {
            if (depth == MostNested) throw files.Complaint.Of(Fault.Unsupported, $"has indexes within indexes, more than {MostNested} deep");
            chosen = await ChooseAsync(IndexOf(chosen), platform, cancellationToken);
        }

        if (!MediaType.IsManifest(KindOf(chosen))) throw files.Complaint.Of(Fault.Unsupported, $"holds a document of the kind '{Quote.Short(KindOf(chosen), 100)}', which is no image manifest");
        var manifest = files.Complaint.Parse(ImagePart.Manifest, () => ImageManifest.Parse(chosen));
        var config = await ConfigAsync(manifest, cancellationToken);
        return new(name, place)
        {
            Root = root,
            Index = MediaType.IsIndex(KindOf(root)) ? IndexOf(root) : null,
            ManifestBytes = chosen,
            Manifest = manifest,
            ManifestFields = files.Complaint.Parse(ImagePart.Manifest, () => ManifestFields.Of(chosen)),
            ConfigDigest = manifest.Config.Digest,
            Config = config,
            Layers = [.. manifest.Layers.Zip(config.DiffIds, (packed, diffId) => new FormLayer(packed, diffId))],
        };
    }

    private async Task<Served> RootAsync(string? tag, CancellationToken cancellationToken)
    {
        var bytes = await files.ReadAsync(Contents, ImageManifest.MaxBytes, ImagePart.Manifest, cancellationToken)
            ?? throw files.Complaint.Of(Fault.Unsupported, $"is no OCI image layout: it has no {Contents}");
        var contents = files.Complaint.Parse(ImagePart.Manifest, () => LayoutIndex.Parse(bytes));
        if (tag is null && contents.IsOneIndex) return Served.Of(bytes, MediaType.OciIndex);
        List<LayoutEntry> images = [.. contents.Entries.Where(entry => !entry.Target.IsAttestation)];
        var chosen = ImageChoice.Of([.. images.Select(entry => new ListedImage(entry.Target.Digest.ToString(), entry.Names))], tag, files.Complaint);
        return await DocumentAsync(images[chosen].Target, cancellationToken) ?? throw Lacks(images[chosen].Target);
    }

    /// <summary>The image for the platform; where the layout lacks it the next best that is there.</summary>
    private async Task<Served> ChooseAsync(ImageIndex index, Platform platform, CancellationToken cancellationToken)
    {
        List<Descriptor> entries = [.. index.Manifests.Where(entry => !entry.IsAttestation && entry.Platform?.Os != "unknown").OrderBy(entry => MediaType.IsIndex(entry.MediaType))];
        if (entries.Count == 0) throw files.Complaint.Of(Fault.Unsupported, "holds an index without any image");
        if (index.Select(platform) is { } best) entries.Insert(0, best);
        foreach (var entry in entries)
            if (await DocumentAsync(entry, cancellationToken) is { } document) return document;
        throw Lacks(entries[0]);
    }

    private async Task<ConfigDetails> ConfigAsync(ImageManifest manifest, CancellationToken cancellationToken)
    {
        var bytes = await BlobAsync(manifest.Config, ImageConfig.MaxBytes, ImagePart.Config, "the configuration", cancellationToken)
            ?? throw files.Complaint.Of(Fault.Missing, ImagePart.Config, $"lacks the configuration {manifest.Config.Digest}");
        try
        {
            var config = ConfigDetails.Parse(bytes);
            return config.DiffIds.Count == manifest.Layers.Count ? config
                : throw new FormatException($"the manifest has {manifest.Layers.Count} layers and the configuration {config.DiffIds.Count}");
        }
        catch (FormatException fault) when (!MediaType.IsConfig(manifest.Config.MediaType))
        {
            throw files.Complaint.Of(Fault.Unsupported, ImagePart.Config, $"holds no container image: its configuration is of the kind '{Quote.Short(manifest.Config.MediaType, 100)}'", fault);
        }
        catch (FormatException fault)
        {
            throw files.Complaint.Of(Fault.Malformed, ImagePart.Config, $"can't be read as an image: {fault.Message}", fault);
        }
    }

    /// <returns>Null if it is not there.</returns>
    private async Task<Served?> DocumentAsync(Descriptor promised, CancellationToken cancellationToken) =>
        await BlobAsync(promised, ImageManifest.MaxBytes, ImagePart.Manifest, "the document", cancellationToken) is { } bytes
            ? new(bytes, promised.MediaType, promised.Digest)
            : null;

    private async Task<byte[]?> BlobAsync(Descriptor promised, int mostBytes, ImagePart part, string what, CancellationToken cancellationToken)
    {
        if (await files.ReadAsync(BlobName(promised.Digest), mostBytes, part, cancellationToken) is not { } bytes) return null;
        if (bytes.Length != promised.SizeBytes) throw files.Complaint.Corrupt(part, $"{what} {promised.Digest}", $"{promised.SizeBytes} bytes", $"{bytes.Length} bytes");
        var digest = Digest.Of(bytes, promised.Digest);
        return digest == promised.Digest ? bytes : throw files.Complaint.Corrupt(part, $"{what} {promised.Digest}", promised.Digest.ToString(), digest.ToString());
    }

    private string KindOf(Served document) => files.Complaint.Parse(ImagePart.Manifest, () => ImageManifest.KindOf(document));

    private ImageIndex IndexOf(Served document) => files.Complaint.Parse(ImagePart.Manifest, () => ImageIndex.Parse(document));

    private Ports.SourceException Lacks(Descriptor promised) => files.Complaint.Of(Fault.Missing, $"lacks {promised.Digest}, which it lists");
}
