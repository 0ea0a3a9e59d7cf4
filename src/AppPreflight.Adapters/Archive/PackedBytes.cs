namespace AppPreflight.Archive;

/// <summary>A layer as it comes, wherever from: chunk after chunk, each counted and hashed before anybody unpacks it.</summary>
internal abstract class PackedBytes : ReadOnlyStream
{
    private ReadOnlyMemory<byte> unread;

    /// <summary>Bytes that came so far.</summary>
    public abstract long SizeBytes { get; }

    /// <returns>Some bytes, to be read until the next call; none at the end.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        var next = unread.IsEmpty ? await FetchAsync(cancellationToken) : unread;
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

    /// <summary>The next chunk, counted and hashed; empty at the end.</summary>
    protected abstract ValueTask<ReadOnlyMemory<byte>> FetchAsync(CancellationToken cancellationToken);

    /// <summary>Reads on to the end, so that what nobody unpacks is hashed too.</summary>
    protected async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        unread = default;
        while (!(await NextAsync(cancellationToken)).IsEmpty)
        {
        }
    }
}
