namespace AppPreflight.Archive;

/// <summary>Reads the header of one gzip member, in whatever pieces it comes.</summary>
/// <remarks>
/// Source: RFC 1952, section 2.3; where it leaves a choice zlib's inflate.c: reserved flags are refused, and a CRC-16 of the header is checked.
/// </remarks>
internal sealed class GzipHeader
{
    private const int HasCrc = 2;
    private const int HasExtra = 4;
    private const int HasName = 8;
    private const int HasComment = 16;
    private const int Reserved = 0xE0;

    private readonly byte[] start = new byte[10];
    private Part part;
    private int length;
    private int value;
    private int toSkip;
    private uint crc;

    private enum Part
    {
        Start,
        ExtraLength,
        Extra,
        Name,
        Comment,
        Crc,
        End,
    }

    public bool IsComplete => part == Part.End;

    public void Reset() => (part, length, crc) = (Part.Start, 0, 0);

    /// <returns>How many of these bytes belong to the header.</returns>
    /// <exception cref="InvalidDataException">This is no gzip header.</exception>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length && !IsComplete)
        {
            var before = part;
            var count = ReadPart(bytes[taken..]);
            if (before != Part.Crc) crc = IsalInflate.Crc32(crc, bytes.Slice(taken, count));
            taken += count;
            if (part != before) Enter();
        }

        return taken;
    }

    private int ReadPart(ReadOnlySpan<byte> bytes) => part switch
    {
        Part.Start => ReadStart(bytes[0]),
        Part.ExtraLength or Part.Crc => ReadNumber(bytes[0]),
        Part.Extra => Skip(bytes.Length),
        _ => SkipText(bytes),
    };

    private int ReadStart(byte next)
    {
        start[length++] = next;
        var isHeader = length switch { 1 => next == 0x1F, 2 => next == 0x8B, 3 => next == 8, 4 => (next & Reserved) == 0, _ => true };
        if (!isHeader) throw new InvalidDataException("a gzip stream has something else behind its end, or a header nobody knows");
        if (length == start.Length) part = Part.ExtraLength;
        return 1;
    }

    // two bytes, the low one first
    private int ReadNumber(byte next)
    {
        value |= next << (8 * length);
        if (++length == 2) part++;
        return 1;
    }

    private int Skip(int available)
    {
        var count = Math.Min(toSkip, available);
        toSkip -= count;
        if (toSkip == 0) part++;
        return count;
    }

    private int SkipText(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        if (end < 0) return bytes.Length;
        part++;
        return end + 1;
    }

    // goes on to the next part this header has
    private void Enter()
    {
        var flags = start[3];
        if (part == Part.Extra) toSkip = value;
        if (part == Part.ExtraLength && (flags & HasExtra) == 0) part = Part.Name;
        if (part == Part.Extra && toSkip == 0) part = Part.Name;
        if (part == Part.Name && (flags & HasName) == 0) part = Part.Comment;
        if (part == Part.Comment && (flags & HasComment) == 0) part = Part.Crc;
        if (part == Part.Crc && (flags & HasCrc) == 0) part = Part.End;
        else if (part == Part.End && value != (crc & 0xFFFF)) throw new InvalidDataException("a gzip header does not have the CRC it names");
        (value, length) = (0, 0);
    }
}
