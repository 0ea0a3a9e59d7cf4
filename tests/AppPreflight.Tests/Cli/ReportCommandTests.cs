using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class ReportCommandTests
{
    private const string Older = "20261121T110000Z-0a1b2c";

    private Stage stage;

    [SetUp]
    public void SetTheStage() => stage = new Stage();

    [Test]
    public void Prints_a_kept_report_exactly_as_the_run_printed_it()
    {
        foreach (var report in Samples.All.Append(Causes.RottenBlob).Where(report => report.App == Samples.App))
        {
            foreach (var (verb, arguments) in new[] { (RunVerb.Check, new[] { "check", report.App }), (RunVerb.Repair, ["repair", report.App]), (RunVerb.Gate, ["gate", report.App + "=3.1.1"]), (RunVerb.Verify, ["verify", Samples.Image2]) })
            {
                var kept = report with { Verb = verb };
                var (first, again) = (new Stage(), new Stage());
                first.Answers.Enqueue(kept);
                first.Archive.Add(kept);
                again.Archive.Add(kept);
                Assert.That(again.Run("report", kept.Run), Is.EqualTo(first.Run(arguments)));
                Assert.That(again.Output.ToString(), Is.EqualTo(first.Output.ToString()));
                Assert.That(again.Requests, Is.Empty);
            }
        }
    }

    [Test]
    public void Prints_the_newest_without_a_key_and_says_which_it_is()
    {
        stage.Archive.Add(Samples.Failed);
        stage.Archive.Add(Samples.Passed with { Run = Older });
        stage.Clock.GoOn(TimeSpan.FromHours(3));
        Assert.That(stage.Run("report"), Is.EqualTo(1));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: run 20261121T120000Z-abcdef, 2 h ago\n"));
    }

    [Test]
    public void Takes_a_run_of_a_wrong_clock_for_the_newest_only_where_there_is_no_other()
    {
        stage.Archive.Add(Samples.Failed with { Run = "20990101T000000Z-abcdef" });
        Assert.That(stage.Run("report"), Is.EqualTo(1));
        stage.Archive.Add(Samples.Passed with { Run = Older });
        Assert.That(stage.Run("report"), Is.Zero);
    }

    [Test]
    public void Goes_on_to_the_next_where_the_newest_is_broken()
    {
        stage.Archive.Add(Samples.Failed);
        stage.Archive.Add(Samples.Passed with { Run = Older });
        stage.ArchiveFaults[Samples.Failed.Run] = new(Source.Journal, Fault.Malformed, "FILE is broken");
        Assert.That(stage.Run("report"), Is.Zero);
        Assert.That(stage.Error.ToString(), Does.StartWith("app-preflight: FILE is broken\n"));
        Assert.That(stage.Run("report", Samples.Failed.Run), Is.EqualTo(2));
    }

    [Test]
    public void Prints_json_and_nothing_else()
    {
        stage.Archive.Add(Samples.Failed);
        Assert.That(stage.Run("report", "--json"), Is.EqualTo(1));
        Assert.That(stage.Output.ToString(), Is.EqualTo(System.Text.Encoding.UTF8.GetString(ReportJson.Write(Samples.Failed))));
        Assert.That(stage.Error.ToString(), Is.Empty);
    }

    [TestCase("x")]
    [TestCase("../../etc/passwd")]
    [TestCase("20261121T120000Z-ABCDEF")]
    [TestCase("20261121T120000Z")]
    [TestCase("--tikcet")]
    [TestCase("20261121T120000Z-abcdef", "--ticket", "--json")]
    public void Refuses_what_is_no_key_of_a_run(params string[] arguments)
    {
        stage.Archive.Add(Samples.Failed);
        Assert.That(stage.Run(["report", .. arguments]), Is.EqualTo(64));
        Assert.That(stage.Output.ToString(), Is.Empty);
        Assert.That(stage.Error.ToString().Split('\n'), Has.Length.EqualTo(2));
    }

    [Test]
    public void Says_what_there_is_where_a_run_is_not_known()
    {
        Assert.That(stage.Run("report", Older), Is.EqualTo(2));
        Assert.That(stage.Run("report"), Is.EqualTo(2));
        stage.Archive.Add(Samples.Failed);
        Assert.That(stage.Run("report", Older), Is.EqualTo(2));
        Assert.That(stage.Error.ToString().Split('\n')[..^1], Is.EqualTo(new[]
        {
            "app-preflight: no report is kept in /var/lib/app-preflight/runs yet; run app-preflight check --all",
            "app-preflight: no report is kept in /var/lib/app-preflight/runs yet; run app-preflight check --all",
            $"app-preflight: no report of run {Older} is kept in /var/lib/app-preflight/runs; the newest is {Samples.Failed.Run}",
        }));
    }

    [Test]
    public void Says_why_this_user_may_not_read_the_archive()
    {
        stage.ArchiveFaults[""] = new(Source.Journal, Fault.Denied, "the state directory can't be read: permission denied");
        Assert.That(stage.Run("report"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: the state directory can't be read: permission denied\n"));
    }

    [Test]
    public void Says_so_where_nothing_is_for_an_operator()
    {
        stage.Archive.Add(Samples.Passed);
        Assert.That(stage.Run("report", "--ticket"), Is.Zero);
        Assert.That(stage.Output.ToString(), Is.EqualTo($"Nothing in run {Samples.Passed.Run} is for an operator elsewhere to act on.\n"));
    }

    [Test]
    public void Names_the_ticket_below_a_report_with_a_culprit_elsewhere_that_was_kept()
    {
        foreach (var (report, isKept, isNamed) in new[]
        {
            (Causes.RottenBlob, true, true),
            (Causes.RottenBlob, false, false),
            (Causes.OfLoopback(Culprit.Cut), true, true),
            (Causes.OfLoopback(Culprit.LocalStore), true, false),
            (Causes.OfLoopback(Culprit.Retag), true, false),
            (Samples.Failed, true, false),
        })
        {
            var one = new Stage();
            if (isKept) one.Archive.Add(report);
            one.Answers.Enqueue(report);
            one.Run("check", Samples.App);
            Assert.That(one.Output.ToString().Contains($"-> app-preflight report {report.Run} --ticket"), Is.EqualTo(isNamed));
        }
    }

    [Test]
    public void Tells_the_cause_below_its_finding_and_all_of_it_when_asked()
    {
        stage.Answers.Enqueue(Causes.RottenBlob);
        stage.Run("check", Samples.App);
        var brief = stage.Output.ToString();
        Assert.That(brief, Does.Contain("    cause    registry, proven: The registry's own copy is rotten: the same wrong\n"));
        Assert.That(brief, Does.Not.Contain("every other host that pulls it"));
        stage.Answers.Enqueue(Causes.RottenBlob);
        stage.Run("check", Samples.App, "--verbose");
        var whole = stage.Output.ToString()[brief.Length..];
        Assert.That(whole, Does.Contain("- every other host that pulls it will fail as well\n"));
        Assert.That(whole, Does.Contain("differs at byte 4,711, 1 byte, bit: one bit of byte 4711"));
        Assert.That(whole, Does.Contain("      plain     200, 12,400,000 bytes in 1.2 s, sha256:666666666666, from\n"));
        Assert.That(whole, Does.Contain("      mirror    200, 12,400,000 bytes in 3.0 s, right, from\n                mirror.example.org:5000\n"));
    }
}
