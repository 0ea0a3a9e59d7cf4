namespace AppPreflight.LayerStore;

/// <summary>An open file as a stream; closes it.</summary>
internal sealed class FileDescriptorStream(int descriptor) : ReadingStream
{
    private int descriptor = descriptor;

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

    protected override void Dispose(bool disposing)
    {
        if (descriptor >= 0) _ = SystemCalls.Close(descriptor);
        descriptor = -1;
        base.Dispose(disposing);
    }
}
