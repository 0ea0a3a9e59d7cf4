using System.IO.Compression;
using System.Security.Cryptography;

namespace AppPreflight.LayerStore;

/// <summary>
/// Unpacks a gzip file and insists that it is whole. GZipStream ends without a word both on a cut stream and on foreign bytes behind the last
/// member; so one more member is added behind the file's end, a random seal: only when the file was whole and nothing followed does the seal
/// come out at the end. Synchronous, for the threads of the layer readers.
/// </summary>
/// <exception cref="InvalidDataException">From Read: the gzip is cut, altered, or followed by foreign bytes.</exception>
internal sealed class WholeGzip : ReadingStream
{
    private const int SealBytes = 64;
    private const int ChunkBytes = 128 * 1024;

    private readonly GZipStream gzip;
    private readonly byte[] held = new byte[ChunkBytes + SealBytes];
    private int start;
    private int end;
    private bool ended;

    public WholeGzip(Stream file) => gzip = new(new Sealed(file), CompressionMode.Decompress);

    public override int Read(Span<byte> buffer)
    {
        while (end - start <= SealBytes && !ended && buffer.Length > 0) Fill();
        var count = Math.Min(buffer.Length, Math.Max(0, end - start - SealBytes));
        held.AsSpan(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) gzip.Dispose();
        base.Dispose(disposing);
    }

    // the last bytes are always held back: they may be the seal
    private void Fill()
    {
        held.AsSpan(start, end - start).CopyTo(held);
        (start, end) = (0, end - start);
        var count = gzip.Read(held.AsSpan(end));
        end += count;
        if (count > 0) return;
        ended = true;
        if (!held.AsSpan(start, end - start).EndsWith(Sealed.Text)) throw new InvalidDataException("The gzip file is cut, or foreign bytes follow it.");
    }

    private sealed class Sealed(Stream file) : ReadingStream
    {
        public static readonly byte[] Text = MakeText();
        private static readonly byte[] Member = Pack(Text);

        private int sent = -1;
        private bool hasBytes;

        public override int Read(Span<byte> buffer)
        {
            if (sent < 0)
            {
                var count = file.Read(buffer);
                hasBytes |= count > 0;
                if (count > 0 || buffer.Length == 0) return count;
                if (!hasBytes) throw new InvalidDataException("The gzip file is empty.");
                sent = 0;
            }

            var part = Math.Min(buffer.Length, Member.Length - sent);
            Member.AsSpan(sent, part).CopyTo(buffer);
            sent += part;
            return part;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }

        // the same eight bytes again and again, so that it is really compressed: as it stands it must not appear in the packed member
        private static byte[] MakeText()
        {
            var part = RandomNumberGenerator.GetBytes(8);
            return [.. Enumerable.Repeat(part, SealBytes / part.Length).SelectMany(bytes => bytes)];
        }

        private static byte[] Pack(byte[] text)
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write(text);
            return packed.ToArray();
        }
    }
}
