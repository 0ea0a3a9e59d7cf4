using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

public sealed class RetagCheckTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 3, 10, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Yesterday = Now.AddDays(-1);

    [Test]
    public void Says_nothing_of_a_tag_that_stays_or_is_new()
    {
        Assert.That(RetagCheck.Join([], null, Now), Is.Empty);
        Assert.That(RetagCheck.Join([], Note((Served(), Yesterday)), Now), Is.Empty);
        Assert.That(RetagCheck.Join([], Note((Served(), Yesterday), (Served(), Now)), Now), Is.Empty);
    }

    [Test]
    public void Warns_of_the_same_contents_with_their_history()
    {
        var finding = RetagCheck.Join([], Note((Served(), Now.AddDays(-3)), (Served(), Yesterday), (Relabelled(), Now)), Now).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Source, finding.Subject, finding.Grade, finding.Remedy),
            Is.EqualTo((FindingCode.TagMoved, Verdict.Warn, Source.Registry, Name, (TagGrade?)TagGrade.SameLayers, $"app-preflight compare example.org/kelvin@{Served().Root.Digest} {Name}")));
        Assert.That((finding.Expected, finding.Observed), Is.EqualTo(($"{Served().Root.Digest}", $"{Relabelled().Root.Digest}")));
        Assert.That(finding.Message, Is.EqualTo(
            "This tag was pushed again between 2026-11-21 03:10 and 2026-11-22 03:10 UTC: the layers are the same, its configuration is another: the same contents, perhaps started otherwise; "
            + $"it was {Served().Root.Digest.Short} since 2026-11-19 03:10"));
        Assert.That((finding.Cause!.Culprit, finding.Cause.Evidence.Count), Is.EqualTo((Culprit.Retag, 2)));
    }

    [Test]
    public void Warns_of_another_build_and_names_the_command_that_looks_into_it()
    {
        var finding = RetagCheck.Join([], Note((Served(), Yesterday), (Served("other"), Now)), Now).Single();
        Assert.That((finding.Verdict, finding.Grade), Is.EqualTo((Verdict.Warn, (TagGrade?)null)));
        Assert.That(finding.Message, Does.Contain("another build, 2 of 3 layers are other ones; it was"));
        Assert.That(finding.Remedy, Is.EqualTo($"app-preflight compare example.org/kelvin@{Served().Root.Digest} {Name}"));
    }

    [Test]
    public void Tells_that_it_is_what_it_was_before()
    {
        var finding = RetagCheck.Join([], Note((Served(), Now.AddDays(-2)), (Served("other"), Yesterday), (Served(), Now)), Now).Single();
        Assert.That(finding.Message, Does.EndWith($"it was {Served("other").Root.Digest.Short} since 2026-11-21 03:10, and before that, until 2026-11-20 03:10, what it is now"));
    }

    [TestCase(0, true)]
    [TestCase(13, true)]
    [TestCase(14, false)]
    [TestCase(400, false)]
    [TestCase(-13, true)]
    [TestCase(-400, false)]
    public void Tells_it_for_a_fortnight(int daysLater, bool tells) =>
        Assert.That(RetagCheck.Join([], Note((Served(), Yesterday), (Relabelled(), Now)), Now.AddDays(daysLater)).Any(), Is.EqualTo(tells));

    [Test]
    public void Does_not_tell_what_the_stored_copy_shows_a_second_time()
    {
        var stored = Stored();
        var observation = Seen(Relabelled(), stored);
        var note = Note((Served(), Yesterday), (Relabelled(), Now));
        var finding = RetagCheck.Join(StoredCheck.Look(observation, Engine(stored)), note, Now).Single();
        Assert.That((finding.Source, finding.Verdict, finding.Remedy), Is.EqualTo((Source.Engine, Verdict.Warn, (string?)"app-preflight repair")));
        Assert.That(finding.Message, Does.Contain("; the layers are the same, its configuration is another (whether they are started otherwise: ").And.Contain("); pushed again between 2026-11-21 03:10 and 2026-11-22 03:10 UTC, it was sha256:"));
        Assert.That(finding.Cause!.Evidence, Has.Count.EqualTo(2));
    }

    [Test]
    public void Says_what_is_sure_where_the_clock_was_set_back() =>
        Assert.That(RetagCheck.Join([], Note((Served(), Now), (Relabelled(), Yesterday)), Now).Single().Message, Does.StartWith("This tag was pushed again before 2026-11-21 03:10 UTC: "));

    /// <summary>The same layers under another configuration.</summary>
    internal static ServedImage Relabelled(string label = "relabelled")
    {
        var manifest = Served();
        var root = Oci.Served.Of(Encoding.UTF8.GetBytes("manifest " + label), MediaType.DockerManifest);
        return manifest with
        {
            Root = root,
            ManifestBytes = root,
            Manifest = manifest.Manifest with { Config = manifest.Manifest.Config with { Digest = DigestOf("config " + label) } },
        };
    }

    private static TagNote Note(params (ServedImage Image, DateTimeOffset At)[] looks) => looks
        .Select(look => TagNote.Of(ImageReference.Parse(Name), look.Image, new("linux", "amd64"), look.At)!).Aggregate((note, look) => note.Then(look.Latest));
}
