using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;

namespace AppPreflight.Oci;

public sealed class DigestTests
{
    private const string OfNothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Test]
    public void Hashes_bytes_as_they_stand() => Assert.That(Digest.Of([]).ToString(), Is.EqualTo(OfNothing));

    [Test]
    public void Reads_back_what_it_writes_in_both_algorithms()
    {
        var bytes = Encoding.UTF8.GetBytes("x");
        var sha512 = Digest.OfHash(HashAlgorithmName.SHA512, SHA512.HashData(bytes));
        Assert.That(Digest.Parse(sha512.ToString()), Is.EqualTo(sha512));
        Assert.That(Digest.Of(bytes, sha512), Is.EqualTo(sha512));
        Assert.That(Digest.Of(bytes, Digest.Parse(OfNothing)), Is.EqualTo(Digest.Of(bytes)));
        Assert.That((sha512.Algorithm, sha512.Hex.Length, sha512.HashName), Is.EqualTo(("sha512", 128, HashAlgorithmName.SHA512)));
    }

    [TestCase("")]
    [TestCase("sha256:")]
    [TestCase("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [TestCase("SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [TestCase("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85")]
    [TestCase("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555")]
    [TestCase("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [TestCase("sha256:../../../../../../../etc/passwd0000000000000000000000000000000000")]
    public void Rejects_what_is_not_a_digest(string text)
    {
        Assert.That(Digest.TryParse(text), Is.Null);
        Assert.That(() => Digest.Parse(text), Throws.TypeOf<FormatException>());
    }
}
