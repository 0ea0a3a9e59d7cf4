using AppPreflight.Checks;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Journal;

internal sealed class ReportFolderTests
{
    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    public void Gives_back_the_last_report_of_each_app_by_app()
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("kelvin", Verdict.Fail));
        journal.Save(StateDirectory.ReportOf("kelvin"));
        journal.Save(StateDirectory.ReportOf("appcenter"));
        var reports = state.Open().LastReports(out var broken);
        Assert.That(reports.Select(report => (report.App, report.Verdict)), Is.EqualTo(new[] { ("appcenter", Verdict.Pass), ("kelvin", Verdict.Pass) }));
        Assert.That(broken, Is.Empty);
        Assert.That(Directory.GetFiles(state.Report("")), Has.Length.EqualTo(2));
    }

    [Test]
    public void Carries_on_since_when_the_word_for_an_app_has_held()
    {
        var journal = state.Open();
        var since = new List<DateTimeOffset?>();
        foreach (var (verdict, hours) in new[] { (Verdict.Fail, 0), (Verdict.Fail, 1), (Verdict.Pass, 2), (Verdict.Warn, 3), (Verdict.Unknown, 4), (Verdict.Pass, 5) })
        {
            journal.Save(StateDirectory.ReportOf("kelvin", verdict) with { Finished = StateDirectory.Noon.AddHours(hours) });
            since.Add(journal.LastReports(out _).Single().Since);
        }

        Assert.That(since, Is.EqualTo(new[] { 0, 0, 2, 2, 4, 5 }.Select(hours => StateDirectory.Noon.AddHours(hours))));
    }

    [Test]
    public void Counts_from_the_end_of_a_report_of_before_there_was_such_a_field()
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("kelvin"));
        File.WriteAllLines(state.Report("kelvin.json"), File.ReadAllLines(state.Report("kelvin.json")).Where(line => !line.Contains("\"since\"")));
        journal.Save(StateDirectory.ReportOf("kelvin") with { Finished = StateDirectory.Noon.AddHours(1) });
        Assert.That(journal.LastReports(out _).Single().Since, Is.EqualTo(StateDirectory.Noon));
    }

    [TestCase("garbage")]
    [TestCase("""{"schema":"app-preflight/report/9"}""")]
    public void Begins_anew_behind_a_broken_report(string content)
    {
        var journal = state.Open();
        Directory.CreateDirectory(state.Report(""));
        File.WriteAllText(state.Report("kelvin.json"), content);
        journal.Save(StateDirectory.ReportOf("kelvin"));
        Assert.That(journal.LastReports(out var broken).Single().Since, Is.EqualTo(StateDirectory.Noon));
        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void Finds_no_report_where_none_was_written()
    {
        Assert.That(state.Open().LastReports(out var broken), Is.Empty);
        Assert.That(broken, Is.Empty);
    }

    [TestCase("")]
    [TestCase("garbage")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("""{"schema":"app-preflight/report/9"}""")]
    public void Moves_a_broken_report_aside_and_names_it(string content)
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("sound"));
        File.WriteAllText(state.Report("kelvin.json"), content);
        var reports = journal.LastReports(out var broken);
        Assert.That(reports.Select(report => report.App), Is.EqualTo(new[] { "sound" }));
        Assert.That(broken, Has.Count.EqualTo(1));
        Assert.That(broken[0], Does.StartWith(state.Report("kelvin.json") + " is broken (").And.Contain("moved aside as kelvin.json.broken"));
        Assert.That(File.ReadAllText(state.Report("kelvin.json.broken")), Is.EqualTo(content));
        Assert.That(File.Exists(state.Report("kelvin.json")), Is.False);
    }

    [Test]
    public void Moves_aside_what_was_cut_at_any_byte()
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("kelvin"));
        var whole = File.ReadAllBytes(state.Report("kelvin.json"));
        for (var length = 0; length < whole.Length - 2; length += 7)
        {
            File.WriteAllBytes(state.Report("kelvin.json"), whole[..length]);
            Assert.That(journal.LastReports(out var broken), Is.Empty, $"cut after {length} bytes");
            Assert.That(broken, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void Refuses_a_report_that_stands_under_another_name()
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("kelvin"));
        File.Move(state.Report("kelvin.json"), state.Report("other.json"));
        Assert.That(journal.LastReports(out var broken), Is.Empty);
        Assert.That(broken.Single(), Does.Contain("the report of another app"));
    }

    [TestCase("kelvin", "kelvin.json")]
    [TestCase("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd.json")]
    [TestCase(".hidden", "%2Ehidden.json")]
    [TestCase("", ".json")]
    [TestCase("a b\n\0ü", "a%20b%0A%00%C3%BC.json")]
    [TestCase("127.0.0.1:5000/kelvin:2", "127.0.0.1%3A5000%2Fkelvin%3A2.json")]
    public void Names_a_file_that_stays_in_its_folder(string app, string name) =>
        Assert.That(ReportName.Of(app), Is.EqualTo(name));

    [Test]
    public void Keeps_long_names_apart_and_short_enough()
    {
        var (a, b) = (ReportName.Of(new string('x', 5000) + "a"), ReportName.Of(new string('x', 5000) + "b"));
        Assert.That(a, Is.Not.EqualTo(b));
        Assert.That(a, Has.Length.EqualTo(205));
    }

    [Test]
    public void Leaves_the_old_report_when_the_new_one_cannot_be_written()
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("kelvin"));
        File.CreateSymbolicLink(state.Report("kelvin.json.tmp"), "/dev/full");
        var thrown = Assert.Throws<SourceException>(() => journal.Save(StateDirectory.ReportOf("kelvin", Verdict.Fail)));
        Assert.That(thrown!.Message, Does.EndWith("no space left on the device"));
        Assert.That(journal.LastReports(out _).Single().Verdict, Is.EqualTo(Verdict.Pass));
    }
}
