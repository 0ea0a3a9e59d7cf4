using System.Security.Cryptography;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>Digests what is read through it. Its first bytes can be looked at before they are read.</summary>
internal sealed class HashingStream(Stream inner, IncrementalHash hash) : PassingStream
{
    private readonly byte[] head = new byte[4];
    private int headStart;
    private int headEnd;

    public long Count { get; private set; }

    /// <summary>Up to four bytes from the beginning; to be called before any reading.</summary>
    public async Task<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        headEnd = await inner.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        Took(head.AsSpan(0, headEnd));
        return head.AsMemory(0, headEnd);
    }

    /// <summary>The digest of everything read since the last call.</summary>
    public Digest Finish()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return Digest.OfHash(HashAlgorithmName.SHA256, digest);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (headStart < headEnd) return FromHead(buffer.Span);
        var count = await inner.ReadAsync(buffer, cancellationToken);
        Took(buffer.Span[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int FromHead(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, headEnd - headStart);
        head.AsSpan(headStart, count).CopyTo(buffer);
        headStart += count;
        return count;
    }

    private void Took(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        Count += bytes.Length;
    }
}
