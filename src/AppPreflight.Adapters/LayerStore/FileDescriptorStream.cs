namespace AppPreflight.LayerStore;

/// <summary>An open file as a stream; closes it.</summary>
internal sealed class FileDescriptorStream(int descriptor) : Stream
{
    private int descriptor = descriptor;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>As of now.</summary>
    public FileStatus Status => SystemCalls.StatusOf(descriptor, out FileStatus status) == 0 ? status : default;

    /// <summary>It is going to be read from its begin to its end.</summary>
    public void ReadAhead() => SystemCalls.ReadAhead(descriptor);

    /// <exception cref="IOException">The medium failed.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = SystemCalls.Read(descriptor, buffer);
        return count >= 0 ? count : throw new IOException($"errno {-count}", -count);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (descriptor >= 0) _ = SystemCalls.Close(descriptor);
        descriptor = -1;
        base.Dispose(disposing);
    }
}
