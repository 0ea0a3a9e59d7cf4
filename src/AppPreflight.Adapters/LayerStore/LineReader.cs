using AppPreflight.Archive;

namespace AppPreflight.LayerStore;

/// <summary>Cuts a stream into lines, as tar-split's own reader does (storage/packer.go: one JSON value a line), without a copy of its own.</summary>
internal sealed class LineReader(Stream stream, int maxLineBytes, long maxBytes) : IDisposable
{
    private const int StartBytes = 128 * 1024;

    private readonly GrowingBuffer buffer = new(StartBytes);
    private int start;
    private int end;
    private long total;
    private bool ended;

    /// <summary>The next line without its line feed, good until the next call; false at the end.</summary>
    /// <exception cref="InvalidDataException">A line or the whole is larger than the bounds.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var found = buffer.Bytes.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = Take(searched + found, 1);
                return true;
            }

            searched = end - start;
            if (searched > maxLineBytes) throw new InvalidDataException($"One entry of the tar-split is larger than {maxLineBytes} bytes.");
            if (!Fill())
            {
                line = Take(searched, 0);
                return searched > 0;
            }
        }
    }

    public void Dispose()
    {
        buffer.Dispose();
        stream.Dispose();
    }

    private ReadOnlySpan<byte> Take(int length, int more)
    {
        var line = buffer.Bytes.AsSpan(start, length);
        start += length + more;
        return line;
    }

    private bool Fill()
    {
        if (ended) return false;
        buffer.Bytes.AsSpan(start, end - start).CopyTo(buffer.Bytes);
        (start, end) = (0, end - start);
        buffer.Ensure(end + StartBytes / 2, end);
        var count = stream.Read(buffer.Bytes, end, buffer.Bytes.Length - end);
        ended = count == 0;
        end += count;
        total += count;
        if (total > maxBytes) throw new InvalidDataException($"The tar-split is larger than {maxBytes} bytes.");
        return !ended;
    }
}
