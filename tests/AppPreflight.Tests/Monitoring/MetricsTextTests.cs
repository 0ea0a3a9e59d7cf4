using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;
using AppPreflight.Upgrades;
using NUnit.Framework;

namespace AppPreflight.Monitoring;

internal sealed class MetricsTextTests
{
    private static readonly DateTimeOffset noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static PreflightReport Report(string app, Verdict verdict, params FindingCode[] codes) => new()
    {
        Run = "r",
        App = app,
        Installed = "1.0",
        Target = "2.0",
        Depth = Depth.Content,
        Verdict = verdict,
        Started = noon,
        Finished = noon.AddMilliseconds(1250),
        Chain = [new("2.0", "c", "5.2", StepMode.Image, true, [])],
        Findings = [.. codes.Select(code => new Finding(code, verdict, "s", Source.Engine, "m"))],
        Bytes = new(10, 20, 3_000_000_000_000, 0, 0),
    };

    private static Measurements Told(params PreflightReport[] reports) => new() { Version = "0.2.0", Started = noon, Reports = reports };

    private static IReadOnlyList<Sample> Samples(Measurements told) => MetricLines.Parse(MetricsText.Of(told));

    private static double Value(Measurements told, string name, params string[] labels) =>
        Samples(told).Single(sample => sample.Name == "app_preflight_" + name && labels.All(label => sample.Labels[label.Split('=')[0]] == label.Split('=')[1])).Value;

    [Test]
    public void Sets_the_one_verdict_that_holds()
    {
        foreach (var verdict in Enum.GetValues<Verdict>())
        {
            var states = Samples(Told(Report("a", verdict), Report("b", Verdict.Pass))).Where(sample => sample.Name == "app_preflight_verdict" && sample.Labels["app"] == "a");
            Assert.That(states.Select(state => (state.Labels["verdict"], state.Value)), Is.EquivalentTo(
                Enum.GetValues<Verdict>().Select(each => (each.Wire(), each == verdict ? 1d : 0d))));
        }
    }

    [Test]
    public void Tells_how_much_of_the_stored_bytes_was_proved_and_nothing_of_an_age_that_there_is_not()
    {
        var told = Told() with { ScrubbedBytes = 9, Proofs = [new("a", 5, 3, 1, noon), new("b", 2, 0, 0, null)] };
        Assert.That(Value(told, "scrubbed_bytes_total"), Is.EqualTo(9));
        Assert.That(Value(told, "stored_layers", "app=a"), Is.EqualTo(5));
        Assert.That(Value(told, "stored_layers_proved", "app=a"), Is.EqualTo(3));
        Assert.That(Value(told, "stored_layers_damaged", "app=a"), Is.EqualTo(1));
        Assert.That(Samples(told).Where(sample => sample.Name == "app_preflight_oldest_proof_timestamp_seconds").Select(sample => (sample.Labels["app"], sample.Value)),
            Is.EqualTo(new[] { ("a", (double)noon.ToUnixTimeSeconds()) }));
    }

    [Test]
    public void Counts_findings_by_code()
    {
        var told = Told(Report("a", Verdict.Fail, FindingCode.TagMoved, FindingCode.LayerAltered, FindingCode.TagMoved));
        Assert.That(Value(told, "findings", "app=a", "code=tag-moved"), Is.EqualTo(2));
        Assert.That(Value(told, "findings", "app=a", "code=layer-altered"), Is.EqualTo(1));
    }

    [Test]
    public void Tells_of_the_last_run_of_each_app()
    {
        var told = Told(Report("a", Verdict.Pass));
        Assert.That(Value(told, "last_run_timestamp_seconds", "app=a"), Is.EqualTo(noon.ToUnixTimeSeconds() + 1.25));
        Assert.That(Value(told, "last_run_duration_seconds", "app=a"), Is.EqualTo(1.25));
        Assert.That(Value(told, "last_run_hashed_bytes", "app=a"), Is.EqualTo(3e12));
        Assert.That(Value(told, "last_run_pulled_bytes", "app=a"), Is.EqualTo(20));
        Assert.That(Value(told, "to_pull_bytes", "app=a"), Is.EqualTo(10));
        Assert.That(Value(told, "chain_steps", "app=a"), Is.EqualTo(1));
        Assert.That(Value(told, "app_info", "app=a", "installed=1.0", "target=2.0"), Is.EqualTo(1));
    }

    [Test]
    public void Tells_of_the_agent()
    {
        var told = Told() with
        {
            IsEngineUp = false,
            IsConfigRead = false,
            NextRun = noon.AddHours(14),
            Runs = new Dictionary<(RunVerb, Verdict), long> { [(RunVerb.Repair, Verdict.Pass)] = 2, [(RunVerb.Check, Verdict.Fail)] = 1 },
        };
        Assert.That(Value(told, "agent_info", "version=0.2.0"), Is.EqualTo(1));
        Assert.That(Value(told, "agent_start_timestamp_seconds"), Is.EqualTo(noon.ToUnixTimeSeconds()));
        Assert.That(Value(told, "engine_up"), Is.Zero);
        Assert.That(Value(told, "config_last_reload_successful"), Is.Zero);
        Assert.That(Value(told, "next_run_timestamp_seconds"), Is.EqualTo(noon.AddHours(14).ToUnixTimeSeconds()));
        Assert.That(Value(told, "runs_total", "verb=repair", "verdict=pass"), Is.EqualTo(2));
    }

    [Test]
    public void Leaves_out_what_nobody_knows()
    {
        var names = Samples(Told()).Select(sample => sample.Name).ToList();
        Assert.That(names, Has.None.Matches("engine_up|next_run|runs_total|verdict"));
        Assert.That(names, Does.Contain("app_preflight_agent_info"));
    }

    [TestCase("a\"b", "a\"b")]
    [TestCase("a\\b", "a\\b")]
    [TestCase("a\\", "a\\")]
    [TestCase("a\nb", "a b")]
    [TestCase("a\",app=\"x\\\"", "a\",app=\"x\\\"")]
    [TestCase("ä{}\u2028", "ä{}\u2028")]
    public void Writes_any_text_so_that_it_stays_within_its_label(string target, string read)
    {
        var info = Samples(Told(Report("a", Verdict.Pass) with { Target = target })).Single(sample => sample.Name == "app_preflight_app_info");
        Assert.That(info.Labels["target"], Is.EqualTo(read));
    }

    [Test]
    public void Bounds_a_label_and_writes_no_series_twice()
    {
        var told = Told(Report(new string('x', 100_000) + "1", Verdict.Pass), Report(new string('x', 100_000) + "2", Verdict.Fail), Report("a", Verdict.Pass));
        Assert.That(MetricsText.Of(told), Has.Length.LessThan(20_000));
        Assert.That(Samples(told).Count(sample => sample.Name == "app_preflight_chain_steps"), Is.EqualTo(2));
    }

    [Test]
    public void Tells_no_negative_duration_of_a_run_over_which_the_clock_was_set_back() =>
        Assert.That(Value(Told(Report("a", Verdict.Pass) with { Finished = noon.AddHours(-1) }), "last_run_duration_seconds"), Is.Zero);

    [Test]
    public void Names_every_metric_in_the_documentation()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) folder = folder.Parent!;
        var document = File.ReadAllText(Path.Combine(folder.FullName, "docs/formats.md"));
        var told = Told(Report("a", Verdict.Fail, FindingCode.TagMoved)) with { IsEngineUp = true, NextRun = noon, Runs = new Dictionary<(RunVerb, Verdict), long> { [(RunVerb.Check, Verdict.Fail)] = 1 } };
        foreach (var sample in Samples(told)) Assert.That(document, Does.Contain($"| `{sample.Name}"), sample.Name);
    }
}
