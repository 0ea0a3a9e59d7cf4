using System.Buffers;

namespace AppPreflight.Archive;

/// <summary>A pooled array that grows by doubling; what is asked of it is bounded by whoever asks.</summary>
internal sealed class GrowingBuffer(int startBytes) : IDisposable
{
    public byte[] Bytes { get; private set; } = ArrayPool<byte>.Shared.Rent(startBytes);

    /// <summary>Makes room for so many bytes; the first <paramref name="keep"/> stay.</summary>
    public void Ensure(int bytes, int keep)
    {
        if (bytes <= Bytes.Length) return;
        var wider = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, Bytes.Length * 2));
        Bytes.AsSpan(0, keep).CopyTo(wider);
        ArrayPool<byte>.Shared.Return(Bytes);
        Bytes = wider;
    }

    public void Dispose()
    {
        if (Bytes.Length > 0) ArrayPool<byte>.Shared.Return(Bytes);
        Bytes = [];
    }
}
