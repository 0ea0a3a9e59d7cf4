using System.IO.Compression;

namespace AppPreflight.Archive;

/// <summary>Unpacks gzip with the framework's own decoder, where ISA-L is not installed: the same verdicts, slower.</summary>
internal sealed class ManagedGzipTar(Stream packed) : ReadOnlyStream
{
    private readonly GZipStream gzip = new(new SealedGzip(packed), CompressionMode.Decompress);
    private readonly byte[] window = new byte[(64 << 10) + SealedGzip.SealBytes];
    private int start;
    private int end;

    /// <exception cref="InvalidDataException">No gzip, cut, or something else behind its end.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // the last bytes are held back, they may be the seal
        while (end - start <= SealedGzip.SealBytes)
        {
            window.AsSpan(start, end - start).CopyTo(window);
            (start, end) = (0, end - start);
            var more = await gzip.ReadAsync(window.AsMemory(end), cancellationToken);
            if (more == 0) return End();
            end += more;
        }

        var count = Math.Min(buffer.Length, end - start - SealedGzip.SealBytes);
        window.AsMemory(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await gzip.DisposeAsync();
        await base.DisposeAsync();
    }

    private int End()
    {
        if (!window.AsSpan(start, end - start).SequenceEqual(SealedGzip.Seal))
            throw new InvalidDataException("the gzip stream is cut, or has something else behind its end");
        return 0;
    }
}
