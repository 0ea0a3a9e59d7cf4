using AppPreflight.Archive;
using AppPreflight.Images;

namespace AppPreflight.Layouts;

/// <summary>Some bytes of a file, read where they lie.</summary>
/// <param name="file">Closed with this stream if <paramref name="isOwner"/>.</param>
/// <param name="start">Where the first byte lies.</param>
/// <param name="sizeBytes">How many there are, if the file does not end before.</param>
internal sealed class FileSlice(Stream file, long start, long sizeBytes, bool isOwner, Complaint complaint) : ReadOnlyStream
{
    private long read;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            file.Position = start + read;
            // waiting for a disk needs no thread of its own
            var count = file.Read(buffer.Span[..(int)Math.Min(buffer.Length, sizeBytes - read)]);
            read += count;
            return ValueTask.FromResult(count);
        }
        catch (IOException fault)
        {
            throw complaint.Of(Fault.Unreachable, $"can't be read ({Oci.Quote.Short(fault.Message, 120)})", fault);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && isOwner) file.Dispose();
        base.Dispose(disposing);
    }
}
