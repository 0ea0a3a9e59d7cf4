using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Layouts;

/// <summary>From the list of contents of an archive of <c>docker save</c> to one image's configuration and its layers' tars.</summary>
/// <remarks>Source: Docker image specification v1.2; moby image/tarexport/load.go.</remarks>
internal sealed class SavedReader(HeldFiles files)
{
    public const string Contents = "manifest.json";

    /// <exception cref="Ports.SourceException">As <see cref="Ports.IImageCopies.DescribeAsync"/> has it.</exception>
    public async Task<ImageForm> ReadAsync(string name, string? tag, CancellationToken cancellationToken)
    {
        var saved = await ChooseAsync(tag, cancellationToken);
        var bytes = await files.ReadAsync(saved.Config, ImageConfig.MaxBytes, ImagePart.Config, cancellationToken)
            ?? throw files.Complaint.Of(Fault.Missing, ImagePart.Config, $"lacks the configuration {Quote.Short(saved.Config)}");
        var digest = Digest.Of(bytes);
        if (saved.Promised is { } promised && promised != digest) throw files.Complaint.Corrupt(ImagePart.Config, $"the configuration {Quote.Short(saved.Config)}", promised.ToString(), digest.ToString());
        var config = files.Complaint.Parse(ImagePart.Config, () => ConfigDetails.Parse(bytes));
        if (config.DiffIds.Count != saved.Layers.Count)
            throw files.Complaint.Of(Fault.Malformed, ImagePart.Config, $"can't be read as an image: {Contents} has {saved.Layers.Count} layers and the configuration {config.DiffIds.Count}");
        return new(name, ImagePlace.Archive) { ConfigDigest = digest, Config = config, Layers = [.. config.DiffIds.Select(diffId => new FormLayer(null, diffId))] };
    }

    /// <summary>The files with the layers' tars, base first.</summary>
    public async Task<IReadOnlyList<string>> LayersAsync(string? tag, CancellationToken cancellationToken) => (await ChooseAsync(tag, cancellationToken)).Layers;

    private async Task<SavedImage> ChooseAsync(string? tag, CancellationToken cancellationToken)
    {
        var bytes = await files.ReadAsync(Contents, ImageManifest.MaxBytes, ImagePart.Manifest, cancellationToken)
            ?? throw files.Complaint.Of(Fault.Unsupported, $"holds no saved image: neither {LayoutReader.Contents} nor {Contents}");
        var images = files.Complaint.Parse(ImagePart.Manifest, () => SavedImage.ParseAll(bytes));
        return images[ImageChoice.Of([.. images.Select(image => new ListedImage(image.Promised?.ToString() ?? image.Config, image.Names))], tag, files.Complaint)];
    }
}
