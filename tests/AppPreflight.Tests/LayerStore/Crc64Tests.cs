using System.Text;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>The sum that tar-split stores of every file.</summary>
internal sealed class Crc64Tests
{
    // CRC-64/GO-ISO of the catalogue of parametrised CRCs; the others from Go's hash/crc64 tests
    [TestCase("", 0UL)]
    [TestCase("a", 0x3420000000000000UL)]
    [TestCase("123456789", 0xb90956c775a41001UL)]
    public void Gives_the_sums_that_are_known(string text, ulong sum) => Assert.That(Crc64.Of(Encoding.ASCII.GetBytes(text)), Is.EqualTo(sum));

    [Test]
    public void Gives_what_the_polynomial_says_bit_by_bit_however_the_bytes_are_cut()
    {
        var random = new Random(64);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            var sum = default(Crc64);
            for (var at = 0; at < bytes.Length;)
            {
                var part = random.Next(bytes.Length - at + 1);
                sum.Append(bytes.AsSpan(at, part));
                at += part;
            }

            Assert.That(sum.Value, Is.EqualTo(BitByBit(bytes)));
        }
    }

    private static ulong BitByBit(byte[] bytes)
    {
        var sum = ulong.MaxValue;
        foreach (var one in bytes)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++) sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ 0xD800000000000000UL;
        }

        return ~sum;
    }
}
