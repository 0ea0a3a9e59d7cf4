using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Pairs;

internal sealed class DocumentGradeTests
{
    [Test]
    public void Calls_the_same_manifest_identical() => Assert.That(Grade(Forms.Image("ab"), Forms.Image("ab")), Is.EqualTo(TagGrade.Identical));

    [Test]
    public void Calls_the_same_manifest_identical_whatever_index_stands_around_it()
    {
        var image = Forms.Image("ab");
        Assert.That(Grade(image, image with { Root = Forms.Document("an index", MediaType.OciIndex) }), Is.EqualTo(TagGrade.Identical));
    }

    [Test]
    public void Calls_the_same_configuration_packed_otherwise_the_same_image() =>
        Assert.That(Grade(Forms.Image("ab"), Forms.Image("ab", packing: "zstd")), Is.EqualTo(TagGrade.SameImage));

    [Test]
    public void Calls_another_configuration_over_the_same_tars_the_same_layers() =>
        Assert.That(Grade(Forms.Image("ab"), Forms.Image("ab", config: "relabelled")), Is.EqualTo(TagGrade.SameLayers));

    [TestCase("aeb")]
    [TestCase("aab")]
    [TestCase("abb")]
    [TestCase("eabee")]
    public void Calls_layers_that_change_nothing_the_same_files(string layers) =>
        Assert.That(Grade(Forms.Image("ab"), Forms.Image(layers)), Is.EqualTo(TagGrade.SameFiles));

    [TestCase("ac")]
    [TestCase("a")]
    [TestCase("ba")]
    [TestCase("aba")]
    public void Can_not_tell_where_other_layers_are(string layers) => Assert.That(Grade(Forms.Image("ab"), Forms.Image(layers)), Is.Null);

    [Test]
    public void Takes_what_an_engine_remembers_of_a_pull_only_with_the_same_configuration()
    {
        var served = Forms.Image("ab");
        var stored = served with { Place = ImagePlace.Engine, Root = null, ManifestBytes = null, Manifest = null, PulledAs = [served.Root!.Digest] };
        Assert.That(Grade(stored, served), Is.EqualTo(TagGrade.Identical));
        // a stale digest reference
        Assert.That(Grade(stored with { ConfigDigest = Forms.DigestOf("another") }, served), Is.EqualTo(TagGrade.SameLayers));
        Assert.That(Grade(stored with { PulledAs = [] }, served), Is.EqualTo(TagGrade.SameImage));
    }

    // Go, and so every engine, takes the last of two spellings
    [TestCase("""{"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":1,"digest":"D"},"layers":[],"Layers":[]}""")]
    [TestCase("""{"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":1,"digest":"D"},"layer\u017f":[],"layers":[]}""")]
    public void Refuses_a_manifest_that_says_a_thing_in_two_spellings(string text) => Assert.That(
        () => ImageManifest.Parse(Forms.Document(text.Replace("\"D\"", $"\"{Forms.DigestOf("d")}\"", StringComparison.Ordinal))), Throws.TypeOf<FormatException>().With.Message.Contains("stands where \"layers\" belongs"));

    private static TagGrade? Grade(ImageForm a, ImageForm b)
    {
        var grade = DocumentGrade.Of(a, b, LayerPairs.Of(a, b));
        Assert.That(DocumentGrade.Of(b, a, LayerPairs.Of(b, a)), Is.EqualTo(grade), "the other way round");
        return grade;
    }
}
