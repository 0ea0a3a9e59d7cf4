using System.Buffers.Binary;
using System.Text;

namespace AppPreflight.Archive;

/// <summary>Counts a tar's entries as it passes: looks at the headers and steps over what lies between them.</summary>
/// <remarks>Forms as Go's archive/tar reads them: ustar, PAX (whose size counts, where a header has one), GNU long names and sparse maps.</remarks>
internal sealed class TarEntries
{
    private const int Block = 512;
    private const int MostPaxBytes = 64 << 10;

    private readonly byte[] header = new byte[Block];
    private byte[] pax = [];
    private int filled;
    private int paxFilled;
    private long toSkip;
    private long? paxSize;
    private long count;
    private long behindMap;
    private bool isInMap;
    private bool isOver;
    private bool isLost;

    /// <summary>Files, folders, links and devices; null when something in between was no header.</summary>
    public long? Count => isLost ? null : count;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && !isOver && !isLost)
        {
            if (toSkip > 0) bytes = Skip(bytes);
            else if (filled == 0 && bytes.Length >= Block)
            {
                Read(bytes[..Block]);
                bytes = bytes[Block..];
            }
            else bytes = Fill(bytes);
        }
    }

    private ReadOnlySpan<byte> Fill(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(Block - filled, bytes.Length);
        bytes[..taken].CopyTo(header.AsSpan(filled));
        filled += taken;
        if (filled == Block)
        {
            filled = 0;
            Read(header);
        }

        return bytes[taken..];
    }

    private ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes)
    {
        var passed = (int)Math.Min(toSkip, bytes.Length);
        if (paxFilled < pax.Length)
        {
            var kept = Math.Min(pax.Length - paxFilled, passed);
            bytes[..kept].CopyTo(pax.AsSpan(paxFilled));
            paxFilled += kept;
            if (paxFilled == pax.Length) EndPax();
        }

        toSkip -= passed;
        return bytes[passed..];
    }

    private void Read(ReadOnlySpan<byte> block)
    {
        if (isInMap)
        {
            isInMap = block[504] != 0;
            if (!isInMap) toSkip = behindMap;
            return;
        }

        // the end of the archive is a block of zeros; whatever stands behind it nobody unpacks
        isOver = !block.ContainsAnyExcept((byte)0);
        if (isOver) return;
        if (Size(block.Slice(124, 12)) is not { } size || size > long.MaxValue - Block)
        {
            isLost = true;
            return;
        }

        Step((char)block[156], size, block);
    }

    private void Step(char kind, long size, ReadOnlySpan<byte> block)
    {
        switch (kind)
        {
            case 'x' when size is > 0 and <= MostPaxBytes:
                (pax, paxFilled) = (new byte[size], 0);
                break;
            case 'x' or 'g' or 'L' or 'K':
                break;
            default:
                // only a file's size is followed by as many bytes; a header of anything else may name one all the same
                size = kind is '1' or '2' or '3' or '4' or '5' or '6' ? 0 : paxSize ?? size;
                paxSize = null;
                if (kind != '1' && !IsOpaqueMark(block)) count++;
                isInMap = kind == 'S' && block[482] != 0;
                break;
        }

        isLost |= size < 0 || size > long.MaxValue - Block;
        var padded = isLost ? 0 : (size + Block - 1) / Block * Block;
        // further blocks of the map come before the contents
        (toSkip, behindMap) = isInMap ? (0L, padded) : (padded, 0L);
    }

    // it becomes an attribute of its folder (moby pkg/archive/archive_linux.go)
    private static bool IsOpaqueMark(ReadOnlySpan<byte> block)
    {
        var name = block[..100];
        var end = name.IndexOf((byte)0);
        return (end < 0 ? name : name[..end]).EndsWith(".wh..wh..opq"u8);
    }

    // records of "LENGTH KEY=VALUE\n"; of all keys only the size matters here
    private void EndPax()
    {
        var text = Encoding.Latin1.GetString(pax);
        pax = [];
        for (var at = 0; at < text.Length;)
        {
            var space = text.IndexOf(' ', at);
            if (space < 0 || !int.TryParse(text.AsSpan(at, space - at), System.Globalization.NumberStyles.None, null, out var length) || length > text.Length - at || length <= space - at + 1)
                return;
            var record = text.AsSpan(space + 1, at + length - space - 2);
            if (record.StartsWith("size=") && long.TryParse(record[5..], System.Globalization.NumberStyles.None, null, out var size)) paxSize = size;
            at += length;
        }
    }

    // octal, or base 256 with the highest bit set
    private static long? Size(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0) return field[0] == 0x80 && field[1..4].IndexOfAnyExcept((byte)0) < 0 ? BinaryPrimitives.ReadInt64BigEndian(field[4..]) is >= 0 and var large ? large : null : null;
        long size = 0;
        foreach (var digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7') return null;
            size = size * 8 + (digit - '0');
        }

        return size;
    }
}
