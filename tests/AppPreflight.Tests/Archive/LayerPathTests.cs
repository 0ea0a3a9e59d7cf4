using NUnit.Framework;

namespace AppPreflight.Archive;

/// <summary>Names for people: no two look the same, none steers a terminal.</summary>
internal sealed class LayerPathTests
{
    [TestCase(new byte[] { (byte)'a', (byte)'/', 0xc3, 0xa4 }, "a/ä")]
    [TestCase(new byte[] { (byte)'a', 0xff, 0xc3 }, "a\\xff\\xc3")]
    [TestCase(new byte[] { 0x1b, (byte)'[', 10 }, "\\x1b[\\x0a")]
    [TestCase(new byte[] { (byte)'\\' }, "\\x5c")]
    [TestCase(new byte[] { 0xe2, 0x80, 0xae }, "\\xe2\\x80\\xae")]
    [TestCase(new byte[0], "")]
    public void Shows_what_is_text_and_spells_the_rest(byte[] name, string shown) => Assert.That(new LayerPath(name).ToString(), Is.EqualTo(shown));

    [Test]
    public void Is_equal_to_the_same_bytes_only()
    {
        var path = new LayerPath([1, 2]);
        var same = new LayerPath([1, 2]);
        Assert.That(path, Is.EqualTo(same));
        Assert.That(path.GetHashCode(), Is.EqualTo(same.GetHashCode()));
        Assert.That(path, Is.Not.EqualTo(new LayerPath([1, 3])));
    }
}
