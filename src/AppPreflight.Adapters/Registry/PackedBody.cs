using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>A layer as it comes: each chunk is counted and hashed before anybody unpacks it.</summary>
internal sealed class PackedBody(ResumableBody body, Descriptor layer, IProgress<long>? progress, Crew crew, int chunkBytes = PackedBody.Chunk)
    : ReadOnlyStream
{
    private const int Chunk = 256 << 10;

    private readonly HashLane lane = new(layer.Digest.HashName, chunkBytes, crew);
    private ReadOnlyMemory<byte> unread;

    /// <summary>Bytes that came so far.</summary>
    public long SizeBytes => body.SizeBytes;

    /// <returns>Some bytes, to be read until the next call; none at the end.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        var next = unread.IsEmpty ? await lane.TakeAsync(await FillAsync(cancellationToken)) : unread;
        unread = default;
        return next;
    }

    /// <summary>Gives bytes back to be read once more; they are not hashed again.</summary>
    public void Return(ReadOnlyMemory<byte> bytes) => unread = bytes;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var next = await NextAsync(cancellationToken);
        var count = Math.Min(next.Length, buffer.Length);
        next[..count].CopyTo(buffer);
        unread = next[count..];
        return count;
    }

    /// <summary>Hashes what nobody unpacks.</summary>
    public async Task<Digest> FinishAsync(CancellationToken cancellationToken)
    {
        unread = default;
        while (!(await NextAsync(cancellationToken)).IsEmpty)
        {
        }

        return await lane.FinishAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await lane.DisposeAsync();
        await base.DisposeAsync();
    }

    // one byte past the promise is enough to know that it is broken
    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        var buffer = lane.Buffer;
        buffer = buffer[..(int)Math.Min(buffer.Length, layer.SizeBytes + 1 - body.SizeBytes)];
        var count = 0;
        while (count < buffer.Length)
        {
            var more = await body.ReadAsync(buffer[count..], cancellationToken);
            if (more == 0) break;
            count += more;
            progress?.Report(body.SizeBytes);
        }

        return count;
    }
}
