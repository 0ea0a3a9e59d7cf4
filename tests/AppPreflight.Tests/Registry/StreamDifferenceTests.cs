using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class StreamDifferenceTests
{
    private static readonly byte[] Right = Pulls.MakeTar(200_000, 5)[..100_000];

    private static IEnumerable<TestCaseData> Pairs()
    {
        yield return Case("a bit", With(4711, (byte)(Right[4711] ^ 4)), 4711, 1, DifferenceShape.Bit, $"one bit of byte 4711 (0x{Right[4711] ^ 4:x2} instead of 0x{Right[4711]:x2})");
        yield return Case("the last bit", With(99_999, (byte)(Right[99_999] ^ 128)), 99_999, 1, DifferenceShape.Bit, $"one bit of byte 99999 (0x{Right[99_999] ^ 128:x2} instead of 0x{Right[99_999]:x2})");
        yield return Case("a byte", With(70_000, (byte)(Right[70_000] ^ 5)), 70_000, 1, DifferenceShape.Stretch, $"byte 70000 alone (0x{Right[70_000] ^ 5:x2} instead of 0x{Right[70_000]:x2})");
        yield return Case("a page", Zeroed(8192, 4096), First(8192), Zeros(8192, 4096), DifferenceShape.ZeroedPages, "one page of zeros at byte 8192");
        yield return Case("pages apart", Zeroed(Zeroed(8192, 4096), 65_536, 8192), First(8192), Zeros(8192, 4096) + Zeros(65_536, 8192), DifferenceShape.ZeroedPages, "3 pages of zeros, the first at byte 8192");
        yield return Case("the last page", Zeroed(98_304, 1696), First(98_304), Zeros(98_304, 1696), DifferenceShape.ZeroedPages, "one page of zeros at byte 98304");
        yield return Case("zeros across a page", Zeroed(8000, 4096), First(8000), Zeros(8000, 4096), DifferenceShape.Stretch, "one stretch from byte 8000 to byte 12095");
        yield return Case("two places", With(10, (byte)~Right[10], 90_000, (byte)~Right[90_000]), 10, 2, DifferenceShape.Scattered, "2 bytes here and there between byte 10 and byte 90000");
        yield return Case("from there on", [.. Right[..50_000], .. Right[50_000..].Select(one => (byte)~one)], 50_000, 50_000, DifferenceShape.Tail, "everything from byte 50000 on");
        yield return Case("a cut", Right[..65_536], 65_536, 34_464, DifferenceShape.Cut, "the wrong one ends at byte 65536, 34464 before the end");
        yield return Case("nothing", [], 0, 100_000, DifferenceShape.Cut, "the wrong one ends at byte 0, 100000 before the end");
        yield return Case("more", [.. Right, 1, 2, 3], 100_000, 3, DifferenceShape.Surplus, "the wrong one goes on behind byte 100000, by 3");
        yield return Case("a hole in the middle", [.. Right[..1000].Select(one => (byte)~one), .. Right[1000..50_000]], 0, 51_000, DifferenceShape.Scattered,
            "1000 bytes here and there between byte 0 and byte 999, and 50000 bytes are missing at the end");
    }

    [TestCaseSource(nameof(Pairs))]
    public async Task Says_where_and_how_they_part(byte[] wrong, ByteDifference expected)
    {
        var comparison = await CompareAsync(Right, wrong);
        Assert.That(comparison.Difference, Is.EqualTo(expected));
        Assert.That((comparison.Good, comparison.Bad, comparison.BytesRead), Is.EqualTo((Digest.Of(Right), Digest.Of(wrong), (long)Right.Length + wrong.Length)));
    }

    [Test]
    public async Task Finds_no_difference_where_there_is_none() => Assert.That((await CompareAsync(Right, Right)).Difference, Is.Null);

    [Test]
    public async Task Says_at_least_where_it_stopped_reading()
    {
        byte[] wrong = [.. Right, .. new byte[500]];
        var comparison = await new StreamDifference(Promise, []).CompareAsync(new MemoryStream(Right), new MemoryStream(wrong), Right.Length + 100, CancellationToken.None);
        Assert.That(comparison.Difference, Is.EqualTo(new ByteDifference(100_000, 100, DifferenceShape.Surplus) { Sentence = "the wrong one goes on behind byte 100000, by at least 100" }));
    }

    [Test]
    public async Task Knows_the_digest_of_each_beginning_it_is_asked_for()
    {
        var comparison = await new StreamDifference(Promise, [0, 1, 65_535, 65_536, 65_537, 99_999, 200_000])
            .CompareAsync(new MemoryStream(Right), new MemoryStream(Right[..10]), 1 << 20, CancellationToken.None);
        Assert.That(comparison.Beginnings, Is.EquivalentTo(new[] { 0, 1, 65_535, 65_536, 65_537, 99_999 }.Select(size => KeyValuePair.Create((long)size, Digest.Of(Right.AsSpan(0, size))))));
    }

    private static readonly BlobPromise Promise = new(ImagePart.Layer, Digest.Of(Right), Right.Length);

    private static Task<Comparison> CompareAsync(byte[] right, byte[] wrong) =>
        new StreamDifference(Promise, []).CompareAsync(new MemoryStream(right), new MemoryStream(wrong), 1 << 20, CancellationToken.None);

    private static TestCaseData Case(string name, byte[] wrong, long offset, long bytes, DifferenceShape shape, string sentence) =>
        new TestCaseData(wrong, new ByteDifference(offset, bytes, shape) { Sentence = sentence }).SetArgDisplayNames(name);

    private static byte[] With(int at, byte value, int then = -1, byte other = 0)
    {
        var wrong = Right.ToArray();
        wrong[at] = value;
        if (then >= 0) wrong[then] = other;
        return wrong;
    }

    private static byte[] Zeroed(int at, int count) => Zeroed(Right, at, count);

    private static byte[] Zeroed(byte[] bytes, int at, int count)
    {
        var wrong = bytes.ToArray();
        wrong.AsSpan(at, count).Clear();
        return wrong;
    }

    private static long First(int from) => from + Right.AsSpan(from).IndexOfAnyExcept((byte)0);

    private static long Zeros(int from, int count) => count - Right.AsSpan(from, count).Count((byte)0);
}
