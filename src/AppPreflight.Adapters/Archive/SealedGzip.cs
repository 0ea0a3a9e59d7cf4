using System.IO.Compression;
using System.Security.Cryptography;

namespace AppPreflight.Archive;

/// <summary>
/// A gzip stream with one more member behind its end, made here: a random seal. GZipStream ends without a word both on a cut stream and on
/// foreign bytes behind the last member; only when the stream was whole and nothing followed does the seal come out at the end.
/// </summary>
internal sealed class SealedGzip(Stream inner) : ReadOnlyStream
{
    /// <summary>Bytes the seal adds to what is unpacked.</summary>
    public const int SealBytes = 64;

    private static readonly byte[] SealText = MakeSeal();
    private static readonly byte[] Member = Pack(SealText);

    private int sent = -1;

    public static ReadOnlySpan<byte> Seal => SealText;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (sent < 0)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            if (count > 0 || buffer.Length == 0) return count;
            sent = 0;
        }

        var part = Math.Min(buffer.Length, Member.Length - sent);
        Member.AsMemory(sent, part).CopyTo(buffer);
        sent += part;
        return part;
    }

    // the same eight bytes again and again, so that it is really compressed: as it stands it must not appear in the packed member
    private static byte[] MakeSeal()
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
