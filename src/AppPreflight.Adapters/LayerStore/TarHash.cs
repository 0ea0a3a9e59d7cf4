using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>
/// Hashes a tar, or another run of bytes, while it is being put together: on the thread that fills it, whose core has the bytes at hand;
/// or, while a core has nothing else to do, on a thread of its own, a few buffers going round between the two.
/// </summary>
/// <param name="isCoreFree">Asked whenever a buffer is full, until there is such a thread.</param>
internal sealed class TarHash(HashAlgorithmName name, Func<bool> isCoreFree) : IDisposable
{
    private const int BufferBytes = 256 << 10;
    private const int Buffers = 3;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(name);
    private readonly BlockingCollection<byte[]> filled = new(Buffers);
    private readonly BlockingCollection<byte[]> empty = new(Buffers);
    private byte[] current = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int used;
    private int rented = 1;
    private Task? hashing;

    /// <summary>By the algorithm of diff ids.</summary>
    public TarHash(Func<bool> isCoreFree)
        : this(HashAlgorithmName.SHA256, isCoreFree)
    {
    }

    public long TotalBytes { get; private set; }

    /// <summary>Where the next bytes may be read to; never empty.</summary>
    public Span<byte> Free => current.AsSpan(used, BufferBytes - used);

    /// <summary>So many bytes of <see cref="Free"/> are part of the tar now.</summary>
    public void Advance(int count)
    {
        used += count;
        TotalBytes += count;
        if (used == BufferBytes) Hand();
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, Free.Length);
            bytes[..count].CopyTo(Free);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    public Digest Finish()
    {
        EndThread();
        hash.AppendData(current, 0, used);
        return Digest.OfHash(name, hash.GetHashAndReset());
    }

    public void Dispose()
    {
        EndThread();
        hash.Dispose();
        ArrayPool<byte>.Shared.Return(current);
        while (empty.TryTake(out var buffer)) ArrayPool<byte>.Shared.Return(buffer);
        filled.Dispose();
        empty.Dispose();
    }

    private void Hand()
    {
        if (hashing is null && !isCoreFree())
        {
            hash.AppendData(current, 0, used);
            used = 0;
            return;
        }

        hashing ??= Task.Factory.StartNew(HashFilled, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        filled.Add(current);
        current = empty.TryTake(out var free) ? free : rented < Buffers ? Rent() : empty.Take();
        used = 0;
    }

    private void EndThread()
    {
        filled.CompleteAdding();
        hashing?.GetAwaiter().GetResult();
    }

    private byte[] Rent()
    {
        rented++;
        return ArrayPool<byte>.Shared.Rent(BufferBytes);
    }

    private void HashFilled()
    {
        foreach (var buffer in filled.GetConsumingEnumerable())
        {
            hash.AppendData(buffer, 0, BufferBytes);
            empty.Add(buffer);
        }
    }
}
