using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>
/// Takes down the files of those layers of an export that somebody wants. Which file is which layer only its digest says, and that comes
/// last: so the files of every layer are taken down, one layer at a time, and let go again at once where nobody wants them.
/// </summary>
internal sealed class WantedLayers(IEnumerable<DiffId> wanted)
{
    private readonly HashSet<Digest> missing = [.. wanted.Select(diffId => diffId.Value)];
    private readonly Dictionary<Digest, LayerFiles> found = [];
    private readonly ListedPaths paths = new();

    /// <summary>All are found: whatever still comes is of no use.</summary>
    public bool IsComplete => missing.Count == 0;

    /// <param name="layer">The place it has in its image.</param>
    /// <returns>Null: the export did not have it.</returns>
    public LayerFiles? Find(DiffId diffId, int layer) => found.TryGetValue(diffId.Value, out var files) ? files with { Layer = layer } : null;

    /// <summary>What the file at this path, a tar perhaps, is to be read into; null when it can be none of the wanted.</summary>
    /// <param name="isPacked">Then a blob's name is not its diff id.</param>
    public LayerListing? Begin(string path, bool isPacked) => IsComplete || path.EndsWith(".json", StringComparison.Ordinal) || (!isPacked && IsOther(path)) ? null : new();

    /// <param name="listing">From <see cref="Begin"/>, the whole tar went through it.</param>
    /// <param name="unpacked">The tar's digest; null when it could not be unpacked.</param>
    public void End(LayerListing listing, Digest? unpacked, long packedBytes)
    {
        if (unpacked is null || !missing.Remove(unpacked)) return;
        found[unpacked] = paths.Of(0, new DiffId(unpacked), listing, packedBytes);
    }

    // OCI layout: a blob's name is its digest, and a wrong name is found by whoever reads all
    private bool IsOther(string path) =>
        path.StartsWith(ExportedFiles.BlobFolder, StringComparison.Ordinal)
        && Digest.TryParse("sha256:" + path[ExportedFiles.BlobFolder.Length..]) is { } named && !missing.Contains(named);
}
