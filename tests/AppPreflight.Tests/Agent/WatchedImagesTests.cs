using AppPreflight.Images;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class WatchedImagesTests
{
    private static readonly string id = "sha256:" + new string('1', 64);
    private static readonly string config = "sha256:" + new string('2', 64);
    private static readonly string manifest = "sha256:" + new string('3', 64);
    private static readonly string other = "sha256:" + new string('4', 64);

    private static PreflightReport Report(string app, params string[] images) => new()
    {
        Run = "r",
        App = app,
        Depth = Depth.Claims,
        Verdict = default,
        Started = default,
        Finished = default,
        Images = [.. images.Select(image => new ReportedImage(image, [], new(manifest, config, "linux/amd64", []), new(id, [$"ex.test/old@{other}"], [])))],
    };

    private static IEnumerable<string> Of(string image, string action, string subject, string name) =>
        new WatchedImages([Report("a", image)]).Of(new("image", action, subject, name, default)).Select(found => found.Image);

    [TestCase("postgres:15", "pull", "postgres:15", "postgres")]
    [TestCase("docker.io/library/postgres:15", "pull", "postgres:15", "postgres")]
    [TestCase("postgres", "pull", "postgres:latest", "postgres")]
    [TestCase("ex.test/a:1", "pull", "ex.test/a:1", "ex.test/a")]
    [TestCase("ex.test/a:1", "pull", "ex.test/a", "ex.test/a")]
    [TestCase("ex.test/a:1", "tag", "sha256:77", "ex.test/a:1")]
    public void Knows_an_image_by_any_spelling_of_its_name(string image, string action, string subject, string name) =>
        Assert.That(Of(image, action, subject, name), Is.EqualTo(new[] { image }));

    [TestCase("untag")]
    [TestCase("delete")]
    [TestCase("load")]
    public void Knows_an_image_by_its_id_and_by_the_one_it_would_have(string action)
    {
        foreach (var known in new[] { id, config, manifest }) Assert.That(Of("ex.test/a:1", action, known, known), Is.EqualTo(new[] { "ex.test/a:1" }), known);
        Assert.That(Of("ex.test/a:1", action, other, other), Is.Empty);
    }

    [Test]
    public void Knows_an_image_by_digest_of_its_own_name_or_of_the_one_it_was_pulled_by()
    {
        Assert.That(Of($"ex.test/a:1@{manifest}", "pull", $"ex.test/a@{manifest}", "ex.test/a"), Is.Not.Empty);
        Assert.That(Of("ex.test/a:1", "pull", $"ex.test/old@{other}", "ex.test/old"), Is.Not.Empty);
    }

    [TestCase("pull", "ex.test/a:2", "ex.test/a")]
    [TestCase("pull", "ex.test/b:1", "ex.test/b")]
    [TestCase("tag", "sha256:77", "ex.test/a:2")]
    [TestCase("push", "ex.test/a:1", "ex.test/a")]
    [TestCase("save", "ex.test/a:1", "ex.test/a")]
    [TestCase("pull", "", "")]
    [TestCase("pull", "../UPPER", "x")]
    public void Passes_over_other_images_and_other_acts(string action, string subject, string name) =>
        Assert.That(Of("ex.test/a:1", action, subject, name), Is.Empty);

    [Test]
    public void Passes_over_containers() =>
        Assert.That(new WatchedImages([Report("a", "ex.test/a:1")]).Of(new("container", "delete", id, id, default)), Is.Empty);

    [Test]
    public void Tells_every_app_that_wants_the_image() =>
        Assert.That(new WatchedImages([Report("a", "postgres:15"), Report("b", "docker.io/postgres:15")]).Of(new("image", "pull", "postgres:15", "postgres", default)).Select(found => found.App), Is.EqualTo(new[] { "a", "b" }));

    [Test]
    public void Takes_a_report_whose_image_is_no_reference() =>
        Assert.That(() => new WatchedImages([Report("a", "not a reference")]), Throws.Nothing);
}
