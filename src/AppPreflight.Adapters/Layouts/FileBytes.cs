using AppPreflight.Archive;
using AppPreflight.Oci;

namespace AppPreflight.Layouts;

/// <summary>What is packed, as it lies in a file.</summary>
/// <param name="lane">Hashes it; null where no digest is promised.</param>
/// <param name="progress">Told of each piece in bytes.</param>
internal sealed class FileBytes(Stream file, HashLane? lane = null, Action<int>? progress = null) : PackedBytes
{
    public const int BufferBytes = 256 << 10;

    private readonly byte[] single = lane is null ? new byte[BufferBytes] : [];
    private long sizeBytes;

    public override long SizeBytes => sizeBytes;

    /// <summary>Hashes what nobody unpacked.</summary>
    /// <returns>Null without a lane.</returns>
    public async Task<Digest?> FinishAsync(CancellationToken cancellationToken)
    {
        if (lane is null) return null;
        await DrainAsync(cancellationToken);
        return await lane.FinishAsync();
    }

    protected override async ValueTask<ReadOnlyMemory<byte>> FetchAsync(CancellationToken cancellationToken)
    {
        var buffer = lane?.Buffer ?? single;
        var count = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        sizeBytes += count;
        progress?.Invoke(count);
        return lane is null ? buffer[..count] : await lane.TakeAsync(count);
    }
}
