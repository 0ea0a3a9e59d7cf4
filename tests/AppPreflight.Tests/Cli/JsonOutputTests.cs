using System.Text.Json;
using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Control;
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
    public void Gives_status_with_the_apps_the_run_in_progress_and_the_last_reports()
    {
        stage.Holder = new("r0", 99, RunVerb.Repair, "other", Samples.Noon);
        stage.Kept.AddRange([Samples.Failed with { Since = Samples.Noon.AddDays(-1) }, Samples.Passed with { App = "removed" }]);
        stage.Glance = _ => Task.FromResult<IReadOnlyList<InstalledApp>>([new(Samples.App, "1.10.3"), new("tickets", "")]);
        Assert.That(stage.Run("status", "--json"), Is.EqualTo(1));
        Assert.That(stage.Error.ToString(), Is.Empty);
        var status = Parsed();
        Assert.That(ReportJson.Read(System.Text.Encoding.UTF8.GetBytes(status.GetProperty("reports")[0].GetRawText())).Verdict, Is.EqualTo(Verdict.Fail));
        Assert.That(status.GetProperty("reports")[1].GetProperty("app").GetString(), Is.EqualTo("removed"));
        Assert.That(stage.Output.ToString()[..stage.Output.ToString().IndexOf("  \"reports\"", StringComparison.Ordinal)], Is.EqualTo("""
            {
              "schema": "app-preflight/status/1",
              "apps": [
                {
                  "app": "ucsschool-kelvin-rest-api",
                  "installed": "1.10.3",
                  "target": "3.1.1",
                  "steps": 2,
                  "state": "blocked",
                  "since": "2026-11-20T12:00:00Z",
                  "reason": "The name means another image at the registry than here: it was pulled as sha256:999999999999, the registry now serves sha256:111111111111 (and 2 more findings)",
                  "checked": "2026-11-21T12:00:00.42Z",
                  "depth": "claims",
                  "proof": null
                },
                {
                  "app": "tickets",
                  "installed": null,
                  "target": null,
                  "steps": null,
                  "state": "unknown",
                  "since": null,
                  "reason": "not checked yet",
                  "checked": null,
                  "depth": null,
                  "proof": null
                }
              ],
              "running": {
                "run": "r0",
                "processId": 99,
                "verb": "repair",
                "app": "other",
                "started": "2026-11-21T12:00:00Z"
              },
              "queue": [],
              "nextRun": null,
              "scrub": null,
              "agent": null,
              "engine": null,

            """));
    }

    [Test]
    public void Gives_status_as_the_agent_knows_it_and_says_when_it_does_not_answer()
    {
        stage.AskAgent = _ => Task.FromResult<AgentStatus?>(new()
        {
            Version = "0.2.0",
            ProcessId = 812,
            Started = Samples.Noon,
            ConfigFault = "line 3",
            Engine = new(null, "", Samples.Noon),
            Queue = [new(RunVerb.Gate, "wiki", "2.0.0", "asked by root")],
            NextRun = Samples.Noon,
        });
        Assert.That(stage.Run("status", "--json"), Is.EqualTo(2));
        Assert.That(stage.Output.ToString(), Does.Contain("""
              "queue": [
                {
                  "verb": "gate",
                  "app": "wiki",
                  "target": "2.0.0",
                  "why": "asked by root"
                }
              ],
              "nextRun": "2026-11-21T12:00:00Z",
              "scrub": null,
              "agent": {
                "version": "0.2.0",
                "processId": 812,
                "started": "2026-11-21T12:00:00Z",
                "configFault": "line 3"
              },
              "engine": {
                "answers": null,
                "says": "",
                "since": "2026-11-21T12:00:00Z"
              },
            """));
        stage.AskAgent = _ => throw new IOException("the line ended too early");
        stage.Error.GetStringBuilder().Clear();
        stage.Run("status", "--json");
        Assert.That(stage.Error.ToString(), Does.StartWith("app-preflight: the agent does not answer: the line ended too early\n"));
    }

    private JsonElement Parsed() => JsonDocument.Parse(stage.Output.ToString()).RootElement.Clone();
}
