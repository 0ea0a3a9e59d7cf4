using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class JsonOutputTests
{
    private Stage stage;

    [SetUp]
    public void SetTheStage() => stage = new Stage
    {
        Events = [new PhaseStarted("reading"), new Noted("a note"), new FindingMade(Samples.Failed.Findings[0])],
    };

    [TestCase(false)]
    [TestCase(true)]
    public void Prints_the_report_and_nothing_else(bool isTerminal)
    {
        stage.IsTerminal = isTerminal;
        foreach (var report in Samples.All.Where(report => report != Samples.Hostile))
        {
            stage.Output.GetStringBuilder().Clear();
            stage.Answers.Enqueue(report);
            Assert.That(stage.Run("check", "kelvin", "--json", "--verbose"), Is.EqualTo(ExitCode.Of(report.Verdict)));
            Assert.That(System.Text.Encoding.UTF8.GetBytes(stage.Output.ToString()), Is.EqualTo(ReportJson.Write(report)));
        }

        Assert.That(stage.Error.ToString(), Does.Contain("reading").And.Contain("a note"));
    }

    [Test]
    public void Prints_an_array_for_all_apps_also_of_one_and_of_none()
    {
        stage.Installed = ["a"];
        stage.Answers.Enqueue(Samples.Passed);
        stage.Run("check", "--all", "--json");
        Assert.That(Parsed().EnumerateArray().Single().GetProperty("app").GetString(), Is.EqualTo(Samples.App));
        stage.Installed = [];
        stage.Output.GetStringBuilder().Clear();
        stage.Run("check", "--all", "--json");
        Assert.That(Parsed().GetArrayLength(), Is.Zero);
    }

    [Test]
    public void Still_prints_the_finished_reports_when_it_is_stopped()
    {
        stage.Installed = ["a", "b"];
        stage.Answers.Enqueue(Samples.Passed);
        Assert.That(stage.Run("check", "--all", "--json"), Is.EqualTo(70), "the stage has no second answer");
        Assert.That(Parsed().GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public void Prints_nothing_where_there_is_no_report()
    {
        stage.Holder = new("r", 1, RunVerb.Check, "a", Samples.Noon);
        Assert.That(stage.Run("check", "a", "--json"), Is.EqualTo(10));
        Assert.That(stage.Run("check", "--json"), Is.EqualTo(64));
        Assert.That(stage.Output.ToString(), Is.Empty);
    }

    [Test]
    public void Gives_status_with_the_run_in_progress_and_the_last_reports()
    {
        stage.Holder = new("r0", 99, RunVerb.Repair, "other", Samples.Noon);
        stage.Kept.Add(Samples.Failed);
        Assert.That(stage.Run("status", "--json"), Is.EqualTo(1));
        var status = Parsed();
        Assert.That(status.GetProperty("schema").GetString(), Is.EqualTo("app-preflight/status/1"));
        Assert.That(status.GetProperty("running").GetProperty("verb").GetString(), Is.EqualTo("repair"));
        Assert.That(ReportJson.Read(System.Text.Encoding.UTF8.GetBytes(status.GetProperty("reports")[0].GetRawText())).Verdict, Is.EqualTo(Verdict.Fail));
    }

    private JsonElement Parsed() => JsonDocument.Parse(stage.Output.ToString()).RootElement.Clone();
}
