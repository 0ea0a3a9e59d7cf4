using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Docker;

internal sealed class EngineNameTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [TestCase("postgres", "postgres%3Alatest")]
    [TestCase("127.0.0.1:5000/a/b:1", "127.0.0.1%3A5000/a/b%3A1")]
    [TestCase("ex.test/a:1@sha256:" + Hex, "ex.test/a%40sha256%3A" + Hex)]
    [TestCase("sha256:" + Hex, "sha256%3A" + Hex)]
    [TestCase(Hex, Hex)]
    [TestCase("e3b0c44298fc", "e3b0c44298fc")]
    public void Writes_a_name_or_an_id_as_a_piece_of_a_path(string name, string path) =>
        Assert.That(EngineName.PathOf(name), Is.EqualTo(path));

    [TestCase("../containers/prune")]
    [TestCase("ex.test/../../containers/json")]
    [TestCase("a?force=1")]
    [TestCase("a#b")]
    [TestCase("a%2f..%2fb")]
    [TestCase("a b")]
    [TestCase("a\r\nX: y")]
    [TestCase("")]
    [TestCase(".")]
    public void Lets_no_hostile_name_near_a_request(string name) =>
        Assert.That(() => EngineName.PathOf(name), Throws.TypeOf<FormatException>());

    [Test]
    public void Lets_the_digest_decide_where_there_is_a_tag_too() =>
        Assert.That(EngineName.Of(ImageReference.Parse("a:1@sha256:" + Hex)), Is.EqualTo("a@sha256:" + Hex));
}
