using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Json;
using AppPreflight.Archive;

namespace AppPreflight.LayerStore;

internal enum TarSplitPiece : byte
{
    None,
    Segment,
    File,
}

/// <summary>
/// Reads a tar-split piece by piece: what an engine keeps of a layer's tar beside the files (github.com/vbatts/tar-split, tar/storage/entry.go).
/// Each line is one JSON object; positions count from 0 without a gap (storage/packer.go), so that a lost line is noticed.
/// </summary>
/// <remarks>
/// Synchronous on purpose: it runs on the threads of the layer readers, where a wait costs nothing and an async frame for each of 20 000
/// pieces would. Stricter than the engine, which takes a broken last line for the end: a cut stream must never pass for a short layer.
/// Nothing here can tell that whole lines are missing at the end of a stream made anew; the layer's SHA-256 tells that.
/// </remarks>
/// <exception cref="InvalidDataException">From <see cref="Read"/>: the stream is cut, altered or beyond the bounds; one sentence.</exception>
internal sealed class TarSplitReader : IDisposable
{
    /// <summary>One JSON value. The largest honest one is a PAX header with many attributes or the padding behind a tar's end.</summary>
    public const int MaxValueBytes = 16 * 1024 * 1024;

    /// <summary>The whole JSON stream.</summary>
    public const long MaxBytes = 4L * 1024 * 1024 * 1024;

    /// <summary>A name in a tar; the kernel takes paths of 4095 bytes.</summary>
    public const int MaxNameBytes = 4096;

    /// <summary>Two for each file: four million are a layer of two million files.</summary>
    public const int MaxPieces = 4_000_000;

    private const int FileType = 1;
    private const int SegmentType = 2;
    private const int ChecksumBytes = 8;

    private readonly LineReader lines;
    private readonly GrowingBuffer payload = new(4096);
    private readonly GrowingBuffer name = new(MaxNameBytes);
    private int pieces;

    // of the line that is being read
    private Seen seen;
    private int type;
    private long size;
    private long position;
    private int payloadLength;
    private int nameLength;

    private TarSplitReader(Stream json) => lines = new(json, MaxValueBytes, MaxBytes);

    [Flags]
    private enum Seen : byte
    {
        None = 0,
        Type = 1,
        Name = 2,
        Size = 4,
        Payload = 8,
        Position = 16,
    }

    public TarSplitPiece Piece { get; private set; }

    /// <summary>Raw bytes of the tar; of a segment only, and only until the next <see cref="Read"/>.</summary>
    public ReadOnlyMemory<byte> Segment => Piece == TarSplitPiece.Segment ? payload.Bytes.AsMemory(0, payloadLength) : default;

    /// <summary>Name of the file piece as the tar has it; only until the next <see cref="Read"/>.</summary>
    public ReadOnlyMemory<byte> Name => Piece == TarSplitPiece.File ? name.Bytes.AsMemory(0, nameLength) : default;

    /// <summary>Bytes the file piece speaks of; 0 for all that has no content (but see <see cref="LayerEntry.HasContent"/>).</summary>
    public long Size => Piece == TarSplitPiece.File ? size : 0;

    /// <summary>CRC-64 (<see cref="Crc64"/>) of the content; 0 without content.</summary>
    public ulong Checksum { get; private set; }

    /// <summary>Bytes as they lie in layerdb (tar-split.json.gz): a whole gzip file. Closes the stream with itself.</summary>
    public static TarSplitReader Open(Stream gzip) => new(new WholeGzip(gzip));

    /// <summary>The JSON stream itself, unpacked. Closes the stream with itself.</summary>
    public static TarSplitReader OverJson(Stream json) => new(json);

    /// <summary>Goes on to the next piece; false at the end of a whole stream.</summary>
    public bool Read()
    {
        (Piece, Checksum) = (TarSplitPiece.None, 0);
        // of no piece at all is the tar of no bytes
        if (!lines.TryRead(out var line)) return false;
        if (pieces == MaxPieces) throw new InvalidDataException($"The tar-split has more than {MaxPieces} entries.");
        try
        {
            ReadLine(line);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw Broken("is not the JSON that an engine writes");
        }

        Accept();
        pieces++;
        return true;
    }

    public void Dispose()
    {
        Piece = TarSplitPiece.None;
        lines.Dispose();
        payload.Dispose();
        name.Dispose();
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        (seen, type, size, position, payloadLength, nameLength) = (Seen.None, 0, 0, -1, 0, 0);
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 1 });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw Broken("is no object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("type"u8)) type = (int)Number(ref json, Seen.Type, int.MaxValue);
            else if (json.ValueTextEquals("payload"u8)) ReadPayload(ref json);
            else if (json.ValueTextEquals("position"u8)) position = Number(ref json, Seen.Position, long.MaxValue);
            else if (json.ValueTextEquals("size"u8)) size = Number(ref json, Seen.Size, long.MaxValue);
            else if (json.ValueTextEquals("name"u8)) ReadName(ref json, encoded: false);
            else if (json.ValueTextEquals("name_raw"u8)) ReadName(ref json, encoded: true);
            else throw Broken("has a field that no engine writes");
        }

        // nothing may follow the object
        json.Read();
    }

    private void Accept()
    {
        if (!seen.HasFlag(Seen.Type | Seen.Payload | Seen.Position)) throw Broken("lacks a field");
        if (position != pieces) throw Broken($"says it is entry {position}");
        if (type == SegmentType) AcceptSegment();
        else if (type == FileType) AcceptFile();
        else throw Broken($"is of the unknown type {type}");
    }

    private void AcceptSegment()
    {
        if ((seen & (Seen.Name | Seen.Size)) != Seen.None) throw Broken("is neither raw bytes nor a file");
        Piece = TarSplitPiece.Segment;
    }

    // disassemble.go: a checksum where there is content, none where not; a name may be empty
    private void AcceptFile()
    {
        if (payloadLength != (size > 0 ? ChecksumBytes : 0)) throw Broken("has no checksum of eight bytes");
        if (size > 0) Checksum = BinaryPrimitives.ReadUInt64BigEndian(payload.Bytes);
        Piece = TarSplitPiece.File;
    }

    private long Number(ref Utf8JsonReader json, Seen field, long most)
    {
        Note(field);
        if (!json.Read() || json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0 || number > most)
            throw Broken("has a number out of range");
        return number;
    }

    // base64; null where Go had no bytes at all
    private void ReadPayload(ref Utf8JsonReader json)
    {
        Note(Seen.Payload);
        if (!json.Read() || json.TokenType is not (JsonTokenType.String or JsonTokenType.Null)) throw Broken("has a payload that is no text");
        if (json.TokenType == JsonTokenType.String) payloadLength = Decode(ref json, payload);
    }

    private void ReadName(ref Utf8JsonReader json, bool encoded)
    {
        Note(Seen.Name);
        if (!json.Read() || json.TokenType != JsonTokenType.String) throw Broken("has a name that is no text");
        nameLength = encoded ? Decode(ref json, name) : Unescape(ref json, name);
        if (nameLength > MaxNameBytes) throw Broken($"has a name of more than {MaxNameBytes} bytes");
    }

    private int Decode(ref Utf8JsonReader json, GrowingBuffer into)
    {
        var length = Unescape(ref json, into);
        if (Base64.DecodeFromUtf8InPlace(into.Bytes.AsSpan(0, length), out var written) != OperationStatus.Done) throw Broken("has broken base64");
        return written;
    }

    private static int Unescape(ref Utf8JsonReader json, GrowingBuffer into)
    {
        into.Ensure(json.ValueSpan.Length, 0);
        return json.CopyString(into.Bytes);
    }

    private void Note(Seen field)
    {
        if (seen.HasFlag(field)) throw Broken("has a field twice");
        seen |= field;
    }

    private InvalidDataException Broken(string what) => new($"Entry {pieces} of the tar-split {what}.");
}
