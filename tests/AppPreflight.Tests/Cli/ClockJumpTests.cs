using System.Text.RegularExpressions;
using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

/// <summary>A report, a run or an agent of a clock that was wrong: what is shown is odd at most, never nonsense.</summary>
internal sealed partial class ClockJumpTests
{
    private static readonly TimeSpan[] Jumps =
        [TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromDays(3), TimeSpan.FromDays(40_000), TimeSpan.FromSeconds(-1), TimeSpan.FromHours(-5), TimeSpan.FromDays(-20_000), TimeSpan.Zero];

    private static IEnumerable<TestCaseData<TimeSpan, TimeSpan>> Cases =>
        from finished in Jumps from since in Jumps select new TestCaseData<TimeSpan, TimeSpan>(finished, since);

    [TestCaseSource(nameof(Cases))]
    public void Status_shows_no_negative_age(TimeSpan finished, TimeSpan since)
    {
        var stage = new Stage();
        foreach (var sample in new[] { Samples.UpToDate with { App = "a" }, Samples.Failed with { App = "b" }, Samples.Repaired with { App = "c" } })
            stage.Kept.Add(sample with { Started = Samples.Noon + since, Finished = Samples.Noon + finished, Since = Samples.Noon + since });
        stage.Holder = new("r0", 99, RunVerb.Repair, "a", Samples.Noon + finished);
        foreach (var words in new[] { new[] { "status" }, ["status", "a"], ["status", "b"], ["status", "--json"] })
        {
            Assert.That(stage.Run(words), Is.AnyOf(0, 1, 2));
            Assert.That(Negative().Match(stage.Output.ToString()).Value, Is.Empty, stage.Output.ToString());
            stage.Output.GetStringBuilder().Clear();
        }
    }

    [Test]
    public void A_run_that_ended_before_it_began_took_no_time()
    {
        var stage = new Stage();
        stage.Answers.Enqueue(Samples.UpToDate with { Started = Samples.Noon, Finished = Samples.Noon.AddYears(-3) });
        Assert.That(stage.Run("check", Samples.App), Is.EqualTo(0));
        Assert.That(stage.Output.ToString(), Does.Contain("took 0.0 s"));
    }

    [GeneratedRegex(@"(?<![\w.])-[0-9]+(\.[0-9]+)? ?(s|min|h|days)\b")]
    private static partial Regex Negative();
}
