using System.Text;
using NUnit.Framework;

namespace AppPreflight.Archive;

internal sealed class TarTimeTests
{
    // the cases of Go's own TestParsePAXTime, among others
    [TestCase("0", 0, 0)]
    [TestCase("1", 1, 0)]
    [TestCase("1.", 1, 0)]
    [TestCase("0.0", 0, 0)]
    [TestCase("1350244992.023960108", 1350244992, 23960108)]
    [TestCase("1350244992.02396010", 1350244992, 23960100)]
    [TestCase("1350244992.0239601089", 1350244992, 23960108)]
    [TestCase("1350244992.3", 1350244992, 300000000)]
    [TestCase("1350244992", 1350244992, 0)]
    [TestCase("-1.000000001", -1, -1)]
    [TestCase("-1.000001", -1, -1000)]
    [TestCase("-1.001000", -1, -1000000)]
    [TestCase("-1.999000", -1, -999000000)]
    [TestCase("-1", -1, 0)]
    [TestCase("-0.1", 0, -100000000)]
    [TestCase("-0.0", 0, 0)]
    [TestCase("9223372036854775807.999999999999", long.MaxValue, 999999999)]
    public void Reads_what_Go_reads(string text, long seconds, int nanoseconds)
    {
        Assert.That(TarTime.TryParse(Encoding.UTF8.GetBytes(text), out var time));
        Assert.That(time, Is.EqualTo((seconds, nanoseconds)));
    }

    [TestCase("")]
    [TestCase(".5")]
    [TestCase("-")]
    [TestCase("+")]
    [TestCase(".")]
    [TestCase("-.5")]
    [TestCase("-1.-1")]
    [TestCase("1.2.3")]
    [TestCase("99999999999999999999999999999999999999999999999")]
    [TestCase("0.123456789abcdef")]
    [TestCase("foo")]
    [TestCase("\0")]
    [TestCase("1 ")]
    [TestCase(" 1")]
    [TestCase("0x10")]
    [TestCase("1e3")]
    [TestCase("98765﹒43210")]
    [TestCase("𝟵𝟴𝟳𝟲𝟱.𝟰𝟯𝟮𝟭𝟬")]
    public void Takes_nothing_else_for_a_time(string text)
    {
        Assert.That(TarTime.TryParse(Encoding.UTF8.GetBytes(text), out var time), Is.False);
        Assert.That(time, Is.EqualTo((0L, 0)));
    }
}
