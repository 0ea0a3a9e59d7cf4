using NUnit.Framework;

namespace AppPreflight.Oci;

public sealed class ImageReferenceTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [TestCase("postgres", "docker.io", "library/postgres", "latest", "postgres:latest")]
    [TestCase("postgres:15", "docker.io", "library/postgres", "15", "postgres:15")]
    [TestCase("bitnami/redis", "docker.io", "bitnami/redis", "latest", "bitnami/redis:latest")]
    [TestCase("docker.io/postgres:15", "docker.io", "library/postgres", "15", "postgres:15")]
    [TestCase("index.docker.io/library/postgres", "docker.io", "library/postgres", "latest", "postgres:latest")]
    [TestCase("localhost/x", "localhost", "x", "latest", "localhost/x:latest")]
    [TestCase("localhost:5000/x/y:t", "localhost:5000", "x/y", "t", "localhost:5000/x/y:t")]
    [TestCase("127.0.0.1:5000/ucsschool/kelvin:release3.1.1", "127.0.0.1:5000", "ucsschool/kelvin", "release3.1.1", "127.0.0.1:5000/ucsschool/kelvin:release3.1.1")]
    [TestCase("Registry.Example.org/a-b/c__d.e:V_1", "Registry.Example.org", "a-b/c__d.e", "V_1", "Registry.Example.org/a-b/c__d.e:V_1")]
    [TestCase("[::1]:5000/x:y", "[::1]:5000", "x", "y", "[::1]:5000/x:y")]
    [TestCase("a---b/c", "docker.io", "a---b/c", "latest", "a---b/c:latest")]
    public void Reads_a_name_as_the_engine_does(string text, string registry, string repository, string tag, string shown)
    {
        var reference = ImageReference.Parse(text);
        Assert.That(
            (reference.Registry, reference.Repository, reference.Tag, reference.Digest, reference.ToString()),
            Is.EqualTo((registry, repository, tag, (Digest?)null, shown)));
    }

    [Test]
    public void Keeps_tag_and_digest_together_and_asks_for_the_digest()
    {
        var reference = ImageReference.Parse($"example.org/x:1@sha256:{Hex}");
        Assert.That((reference.Tag, reference.Target), Is.EqualTo(("1", $"sha256:{Hex}")));
        Assert.That(reference.ToString(), Is.EqualTo($"example.org/x:1@sha256:{Hex}"));
    }

    [Test]
    public void Puts_no_tag_on_a_name_with_a_digest() =>
        Assert.That(ImageReference.Parse($"postgres@sha256:{Hex}").Tag, Is.Null);

    [TestCase("")]
    [TestCase(" postgres")]
    [TestCase("postgres ")]
    [TestCase("postgres\n")]
    [TestCase("Postgres")]
    [TestCase("example.org/X")]
    [TestCase("example.org/")]
    [TestCase("/x")]
    [TestCase("a//b")]
    [TestCase("-host.org/x")]
    [TestCase("a..b/c_-d")]
    [TestCase("x:")]
    [TestCase("x:-tag")]
    [TestCase("x@sha256:abc")]
    [TestCase("x@md5:0123456789abcdef0123456789abcdef")]
    [TestCase("x@")]
    [TestCase("example.org:port/x")]
    [TestCase("https://example.org/x")]
    [TestCase("${IMAGE}")]
    [TestCase("../../etc/passwd")]
    [TestCase("x/../y")]
    [TestCase(Hex)]
    public void Rejects_what_is_no_reference(string text) =>
        Assert.That(() => ImageReference.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void Rejects_names_and_tags_that_are_too_long()
    {
        Assert.That(ImageReference.TryParse($"x:{new string('t', 128)}"), Is.Not.Null);
        Assert.That(ImageReference.TryParse($"x:{new string('t', 129)}"), Is.Null);
        Assert.That(ImageReference.TryParse($"example.org/{new string('r', 243)}"), Is.Not.Null);
        Assert.That(ImageReference.TryParse($"example.org/{new string('r', 244)}"), Is.Null);
        Assert.That(ImageReference.TryParse(new string('a', 1_000_000)), Is.Null);
    }

    [Test]
    public void Reads_its_own_text_back_to_the_same_value()
    {
        var reference = ImageReference.Parse($"127.0.0.1:5000/a/b:1.0@sha256:{Hex}");
        Assert.That(ImageReference.Parse(reference.ToString()), Is.EqualTo(reference));
    }

    [Test]
    public void Says_what_is_wrong_without_control_characters()
    {
        var error = Assert.Throws<FormatException>(() => ImageReference.Parse("x\u001b[2J:y"));
        Assert.That(error!.Message.Any(char.IsControl), Is.False);
    }
}
