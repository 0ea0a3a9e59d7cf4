using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Pairs;
using NUnit.Framework;

namespace AppPreflight.Cli;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CompareCommandTests
{
    private readonly Stage stage = new();
    private readonly List<(ImageAddress A, ImageAddress B, TagGrade Wanted)> asked = [];

    [SetUp]
    public void Answer() => Give(Forms.Image("ab"), Forms.Image("ab", config: "other").With(("config.Labels.version", "2")));

    [Test]
    public void Says_the_answer_first()
    {
        Assert.That(stage.Run("compare", "r.test/app:1", "r.test/app:2"), Is.EqualTo(ExitCode.Pass));
        var lines = stage.Output.ToString().Split('\n');
        Assert.That(lines[..3], Is.EqualTo(new[]
        {
            "ok    tags-same-layers  The same 2 layers under another configuration:",
            "        config.Labels.version.",
            "      -> safe: same contents",
        }));
        Assert.That(stage.Output.ToString(), Does.Contain("no layer was read").And.Contain("config.Labels.version"));
    }

    [TestCase("docker:app:1", ImagePlace.Engine, "app:1")]
    [TestCase("oci:/srv/layout:v1", ImagePlace.Layout, "/srv/layout:v1")]
    [TestCase("archive:image.tar", ImagePlace.Archive, "image.tar")]
    [TestCase("r.test/app", ImagePlace.Registry, "r.test/app:latest")]
    [TestCase("docker.io/library/docker:24", ImagePlace.Registry, "docker:24")]
    public void Knows_where_an_image_is_by_its_name(string text, ImagePlace place, string name)
    {
        stage.Run("compare", text, "r.test/app:2");
        Assert.That(asked.Single().A, Is.EqualTo(new ImageAddress(place, name)));
    }

    [TestCase("identical", TagGrade.Identical, 1)]
    [TestCase("tags-same-image", TagGrade.SameImage, 1)]
    [TestCase("same-layers", TagGrade.SameLayers, 0)]
    [TestCase("same-files", TagGrade.SameFiles, 0)]
    public void Asks_for_a_grade(string text, TagGrade grade, int code)
    {
        Assert.That(stage.Run("compare", "r.test/app:1", "r.test/app:2", "--grade", text), Is.EqualTo(code));
        Assert.That(asked.Single().Wanted, Is.EqualTo(grade));
    }

    [TestCase("compare needs two images, A and B", "r.test/app:1")]
    [TestCase("compare needs two images, A and B")]
    [TestCase("'differ' is no grade to ask for: identical, same-image, same-layers or same-files", "a", "b", "--grade", "differ")]
    [TestCase("'2' is no grade to ask for: identical, same-image, same-layers or same-files", "a", "b", "--grade", "2")]
    [TestCase("'docker:' names no image behind docker:", "docker:", "b")]
    [TestCase("'UPPER' is not an image reference: a repository name must be lower case", "UPPER", "b")]
    [TestCase("there is no option '-x'", "-x", "b")]
    public void Says_what_is_wrong_with_the_words(string sentence, params string[] words)
    {
        Assert.That(stage.Run(["compare", .. words]), Is.EqualTo(ExitCode.WrongUsage));
        Assert.That(stage.Error.ToString(), Is.EqualTo($"app-preflight: {sentence}; see app-preflight compare --help\n"));
    }

    [Test]
    public void Ends_with_two_where_it_could_not_tell()
    {
        Give(Forms.Image("ab"), Forms.Image("ac"), fault: new(Source.Registry, Fault.Unreachable, "r.test cannot be reached"));
        Assert.That(stage.Run("compare", "a", "b"), Is.EqualTo(ExitCode.CouldNotTell));
        Assert.That(stage.Output.ToString(), Does.StartWith("?     could not be told  They differ from layer 2 on"));
    }

    [Test]
    public void Shows_ten_files_and_with_files_all()
    {
        var files = Enumerable.Range(0, 25).Select(i => new FilePair($"f{i:00}", FileChange.Changed, 1, 1, ["content"])).ToList();
        Give(Forms.Image("ab"), Forms.Image("ac"), files);
        stage.Run("compare", "a", "b");
        Assert.That(stage.Output.ToString(), Does.Contain("f09 changed: content").And.Not.Contain("f10 ").And.Contain("and 15 more files: --files shows all"));
        stage.Output.GetStringBuilder().Clear();
        stage.Run("compare", "a", "b", "--files");
        Assert.That(stage.Output.ToString(), Does.Contain("f24 changed: content").And.Not.Contain("more file"));
    }

    [Test]
    public void Obeys_no_escape_in_what_an_image_says_of_itself()
    {
        Give(Forms.Image("ab").With(("config.Labels.x", "\e[2J\u202eevil")), Forms.Image("ab", config: "other").Made(new Oci.HistoryEntry("RUN \e]0;x\a", false)));
        stage.Run("compare", "a", "b", "--verbose");
        Assert.That(stage.Output.ToString(), Does.Not.Contain('\e').And.Not.Contain('\u202e').And.Not.Contain('\a'));
    }

    [Test]
    public void Prints_one_document_and_nothing_else_with_json()
    {
        stage.Run("compare", "a", "b", "--json");
        using var document = JsonDocument.Parse(stage.Output.ToString());
        Assert.That(document.RootElement.GetProperty("grade").GetString(), Is.EqualTo("tags-same-layers"));
        Assert.That(document.RootElement.GetProperty("fields")[0].GetProperty("b").GetString(), Is.EqualTo("2"));
    }

    private void Give(ImageForm a, ImageForm b, List<FilePair>? files = null, SourceFault? fault = null) => stage.Compared = (left, right, wanted, _) =>
    {
        asked.Add((left, right, wanted));
        var layers = LayerPairs.Of(a, b);
        return Task.FromResult(new ImageComparison(a, b)
        {
            Wanted = wanted,
            Grade = fault is not null ? null : files is not null ? TagGrade.Differ : DocumentGrade.Of(a, b, layers),
            Layers = layers,
            Fields = FieldPairs.Of(a, b),
            History = HistoryPairs.Of(a, b),
            Files = files ?? [],
            Fault = fault,
        });
    };
}
