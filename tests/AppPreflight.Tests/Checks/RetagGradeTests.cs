using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

public sealed class RetagGradeTests
{
    [TestCase("m", "c", "1 2", "m", "c", "1 2", TagGrade.Identical)]
    [TestCase("m", "c", "1 2", "n", "c", "1 2", TagGrade.SameImage)]
    [TestCase("m", "c", "1 2", "n", "d", "1 2", TagGrade.SameLayers)]
    [TestCase("m", "c", "1 2", "n", "d", "2 1", null)]
    [TestCase("m", "c", "1 2", "n", "d", "1", null)]
    [TestCase(null, null, "1 2", "n", "d", "1 2", TagGrade.SameLayers)]
    [TestCase(null, null, "1 2", null, null, "1 2", TagGrade.SameLayers)]
    [TestCase(null, "c", "", "n", "c", "", TagGrade.SameImage)]
    public void Goes_by_manifest_configuration_and_layers_and_by_nothing_that_is_not_known(
        string? manifest, string? config, string layers, string? otherManifest, string? otherConfig, string otherLayers, TagGrade? grade)
    {
        var (one, other) = (Marks(manifest, config, layers), Marks(otherManifest, otherConfig, otherLayers));
        Assert.That(RetagGrade.Of(one, other), Is.EqualTo(grade));
        Assert.That(RetagGrade.Of(other, one), Is.EqualTo(grade));
    }

    [TestCase("1 2 3", "1 2 4", "1 of 3 layers is another one")]
    [TestCase("1 2 3", "1 4 5", "2 of 3 layers are other ones")]
    [TestCase("1 2", "0 1 2", "1 of 3 layers is another one")]
    [TestCase("1 1 2", "1 2", "1 of its 3 layers is gone")]
    [TestCase("1 2 3 4", "1 4", "2 of its 4 layers are gone")]
    [TestCase("1 2", "1 2 2", "1 of 3 layers is another one")]
    [TestCase("1 2", "2 1", "its layers are the same ones in another order")]
    public void Says_how_many_layers_are_others(string was, string now, string words) =>
        Assert.That(RetagGrade.Words(Marks("m", "c", was), Marks("n", "d", now)), Is.EqualTo(words));

    [TestCase("c", "c", "the configuration and the layers are the same, packed otherwise")]
    [TestCase("c", "d", "the layers are the same, its configuration is another")]
    [TestCase(null, "d", "the layers are the same")]
    public void Says_of_the_same_layers_what_else_is_known(string? was, string now, string words) =>
        Assert.That(RetagGrade.Words(Marks(null, was, "1"), Marks("n", now, "1")), Is.EqualTo(words));

    private static ImageMarks Marks(string? manifest, string? config, string layers) => new(
        manifest is null ? null : DigestOf(manifest), config is null ? null : DigestOf(config),
        [.. layers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Diff)]);
}
