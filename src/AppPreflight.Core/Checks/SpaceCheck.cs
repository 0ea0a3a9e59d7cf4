using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>What the pulls will need on the engine's disk, against what is free there.</summary>
public static class SpaceCheck
{
    /// <summary>Unpacked size taken for granted while nobody tells it: system images gzip to between a half and a fourth.</summary>
    private const int GuessedRatio = 4;

    /// <summary>What one layer counts at most: a manifest may promise any number, and the sum must stay one.</summary>
    private const long MostBytes = 1L << 40;

    /// <summary>
    /// Bytes of tar for each of its entries while nobody counted them. Measured on Debian 12: 13 kB in Python's modules, 19 kB in /usr/share, 43 kB in
    /// all of /usr. It is also what mkfs.ext4 provides an inode for.
    /// </summary>
    private const int BytesPerEntry = 16 << 10;

    /// <summary>
    /// The most that an entry takes on disk beyond its part of the tar: a folder has a block of 4096 there and a header of 512 here, a file of one
    /// byte 4096 and 1024. On the average of Debian's /usr it is 1838, but a layer of nothing but small files comes close.
    /// </summary>
    private const int BytesBesideEntry = 3584;

    /// <summary>
    /// Of each layer beside its files: overlay2/ID with diff, work, link, lower, committed and its short name in l; six in layerdb; two in
    /// distribution; the download itself. Each a file of one block or a folder.
    /// </summary>
    private const int InodesPerLayer = 16;

    /// <summary>Of each image: configuration and its metadata, the cached manifest, the tables written anew beside the old ones.</summary>
    private const int InodesPerImage = 8;

    private const int BlockBytes = 4096;

    public static SpaceNeed Need(IReadOnlyList<ImageObservation> observations, EngineState? engine) =>
        Need(PullNeed.Of(observations, engine), engine?.UsesContainerdStore == true);

    /// <param name="keepsBlobs">The engine keeps what it fetched beside what it unpacked (containerd); else each download lies in its
    /// temporary folder until it is unpacked (moby distribution/pull_v2.go, Download and Close).</param>
    public static SpaceNeed Need(IReadOnlyList<PullNeed> pulls, bool keepsBlobs)
    {
        long wire = 0, unpacked = 0, stays = 0, peak = 0, inodes = 0;
        foreach (var pull in pulls.Where(pull => pull.Layers.Count > 0))
        {
            var downloads = pull.Layers.Sum(Fetched);
            wire += downloads;
            inodes += InodesPerImage;
            stays += InodesPerImage * BlockBytes;
            foreach (var layer in pull.Layers)
            {
                var (bytes, entries) = Unpacked(layer);
                unpacked += bytes;
                inodes += entries + InodesPerLayer;
                stays += bytes + entries * BytesBesideEntry + InodesPerLayer * BlockBytes;
                // all may have arrived before the first is unpacked; each goes when it has been
                peak = Math.Max(peak, stays + downloads);
                if (!keepsBlobs) downloads -= Fetched(layer);
            }

            stays += downloads;
        }

        return new(wire, peak)
        {
            UnpackedBytes = unpacked,
            Inodes = inodes,
            IsEstimate = pulls.SelectMany(pull => pull.Layers).Any(layer => layer.Layer.Proof?.Entries is null),
        };
    }

    public static IEnumerable<Finding> Look(SpaceNeed need, EngineState? engine)
    {
        if (engine is null) yield break;
        if (engine.FreeBytes is { } free && need.DiskBytes > free)
        {
            yield return new(FindingCode.SpaceShort, Verdict.Fail, engine.DataRoot, Source.Space,
                $"The images still to pull need {About(need)}{need.DiskBytes >> 20} MiB on the engine's disk; {free >> 20} MiB are free")
            {
                Expected = $"{need.DiskBytes}",
                Observed = $"{free}",
                Remedy = "docker image prune (or enlarge the disk)",
            };
        }

        if (engine.FreeInodes is { } inodes && need.Inodes > inodes)
        {
            yield return new(FindingCode.InodesShort, Verdict.Fail, engine.DataRoot, Source.Space,
                $"The images still to pull are {About(need)}{need.Inodes} files and folders on the engine's disk; its file system has room for {inodes}")
            {
                Expected = $"{need.Inodes}",
                Observed = $"{inodes}",
                Remedy = "docker image prune (or a file system with more inodes: df -i shows them, mkfs.ext4 -N sets their number)",
            };
        }
    }

    private static string About(SpaceNeed need) => need.IsEstimate ? "about " : "";

    private static long Fetched(PulledLayer layer) => layer.IsFetched ? Math.Min(layer.Layer.Descriptor.SizeBytes, MostBytes) : 0;

    private static (long Bytes, long Entries) Unpacked(PulledLayer needed)
    {
        if (!needed.IsUnpacked) return (0, 0);
        var layer = needed.Layer;
        var bytes = Math.Min(layer.Proof?.TarBytes ?? layer.UnpackedBytes ?? Math.Min(layer.Descriptor.SizeBytes, MostBytes) * GuessedRatio, MostBytes * GuessedRatio);
        return (bytes, layer.Proof?.Entries ?? bytes / BytesPerEntry);
    }
}

/// <param name="ToPullBytes">Compressed bytes on the wire.</param>
/// <param name="DiskBytes">Peak on the engine's disk while the images are pulled one after the other. What a purge frees before is not counted.</param>
public sealed record SpaceNeed(long ToPullBytes, long DiskBytes)
{
    /// <summary>Bytes of the tars of all layers to come.</summary>
    public long UnpackedBytes { get; init; }

    /// <summary>Files and folders that the layers will be, and those that the engine writes about them.</summary>
    public long Inodes { get; init; }

    /// <summary>Some layer was not read through: its unpacked size is what others say, or a guess.</summary>
    public bool IsEstimate { get; init; }

    /// <summary>Why these pulls can't be begun with what is free by now; null when they can, or nobody can tell.</summary>
    public string? Objection(EngineState now)
    {
        if (now.FreeBytes is { } free && DiskBytes > free) return $"there is no room for its replacement: {DiskBytes >> 20} MiB are needed, {free >> 20} MiB free";
        return now.FreeInodes is { } inodes && Inodes > inodes ? $"there are no inodes for its replacement: {Inodes} are needed, {inodes} free" : null;
    }
}
