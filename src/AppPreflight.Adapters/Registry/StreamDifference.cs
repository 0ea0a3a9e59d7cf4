using System.Security.Cryptography;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>What comparing gave.</summary>
/// <param name="Good">Digest of the right stream, this time.</param>
/// <param name="Bad">Digest of the wrong one as far as it was read, this time.</param>
/// <param name="Difference">Null when they are the same.</param>
/// <param name="Beginnings">Digests of the right stream's first bytes, by their number.</param>
internal sealed record Comparison(Digest Good, Digest Bad, ByteDifference? Difference, IReadOnlyDictionary<long, Digest> Beginnings)
{
    public long BytesRead { get; init; }
}

/// <summary>Reads a right and a wrong copy of the same blob side by side.</summary>
internal sealed class StreamDifference(BlobPromise promise, IReadOnlyCollection<long> marks)
{
    private const int ChunkBytes = 16 * DifferenceTally.PageBytes;

    private readonly DifferenceTally tally = new();
    private readonly Dictionary<long, Digest> beginnings = [];

    /// <param name="most">No more bytes of either are read.</param>
    /// <exception cref="IOException">The right one is cut. A cut of the wrong one is a difference.</exception>
    public async Task<Comparison> CompareAsync(Stream good, Stream bad, long most, CancellationToken cancellationToken)
    {
        using var hashOfGood = IncrementalHash.CreateHash(promise.Digest.HashName);
        using var hashOfBad = IncrementalHash.CreateHash(promise.Digest.HashName);
        var (one, other) = (new byte[ChunkBytes], new byte[ChunkBytes]);
        var (goodBytes, badBytes) = (0L, 0L);
        for (var isOpen = true; isOpen;)
        {
            var room = (int)Math.Min(ChunkBytes, most - Math.Max(goodBytes, badBytes));
            var goods = await good.ReadAtLeastAsync(one.AsMemory(0, room), room, throwOnEndOfStream: false, cancellationToken);
            var bads = await ReadWrongAsync(bad, other.AsMemory(0, room), cancellationToken);
            Mark(hashOfGood, one.AsSpan(0, goods), goodBytes);
            hashOfBad.AppendData(other, 0, bads);
            var both = Math.Min(goods, bads);
            tally.Add(one.AsSpan(0, both), other.AsSpan(0, both));
            (goodBytes, badBytes) = (goodBytes + goods, badBytes + bads);
            isOpen = room > 0 && (goods == room || bads == room);
        }

        return new(Finish(hashOfGood), Finish(hashOfBad), tally.Sum(goodBytes, badBytes, badBytes == most), beginnings) { BytesRead = goodBytes + badBytes };
    }

    private static async Task<int> ReadWrongAsync(Stream bad, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        try
        {
            while (filled < buffer.Length)
            {
                var count = await bad.ReadAsync(buffer[filled..], cancellationToken);
                if (count == 0) break;
                filled += count;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or Ports.SourceException)
        {
            // that it ends here is what there is to tell
        }

        return filled;
    }

    private Digest Finish(IncrementalHash hash) => Digest.OfHash(promise.Digest.HashName, hash.GetHashAndReset());

    private void Mark(IncrementalHash hash, ReadOnlySpan<byte> bytes, long at)
    {
        var end = at + bytes.Length;
        foreach (var mark in marks.Order().Where(mark => mark < end))
        {
            if (mark < at) continue;
            var count = (int)(mark - at);
            hash.AppendData(bytes[..count]);
            beginnings[mark] = Digest.OfHash(promise.Digest.HashName, hash.GetCurrentHash());
            bytes = bytes[count..];
            at = mark;
        }

        hash.AppendData(bytes);
    }
}
