using System.Buffers;
using System.Security.Cryptography;
using AppPreflight.Oci;

namespace AppPreflight.Archive;

/// <summary>
/// Two buffers in turn and the digest of all that went through them. While cores are idle one buffer is hashed on another thread as
/// the other fills; when every core has a layer of its own that would only cost: the bytes are still in this core's cache.
/// </summary>
internal sealed class HashLane(HashAlgorithmName name, int bufferBytes, Crew crew) : IAsyncDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(name);
    private readonly byte[][] buffers = [ArrayPool<byte>.Shared.Rent(bufferBytes), ArrayPool<byte>.Shared.Rent(bufferBytes)];
    private Task hashing = Task.CompletedTask;
    private int current;

    /// <summary>Where the next bytes belong; nobody else reads it.</summary>
    public Memory<byte> Buffer => buffers[current].AsMemory(0, bufferBytes);

    /// <summary>Takes the first bytes of <see cref="Buffer"/>, which then is the other buffer.</summary>
    /// <returns>The bytes taken: they may be read until the next call.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count)
    {
        var taken = buffers[current].AsMemory(0, count);
        await hashing;
        current ^= 1;
        if (crew.HasIdleCores) hashing = Task.Run(() => hash.AppendData(taken.Span), CancellationToken.None);
        else hash.AppendData(taken.Span);
        return taken;
    }

    public async Task<Digest> FinishAsync()
    {
        await hashing;
        return Digest.OfHash(name, hash.GetHashAndReset());
    }

    public async ValueTask DisposeAsync()
    {
        // a buffer goes back only when nobody reads it any more
        await hashing;
        hash.Dispose();
        foreach (var buffer in buffers) ArrayPool<byte>.Shared.Return(buffer);
    }
}

/// <summary>Counts the layers that are being read at this moment.</summary>
internal sealed class Crew
{
    private int working;

    public bool HasIdleCores => Volatile.Read(ref working) < Environment.ProcessorCount;

    public void Join() => Interlocked.Increment(ref working);

    public void Leave() => Interlocked.Decrement(ref working);
}
