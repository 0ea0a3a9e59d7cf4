using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>Hashes a tar, or another run of bytes, while it is being put together: a few buffers go round between who fills them and a thread that hashes.</summary>
internal sealed class TarHash(HashAlgorithmName name) : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int Buffers = 3;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(name);
    private readonly BlockingCollection<byte[]> filled = new(Buffers);
    private readonly BlockingCollection<byte[]> empty = new(Buffers);
    private byte[] current = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int used;
    private int rented = 1;
    private Task hashing = Task.CompletedTask;

    /// <summary>By the algorithm of diff ids.</summary>
    public TarHash()
        : this(HashAlgorithmName.SHA256)
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
        filled.CompleteAdding();
        hashing.GetAwaiter().GetResult();
        hash.AppendData(current, 0, used);
        return Digest.OfHash(name, hash.GetHashAndReset());
    }

    public void Dispose()
    {
        filled.CompleteAdding();
        hashing.GetAwaiter().GetResult();
        hash.Dispose();
        ArrayPool<byte>.Shared.Return(current);
        while (empty.TryTake(out var buffer)) ArrayPool<byte>.Shared.Return(buffer);
        filled.Dispose();
        empty.Dispose();
    }

    // a layer that fits into one buffer needs no thread
    private void Hand()
    {
        if (rented == 1) hashing = Task.Factory.StartNew(HashFilled, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        filled.Add(current);
        current = empty.TryTake(out var free) ? free : rented < Buffers ? Rent() : empty.Take();
        used = 0;
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
