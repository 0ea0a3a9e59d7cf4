using AppPreflight.Archive;

namespace AppPreflight.LayerStore;

/// <summary>
/// Collects the raw bytes between two file pieces and reads the headers among them: the padding of the content before, PAX and GNU headers
/// that speak of the next one, and the entry's own. The rules are those of Go's archive/tar (Reader.next), of which both the engine's unpacker
/// and tar-split are users.
/// </summary>
/// <exception cref="InvalidDataException">From every method: no headers, or not of this file piece; one sentence.</exception>
internal sealed class TarHeaderReader : IDisposable
{
    /// <summary>Bytes between two file pieces.</summary>
    public const int MaxBytes = 2 * TarSplitReader.MaxValueBytes;

    private readonly GrowingBuffer pending = new(16 * TarField.BlockBytes);
    private int length;
    private int padding;
    private bool lost;

    /// <summary>The next raw bytes of the tar, in order.</summary>
    public void Add(ReadOnlySpan<byte> segment)
    {
        if (segment.Length > MaxBytes - length) throw new InvalidDataException($"The tar has more than {MaxBytes} bytes between two files.");
        pending.Ensure(length + segment.Length, length);
        segment.CopyTo(pending.Bytes.AsSpan(length));
        length += segment.Length;
    }

    /// <summary>The entry whose headers end here, where a file piece of this name and size begins.</summary>
    /// <remarks>
    /// The name and size must be those of the headers. The layer's digest covers the headers, nothing covers the file piece, and the engine
    /// looks for the content under the piece's name. Behind a sparse file there is no telling where headers begin.
    /// </remarks>
    public LayerEntry Complete(ReadOnlySpan<byte> name, long size)
    {
        if (lost) throw new InvalidDataException("Headers behind a sparse file can't be found.");
        ReadOnlySpan<byte> bytes = pending.Bytes.AsSpan(0, length);
        length = 0;
        Take(ref bytes, padding);
        var entry = ReadEntry(ref bytes, size);
        if (entry.Type == EntryType.Sparse)
        {
            lost = true;
            return entry;
        }

        if (!bytes.IsEmpty) throw new InvalidDataException("The tar has bytes between a header and its file.");
        if (!name.SequenceEqual(entry.Name)) throw new InvalidDataException($"The tar-split calls {LayerPath.Show(name)} what its header calls {LayerPath.Show(entry.Name)}.");
        if (size != entry.Size) throw new InvalidDataException($"The tar-split has {size} bytes for {LayerPath.Show(name)}, its header {entry.Size}.");
        return entry;
    }

    public void Dispose() => pending.Dispose();

    private LayerEntry ReadEntry(ref ReadOnlySpan<byte> bytes, long size)
    {
        PaxRecords? pax = null;
        byte[]? longName = null, longLink = null;
        while (true)
        {
            var header = new TarHeader(Take(ref bytes, TarField.BlockBytes));
            switch (header.Type)
            {
                case (byte)'x':
                    pax = PaxRecords.Read(TakeContent(ref bytes, header.Size));
                    break;
                case (byte)'L':
                    longName = TarField.Text(TakeContent(ref bytes, header.Size)).ToArray();
                    break;
                case (byte)'K':
                    longLink = TarField.Text(TakeContent(ref bytes, header.Size)).ToArray();
                    break;
                case (byte)'g':
                    return ReadGlobal(header.Name(), header.Size, ref bytes, size);
                default:
                    return Settle(LayerEntry.Of(header, pax, longName, longLink));
            }
        }
    }

    // its records are for the entries behind it, and no engine heeds them; only the name it gives itself shows in the file piece.
    // A tar-split written by an old library has its records as a file's content.
    private LayerEntry ReadGlobal(byte[] name, long own, ref ReadOnlySpan<byte> bytes, long size)
    {
        padding = TarField.Padding(own);
        if (size == 0) name = PaxRecords.Read(Take(ref bytes, own)).Path ?? name;
        return new(name, EntryType.GlobalHeader, 0, 0, 0, size == 0 ? 0 : own, [], 0, 0, []);
    }

    private LayerEntry Settle(LayerEntry entry)
    {
        if (entry.HasContent) padding = TarField.Padding(entry.Size);
        else padding = 0;
        return entry.Size < 0 ? throw new InvalidDataException($"The tar has a negative size for {LayerPath.Show(entry.Name)}.") : entry;
    }

    private static ReadOnlySpan<byte> TakeContent(ref ReadOnlySpan<byte> bytes, long size)
    {
        var content = Take(ref bytes, size);
        Take(ref bytes, TarField.Padding(size));
        return content;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, long count)
    {
        if (count < 0 || count > bytes.Length) throw new InvalidDataException("The tar lacks bytes before a file.");
        var taken = bytes[..(int)count];
        bytes = bytes[(int)count..];
        return taken;
    }
}
