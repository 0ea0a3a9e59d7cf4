using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Ports;

/// <summary>Copies of images at one place (a registry, an engine, files of this host), to be compared: read only, nothing is kept of them.</summary>
public interface IImageCopies
{
    /// <summary>All documents of one copy; no layer is read.</summary>
    /// <param name="name">As that place names images: a reference; a tag, repository@digest or id; a folder or file, with ":TAG" where it holds several.</param>
    /// <param name="platform">Of several images the one for this platform; where there is none, the first.</param>
    /// <exception cref="SourceException">
    /// Missing, Denied, Throttled, Unreachable; Corrupt: bytes against their digest; Malformed; Unsupported: nothing that is an image; Refused: several images and no TAG.
    /// </exception>
    Task<ImageForm> DescribeAsync(string name, Platform platform, CancellationToken cancellationToken);

    /// <summary>Reads some layers through, proves them by their digests and diff ids as far as those are promised, and takes their files down.</summary>
    /// <param name="image">From <see cref="DescribeAsync"/> of the same place.</param>
    /// <param name="layers">Which, by their places in <see cref="ImageForm.Layers"/>.</param>
    /// <param name="progress">Bytes read so far, of all of them, as they are packed there.</param>
    /// <returns>In the order asked for.</returns>
    /// <exception cref="SourceException">As above; and Corrupt where what came is not what was promised, packed or unpacked.</exception>
    Task<IReadOnlyList<LayerFiles>> ListLayersAsync(
        ImageForm image, IReadOnlyList<int> layers, IProgress<long>? progress, CancellationToken cancellationToken);
}
