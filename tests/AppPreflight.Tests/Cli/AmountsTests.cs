using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class AmountsTests
{
    [TestCase(0, "0 B")]
    [TestCase(999, "999 B")]
    [TestCase(1000, "1.0 kB")]
    [TestCase(312_400_000, "312.4 MB")]
    [TestCase(999_949_999, "999.9 MB")]
    [TestCase(999_950_000, "1.0 GB")]
    [TestCase(long.MaxValue, "9.2 EB")]
    public void Says_bytes_as_the_engine_does(long bytes, string text) => Assert.That(Amounts.Bytes(bytes), Is.EqualTo(text));

    [TestCase(0.42, "0.4 s")]
    [TestCase(9.96, "9 s")]
    [TestCase(59.9, "59 s")]
    [TestCase(185, "3 min 05 s")]
    [TestCase(7800, "2 h 10 min")]
    [TestCase(8_640_000, "days")]
    [TestCase(-3, "0.0 s")]
    public void Says_how_long(double seconds, string text) => Assert.That(Amounts.Duration(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));

    [TestCase(10, "just now")]
    [TestCase(-10, "just now")]
    [TestCase(-600, "in the future (check this host's clock)")]
    [TestCase(300, "5 min ago")]
    [TestCase(3 * 3600 + 5, "3 h ago")]
    [TestCase(12 * 86400, "12 days ago")]
    public void Says_how_long_ago(double seconds, string text) => Assert.That(Amounts.Age(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));
}
