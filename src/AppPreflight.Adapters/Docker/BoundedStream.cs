namespace AppPreflight.Docker;

/// <summary>
/// Hands on what is read below, as long as an allowance lasts. Whoever parses an answer sets it, so that no answer can make
/// a parser hold more than that in memory.
/// </summary>
internal sealed class BoundedStream(Stream inner, long allowance) : PassingStream
{
    private const int TailBytes = 2048;

    private readonly byte[] tail = new byte[TailBytes];
    private int tailLength;
    private long left = allowance;

    /// <summary>The last bytes handed on, for what an engine appends when it fails in the middle of an answer.</summary>
    public ReadOnlySpan<byte> Tail => tail.AsSpan(0, tailLength);

    /// <summary>Bytes handed on so far.</summary>
    public long Count { get; private set; }

    /// <summary>Replaces what is left of the allowance.</summary>
    public void Allow(long bytes) => left = bytes;

    /// <exception cref="InvalidDataException">More came than is allowed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Took(buffer, await inner.ReadAsync(buffer, cancellationToken));

    public override int Read(byte[] buffer, int offset, int count) => Took(buffer.AsMemory(offset, count), inner.Read(buffer, offset, count));

    private int Took(ReadOnlyMemory<byte> buffer, int count)
    {
        Keep(buffer.Span[..count]);
        Count += count;
        left -= count;
        return left >= 0 ? count : throw new InvalidDataException("the answer is larger than this program reads");
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > TailBytes) bytes = bytes[^TailBytes..];
        var kept = Math.Min(tailLength, TailBytes - bytes.Length);
        tail.AsSpan(tailLength - kept, kept).CopyTo(tail);
        bytes.CopyTo(tail.AsSpan(kept));
        tailLength = kept + bytes.Length;
    }
}
