using System.Buffers.Binary;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>How large a layer's tar is, told by a few bytes of its packed form.</summary>
/// <remarks>
/// Sources: RFC 1952, section 2.3.1 (ISIZE: the size modulo 2^32 stands in the last four bytes) and RFC 8878, section 3.1.1.1 (frame header).
/// Both speak of one member or frame; where there are several the size they name is too small, which shows as long as it is below the packed one.
/// </remarks>
internal static class UnpackedSize
{
    private const int GzipTrailer = 8;
    private const int ZstdHeader = 18;
    private const int TarBlock = 512;
    private const long Modulus = 1L << 32;

    /// <summary>First and last byte to ask for; null where there is nothing to ask.</summary>
    public static (long First, long Last)? PartOf(Descriptor layer) => MediaType.Compression(layer.MediaType) switch
    {
        LayerCompression.Gzip when layer.SizeBytes > GzipTrailer => (layer.SizeBytes - GzipTrailer, layer.SizeBytes - 1),
        LayerCompression.Zstd when layer.SizeBytes > 0 => (0, Math.Min(layer.SizeBytes, ZstdHeader) - 1),
        _ => null,
    };

    /// <param name="part">The bytes of <see cref="PartOf"/>.</param>
    /// <param name="mostRatio">How many bytes one packed byte may plausibly stand for.</param>
    /// <returns>Null when they do not tell.</returns>
    public static long? Read(Descriptor layer, ReadOnlySpan<byte> part, int mostRatio) =>
        MediaType.Compression(layer.MediaType) == LayerCompression.Zstd ? OfZstd(layer, part) : OfGzip(layer, part, mostRatio);

    private static long? OfGzip(Descriptor layer, ReadOnlySpan<byte> trailer, int mostRatio)
    {
        if (trailer.Length != GzipTrailer) return null;
        var size = (long)BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        var least = LeastOf(layer.SizeBytes);
        if (size >= least) return size;
        // eight zeros: an empty last member (eStargz), or the end of a tar that nobody packed
        if (size % TarBlock != 0 || !trailer.ContainsAnyExcept((byte)0)) return null;
        size += (least - size + Modulus - 1) / Modulus * Modulus;
        return size / mostRatio > layer.SizeBytes ? null : size;
    }

    // deflate grows what it cannot pack by five bytes in each 16 KiB at the worst; a header may have a name
    private static long LeastOf(long packed) => packed - (packed / (16 << 10) * 5) - 1024;

    private static long? OfZstd(Descriptor layer, ReadOnlySpan<byte> header)
    {
        if (header is not [0x28, 0xB5, 0x2F, 0xFD, var flags, ..]) return null;
        var isSingleSegment = (flags & 0x20) != 0;
        var dictionaryBytes = (flags & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        var sizeBytes = (flags >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        var at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
        if (sizeBytes == 0 || header.Length < at + sizeBytes) return null;
        var size = Number(header.Slice(at, sizeBytes));
        // a frame of less than it was packed into is not the only one
        return size >= 0 && size >= LeastOf(layer.SizeBytes) ? size : null;
    }

    private static long Number(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        // two bytes start behind what one could say
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes) + 256,
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };
}
