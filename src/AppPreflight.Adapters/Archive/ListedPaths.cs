using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Archive;

/// <summary>Finished listings of one image's layers; they are all in memory at once, so all together are bounded.</summary>
internal sealed class ListedPaths
{
    /// <summary>Of all layers.</summary>
    private const int Most = 4_000_000;

    private int paths;

    /// <param name="place">The layer's, in its image.</param>
    /// <param name="readBytes">Of the layer, as it was packed.</param>
    public LayerFiles Of(int place, DiffId diffId, LayerListing listing, long readBytes)
    {
        var listed = listing.Finish();
        var isTooMuch = Interlocked.Add(ref paths, listed.Count) > Most;
        return new(place, diffId, isTooMuch ? [] : listed)
        {
            ReadBytes = readBytes,
            Untold = isTooMuch ? $"The image has more than {Most} paths." : listing.Untold,
        };
    }
}
