using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class StatusCommandTests
{
    private Stage stage;

    [SetUp]
    public void SetTheStage() => stage = new Stage();

    [Test]
    public void Shows_verdict_age_and_target_of_each_app_and_the_run_in_progress()
    {
        stage.Kept.Add(Samples.UpToDate with { App = "office" });
        stage.Kept.Add(Samples.Failed);
        stage.Holder = new("r0", 99, RunVerb.Repair, Samples.App, Samples.Noon.AddHours(3));
        stage.Clock.GoOn(TimeSpan.FromHours(3.5));
        Assert.That(stage.Run("status"), Is.EqualTo(1));
        Assert.That(stage.Output.ToString(), Is.EqualTo("""
            ok    office  1.10.3
                  pass at depth claims, checked 3 h ago
            FAIL  ucsschool-kelvin-rest-api  1.10.3 -> 3.1.1
                  fail at depth claims, checked 3 h ago: tag-moved, layer-altered,
                    image-absent
                  -> app-preflight check ucsschool-kelvin-rest-api
            a repair of ucsschool-kelvin-rest-api is going on, started 30 min ago by process
              99

            """));
        Assert.That(stage.Requests, Is.Empty);
    }

    [Test]
    public void Shows_the_findings_of_one_app()
    {
        stage.Kept.Add(Samples.Failed);
        stage.Kept.Add(Samples.Passed with { App = "office" });
        Assert.That(stage.Run("status", Samples.App), Is.EqualTo(1));
        Assert.That(stage.Output.ToString(), Does.Contain("FAIL  tag-moved").And.Contain("-> app-preflight repair ucsschool-kelvin-rest-api\n").And.Not.Contain("office"));
    }

    [Test]
    public void Says_what_to_do_where_nothing_was_checked_yet()
    {
        Assert.That(stage.Run("status"), Is.EqualTo(2));
        Assert.That(stage.Run("status", "kelvin"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("""
            app-preflight: no run has left a report in /var/lib/app-preflight yet; run app-preflight check --all
            app-preflight: no run has left a report on kelvin in /var/lib/app-preflight yet; run app-preflight check kelvin

            """));
    }

    [Test]
    public void Names_a_broken_report()
    {
        stage.Broken.Add("/s/reports/a.json is broken");
        stage.Run("status");
        Assert.That(stage.Error.ToString(), Does.StartWith("app-preflight: /s/reports/a.json is broken\n"));
    }
}
