using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Layouts;

/// <summary>Images in files of this host: OCI layouts ("DIR", "DIR:TAG"), and what <c>docker save</c> and the like wrote ("FILE", "FILE:NAME").</summary>
/// <param name="place">Layout or Archive.</param>
/// <remarks>
/// Either may come from anywhere. In a folder only index.json and files named by digests are opened, none outside of it; an archive's
/// names are looked up in its own list and never reach the file system.
/// </remarks>
internal sealed class LayoutCopies(ImagePlace place, Unpacking? unpacking = null, UnpackLimits? limits = null) : IImageCopies
{
    private readonly Unpacking unpacking = unpacking ?? Unpacking.OfThisMachine;
    private readonly UnpackLimits limits = limits ?? new();

    public async Task<ImageForm> DescribeAsync(string name, Platform platform, CancellationToken cancellationToken)
    {
        var copy = CopyName.Of(name, place);
        await using var files = await OpenAsync(copy.Path, cancellationToken);
        return await DescribeAsync(files, place, name, copy.Image, platform, cancellationToken);
    }

    public async Task<IReadOnlyList<LayerFiles>> ListLayersAsync(ImageForm image, IReadOnlyList<int> layers, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var copy = CopyName.Of(image.Name, place);
        await using var files = await OpenAsync(copy.Path, cancellationToken);
        return await ListLayersAsync(files, image, copy.Image, layers, new LayerReading(files, unpacking, limits, progress), cancellationToken);
    }

    /// <summary>The same for files that lie elsewhere.</summary>
    internal static async Task<ImageForm> DescribeAsync(HeldFiles files, ImagePlace place, string name, string? tag, Platform platform, CancellationToken cancellationToken) =>
        place == ImagePlace.Layout || files.PlaceOf(LayoutReader.Contents) is not null
            ? await new LayoutReader(files).ReadAsync(name, place, tag, platform, cancellationToken)
            : await new SavedReader(files).ReadAsync(name, tag, cancellationToken);

    internal static async Task<IReadOnlyList<LayerFiles>> ListLayersAsync(
        HeldFiles files, ImageForm image, string? tag, IReadOnlyList<int> layers, LayerReading reading, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = image.Manifest is not null ? [.. image.Layers.Select(layer => LayoutReader.BlobName(layer.Packed!.Digest))]
            : await new SavedReader(files).LayersAsync(tag, cancellationToken);
        if (names.Count != image.Layers.Count) throw files.Complaint.Of(Fault.Changing, "was changed while it was read");
        return await reading.ReadAsync([.. layers.Select(layer => (layer, new PromisedLayer(names[layer], image.Layers[layer])))], cancellationToken);
    }

    private async Task<HeldFiles> OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (place == ImagePlace.Layout) return FolderFiles.Open(path);
        var complaint = new Complaint(path);
        var file = RegularFile.Open(path, complaint) ?? throw complaint.Of(Fault.Missing, "does not exist");
        return await TarFiles.OpenAsync(await TarBytes.OverAsync(file, unpacking, limits, complaint, cancellationToken), cancellationToken);
    }
}
