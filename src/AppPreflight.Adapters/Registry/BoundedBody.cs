namespace AppPreflight.Registry;

/// <summary>Reads bodies that somebody else decides the length and the speed of.</summary>
internal static class BoundedBody
{
    private const int FirstBytes = 16 << 10;

    /// <returns>The whole body; null when it has more than <paramref name="maxBytes"/>.</returns>
    /// <exception cref="IOException">Cut, or stalled.</exception>
    public static async Task<byte[]?> ReadAsync(
        HttpContent body, int maxBytes, RegistryLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Headers.ContentLength > maxBytes) return null;
        await using var stream = new PacedStream(await body.ReadAsStreamAsync(cancellationToken), limits, time);
        // one byte more than announced: the read that meets the end needs room
        var bytes = new byte[(int)Math.Min(body.Headers.ContentLength + 1 ?? FirstBytes, maxBytes + 1)];
        var length = 0;
        while (true)
        {
            var count = await stream.ReadAsync(bytes.AsMemory(length), cancellationToken);
            if (count == 0) return bytes[..length];
            length += count;
            if (length > maxBytes) return null;
            if (length == bytes.Length) Array.Resize(ref bytes, Math.Min(bytes.Length * 2, maxBytes + 1));
        }
    }
}

/// <summary>A body that has to bring a few bytes in each stretch of time, or is given up.</summary>
internal sealed class PacedStream(Stream inner, RegistryLimits limits, TimeProvider time) : ReadOnlyStream
{
    private readonly CancellationTokenSource clock = new(limits.Stall, time);
    private int sinceMark;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await ReadEitherAsync(buffer, cancellationToken);
            sinceMark += count;
            if (sinceMark >= limits.StallBytes) Mark();
            return count;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"less than {limits.StallBytes >> 10} KiB came within {limits.Stall.TotalSeconds:0.#} s", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        clock.Dispose();
        inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadEitherAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        clock.Token.ThrowIfCancellationRequested();
        if (!cancellationToken.CanBeCanceled) return await inner.ReadAsync(buffer, clock.Token);
        using var link = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), clock);
        try
        {
            return await inner.ReadAsync(buffer, clock.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private void Mark()
    {
        sinceMark = 0;
        clock.CancelAfter(limits.Stall);
    }
}

/// <summary>The part of a stream that is the same for all that can only be read, and only asynchronously.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
