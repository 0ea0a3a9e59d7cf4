namespace AppPreflight.Archive;

/// <summary>How a tar is packed; told by its first bytes, as the engine tells it (moby pkg/archive, DetectCompression).</summary>
internal enum Packing
{
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

/// <summary>From the first bytes to what unpacks the rest.</summary>
internal static class Packings
{
    public static Packing Detect(ReadOnlySpan<byte> start) => start switch
    {
        [0x1F, 0x8B, 0x08, ..] => Packing.Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Packing.Zstd,
        // a skippable frame: moby takes it for zstd from its eighth byte on
        [>= 0x50 and <= 0x5F, 0x2A, 0x4D, 0x18, _, _, _, _, ..] => Packing.Zstd,
        [(byte)'B', (byte)'Z', (byte)'h', ..] => Packing.Bzip2,
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => Packing.Xz,
        _ => Packing.None,
    };

    /// <summary>"packed with xz, which this program cannot unpack".</summary>
    public static string Refusal(this Packing packing) =>
        $"packed with {packing.ToString().ToLowerInvariant()}, which this program cannot unpack{(packing == Packing.Zstd ? $" without {ZstdInflate.Library}" : "")}";

    /// <returns>Null for a plain tar, and for a packing that is not unpacked here.</returns>
    public static Stream? Open(this Packing packing, PackedBytes packed, Unpacking unpacking) => packing switch
    {
        Packing.Gzip => unpacking.HasIsal ? new GzipTar(packed) : new ManagedGzipTar(packed),
        Packing.Zstd when unpacking.HasZstd => new ZstdTar(packed),
        _ => null,
    };
}
