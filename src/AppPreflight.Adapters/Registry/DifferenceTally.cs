using System.Numerics;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>Counts where two streams part, page by page, and names the shape at the end.</summary>
internal sealed class DifferenceTally
{
    public const int PageBytes = WatchedBody.PageBytes;

    // bytes that happen to be equal inside a stretch of others
    private const int Bridge = 64;

    private long first = -1;
    private long last;
    private long differing;
    private long bits;
    private long blankPages;
    private bool areAllBlank = true;
    private bool isConnected = true;
    private byte firstGood;
    private byte firstBad;

    /// <summary>Bytes compared so far.</summary>
    public long Compared { get; private set; }

    /// <summary>Takes the next bytes of both, as many of one as of the other. All but the last call: whole pages.</summary>
    public void Add(ReadOnlySpan<byte> good, ReadOnlySpan<byte> bad)
    {
        for (var at = 0; at < good.Length; at += PageBytes)
        {
            var length = Math.Min(PageBytes, good.Length - at);
            AddPage(good.Slice(at, length), bad.Slice(at, length));
            Compared += length;
        }
    }

    /// <param name="goodBytes">Size of the right one.</param>
    /// <param name="badBytes">Size of the wrong one, as far as it was read.</param>
    /// <param name="isMore">The wrong one goes on behind that.</param>
    /// <returns>Null when they are the same.</returns>
    public ByteDifference? Sum(long goodBytes, long badBytes, bool isMore)
    {
        var missing = Math.Max(0, goodBytes - badBytes);
        var surplus = Math.Max(0, badBytes - goodBytes);
        if (first < 0)
        {
            return missing > 0 ? new(badBytes, missing, DifferenceShape.Cut) { Sentence = $"the wrong one ends at byte {badBytes}, {missing} before the end" }
                : surplus > 0 ? new(goodBytes, surplus, DifferenceShape.Surplus) { Sentence = $"the wrong one goes on behind byte {goodBytes}, by {(isMore ? "at least " : "")}{surplus}" }
                : null;
        }

        var shape = Shape(missing + surplus);
        return new(first, differing + missing + surplus, shape) { Sentence = Sentence(shape) + Lengths(missing, surplus) };
    }

    private void AddPage(ReadOnlySpan<byte> good, ReadOnlySpan<byte> bad)
    {
        if (good.SequenceEqual(bad)) return;
        var isBlank = !bad.ContainsAnyExcept((byte)0);
        areAllBlank = areAllBlank && isBlank;
        blankPages++;
        for (var i = good.CommonPrefixLength(bad); i < good.Length; i++)
        {
            if (good[i] != bad[i]) AddByte(Compared + i, good[i], bad[i]);
        }
    }

    private void AddByte(long offset, byte good, byte bad)
    {
        if (first < 0) (first, firstGood, firstBad) = (offset, good, bad);
        else if (offset - last > Bridge) isConnected = false;
        last = offset;
        differing++;
        bits += BitOperations.PopCount((uint)(good ^ bad));
    }

    private DifferenceShape Shape(long otherLength)
    {
        if (otherLength == 0 && bits == 1) return DifferenceShape.Bit;
        if (otherLength == 0 && areAllBlank) return DifferenceShape.ZeroedPages;
        var isToTheEnd = last >= Compared - Bridge;
        return !isConnected ? DifferenceShape.Scattered
            : isToTheEnd && (otherLength > 0 || differing > Bridge) ? DifferenceShape.Tail
            : otherLength > 0 ? DifferenceShape.Scattered
            : DifferenceShape.Stretch;
    }

    private string Sentence(DifferenceShape shape) => shape switch
    {
        DifferenceShape.Bit => $"one bit of byte {first} (0x{firstBad:x2} instead of 0x{firstGood:x2})",
        DifferenceShape.ZeroedPages when blankPages == 1 => $"one page of zeros at byte {first / PageBytes * PageBytes}",
        DifferenceShape.ZeroedPages => $"{blankPages} pages of zeros, the first at byte {first / PageBytes * PageBytes}",
        DifferenceShape.Stretch when differing == 1 => $"byte {first} alone (0x{firstBad:x2} instead of 0x{firstGood:x2})",
        DifferenceShape.Stretch => $"one stretch from byte {first} to byte {last}",
        DifferenceShape.Tail => $"everything from byte {first} on",
        _ => $"{differing} bytes here and there between byte {first} and byte {last}",
    };

    private static string Lengths(long missing, long surplus) =>
        missing > 0 ? $", and {missing} bytes are missing at the end"
        : surplus > 0 ? $", and {surplus} bytes more at the end"
        : "";
}
