using AppPreflight.Archive;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>A layer as a registry sends it.</summary>
internal sealed class PackedBody(ResumableBody body, Descriptor layer, IProgress<long>? progress, Crew crew, int chunkBytes = PackedBody.Chunk)
    : PackedBytes
{
    private const int Chunk = 256 << 10;

    private readonly HashLane lane = new(layer.Digest.HashName, chunkBytes, crew);

    public override long SizeBytes => body.SizeBytes;

    /// <summary>Hashes what nobody unpacks.</summary>
    public async Task<Digest> FinishAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken);
        return await lane.FinishAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await lane.DisposeAsync();
        await base.DisposeAsync();
    }

    // one byte past the promise is enough to know that it is broken
    protected override async ValueTask<ReadOnlyMemory<byte>> FetchAsync(CancellationToken cancellationToken)
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

        return await lane.TakeAsync(count);
    }
}
