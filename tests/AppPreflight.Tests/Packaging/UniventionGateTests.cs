using System.Text.Json.Nodes;
using NUnit.Framework;
using static AppPreflight.Packaging.UniventionReports;

namespace AppPreflight.Packaging;

/// <summary>What the App Center does next, for each answer and policy.</summary>
internal sealed class UniventionGateTests
{
    private static readonly string[] AsAlways = ["preinst kelvin", "image kelvin, pulls", "pull kelvin", "container kelvin", "done kelvin"];
    private static readonly string[] WithoutPull = ["preinst kelvin", "image kelvin", "container kelvin", "done kelvin"];
    private const string Refusal = "AppPreflight stopped the upgrade of kelvin 2.0.0 before anything was changed. To go on all the same: ucr set app-preflight/gate";

    private UniventionStage stage = null!;

    [SetUp]
    public void SetUp() => stage = new();

    [TearDown]
    public void TearDown() => stage.Dispose();

    [Test]
    public void Uses_exactly_the_proved_image_and_looks_afterwards()
    {
        var outcome = stage.Reply(0, Pass).Upgrade();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome.Trace, Is.EqualTo(WithoutPull));
            Assert.That(outcome.Result, Is.True);
            Assert.That(outcome.PullImage, Is.True, "the argument gets its value back");
            Assert.That(stage.Calls, Is.EqualTo(new[] { "gate kelvin=2.0.0 --json", "gate kelvin=2.0.0 --json" }));
            Assert.That(outcome.Warnings.Concat(outcome.Fatal), Is.Empty);
            Assert.That(outcome.Information, Does.Contain("AppPreflight: kelvin 2.0.0 runs on the images that were proved"));
        }
    }

    [Test]
    public void Lets_a_report_with_warnings_pass()
    {
        var outcome = stage.Reply(0, Report("warn", findings: [Finding("warn", "A trifle.")])).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(WithoutPull));
        Assert.That(outcome.Information, Does.Contain("A trifle."));
    }

    [Test]
    public void Relays_progress_as_harmless_lines()
    {
        var outcome = stage.Reply(0, Pass.ToJsonString(), $"looking at \u001b[31mred\u001b[0m \a‮ things\r\n\npulled 10 %\rpulled 20 %\n{new string('x', 9000)}\nlast").Upgrade();
        Assert.That(
            outcome.Information.Where(line => !line.StartsWith("AppPreflight", StringComparison.Ordinal)).Distinct(),
            Is.EqualTo(new[] { "looking at red things", "pulled 10 %", "pulled 20 %", new string('x', 497) + "...", "last" }));
    }

    [Test]
    public void Relays_no_more_lines_than_a_log_can_bear()
    {
        var outcome = stage.Reply(3, "", string.Concat(Enumerable.Range(0, 20_000).Select(line => $"line {line}\n"))).Upgrade();
        Assert.That(outcome.Information.Count(line => line.StartsWith("line ", StringComparison.Ordinal)), Is.EqualTo(5000));
        Assert.That(outcome.Information, Does.Contain("(further lines are left out)"));
    }

    [Test]
    public void Stops_a_failing_upgrade_before_anything_is_done()
    {
        var outcome = stage.Reply(1, Fail).Upgrade();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome.Trace, Is.Empty);
            Assert.That(outcome.Result, Is.False);
            Assert.That(outcome.Fatal, Is.EqualTo(new[] { "The layer is not what it should be.", "Remedy: Ask the proxy's admin.", Refusal + "=warn" }));
            Assert.That(outcome.Warnings, Is.Empty);
            Assert.That(stage.Calls, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void Only_warns_where_the_policy_says_so()
    {
        stage.Ucr["app-preflight/gate"] = "warn";
        var outcome = stage.Reply(1, Fail).Upgrade();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
            Assert.That(outcome.Result, Is.True);
            Assert.That(outcome.Fatal, Is.Empty);
            Assert.That(outcome.Warnings, Is.EqualTo(new[]
            {
                "The layer is not what it should be.",
                "Remedy: Ask the proxy's admin.",
                "AppPreflight only warns (UCR app-preflight/gate=warn): the upgrade goes on",
            }));
            Assert.That(stage.Calls, Has.Count.EqualTo(1), "no look where nothing was proved");
        }
    }

    [Test]
    public void Asks_nobody_when_it_is_off()
    {
        stage.Ucr["app-preflight/gate"] = "off";
        var outcome = stage.Reply(1, Fail).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
        Assert.That(stage.Calls, Is.Empty);
        Assert.That(outcome.Warnings.Concat(outcome.Fatal).Concat(outcome.Information), Is.Empty);
    }

    [Test]
    public void Stops_what_could_not_be_told()
    {
        var outcome = stage.Reply(2, Unknown).Upgrade();
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Result, Is.False);
        Assert.That(outcome.Fatal, Is.EqualTo(new[] { "The registry does not answer.", Refusal + "/unknown=allow" }));
    }

    [TestCase(2)]
    [TestCase(10)]
    public void Takes_the_last_line_for_the_reason_when_there_is_no_report(int code)
    {
        var outcome = stage.Reply(code, "", "progress\nAnother run holds the lock.\n").Upgrade();
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Fatal, Is.EqualTo(new[] { "Another run holds the lock.", Refusal + "/unknown=allow" }));
    }

    [TestCase("allow", "enforce", "app-preflight/gate/unknown=allow")]
    [TestCase("block", "warn", "app-preflight/gate=warn")]
    public void Goes_on_with_what_could_not_be_told_where_the_policy_says_so(string unknown, string gate, string named)
    {
        stage.Ucr["app-preflight/gate"] = gate;
        stage.Ucr["app-preflight/gate/unknown"] = unknown;
        var outcome = stage.Reply(2, Unknown).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
        Assert.That(outcome.Warnings, Is.EqualTo(new[] { "The registry does not answer.", $"AppPreflight only warns (UCR {named}): the upgrade goes on" }));
    }

    [Test]
    public void Still_enforces_a_failure_where_only_the_unknown_is_allowed()
    {
        stage.Ucr["app-preflight/gate/unknown"] = "allow";
        Assert.That(stage.Reply(1, Fail).Upgrade().Trace, Is.Empty);
    }

    [TestCase("app-preflight/gate", "strict", 1, "enforce")]
    [TestCase("app-preflight/gate/unknown", "maybe", 2, "block")]
    [TestCase("app-preflight/gate/timeout", "1e3", 1, "3600 seconds")]
    [TestCase("app-preflight/gate/timeout", "0", 1, "3600 seconds")]
    [TestCase("app-preflight/gate/timeout", "-5", 1, "3600 seconds")]
    [TestCase("app-preflight/gate/timeout", "99999999999999999999", 1, "3600 seconds")]
    public void Takes_the_default_for_a_value_it_does_not_know_and_says_so(string key, string value, int code, string taken)
    {
        stage.Ucr[key] = value;
        var outcome = stage.Reply(code, code == 1 ? Fail : Unknown).Upgrade();
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.Contain($"'{value}'").And.Contain(key).And.Contain(taken));
    }

    [Test]
    public void Takes_the_defaults_when_UCR_cannot_be_read()
    {
        stage.Environment["STANDIN_UCR"] = "/nonexistent";
        var outcome = stage.Reply(1, Fail).Upgrade();
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.StartWith("AppPreflight cannot read its UCR variables and takes their defaults"));
    }

    [Test]
    public void Makes_text_of_a_report_harmless()
    {
        var hostile = "a\nfake [CRITICAL] line\u001b[2J\u202e\ud83d" + new string('y', 100_000);
        var outcome = stage.Reply(1, Report("fail", findings: [Finding("fail", hostile, "%s %(x)s\u0000")])).Upgrade();
        Assert.That(outcome.Fatal[0], Does.StartWith("a fake [CRITICAL] line").And.Length.EqualTo(500));
        Assert.That(outcome.Fatal[1], Is.EqualTo("Remedy: %s %(x)s"));
    }

    [TestCase("r.example/kelvin:2.0.0", "The engine does not hold this image yet", "r.example/kelvin:2.0.0: The engine does not hold this image yet")]
    [TestCase("r.example/kelvin:2.0.0 sha256:e3d9", "r.example serves other bytes for layer sha256:e3d9", "r.example/kelvin:2.0.0: r.example serves other bytes for layer sha256:e3d9")]
    [TestCase("kelvin", "The app kelvin is pinned", "The app kelvin is pinned")]
    [TestCase("a file, line 3", "It cannot be read", "a file, line 3: It cannot be read")]
    [TestCase("kelvin", "", "kelvin: finding layer-digest-mismatch")]
    public void Names_what_a_finding_is_about(string subject, string message, string expected)
    {
        var outcome = stage.Reply(1, Report("fail", findings: [Finding("fail", message, subject: subject)])).Upgrade();
        Assert.That(outcome.Fatal[0], Is.EqualTo(expected));
    }

    [Test]
    public void Tells_no_more_findings_than_a_person_reads()
    {
        var many = new JsonArray([.. Enumerable.Range(0, 80).Select(number => (JsonNode)Finding("fail", $"Finding {number}."))]);
        var outcome = stage.Reply(1, Report("fail", findings: many)).Upgrade();
        Assert.That(outcome.Fatal, Has.Count.EqualTo(52));
        Assert.That(outcome.Fatal[50], Is.EqualTo("(30 more findings: app-preflight status)"));
    }

    [TestCase("dry_run", "dry-run kelvin")]
    [TestCase("only_master_packages", "image kelvin, pulls")]
    public void Asks_nobody_for_what_pulls_nothing(string argument, string then)
    {
        var outcome = stage.Reply(1, Fail).Upgrade(more: new() { ["args"] = new JsonObject { [argument] = true } });
        Assert.That(outcome.Trace.Take(2), Is.EqualTo(new[] { "preinst kelvin", then }));
        Assert.That(stage.Calls, Is.Empty);
    }

    [Test]
    public void Asks_nobody_for_packages_and_plugins()
    {
        stage.Reply(1, Fail);
        Assert.That(stage.Upgrade(Kelvin(docker: false)).Trace, Is.EqualTo(new[] { "preinst kelvin", "packages kelvin", "done kelvin" }));
        var plugin = Kelvin();
        plugin["plugin_of"] = "other";
        Assert.That(stage.Upgrade(plugin).Trace, Is.EqualTo(AsAlways));
        Assert.That(stage.Calls, Is.Empty);
    }

    [Test]
    public void Asks_once_when_packages_become_a_container()
    {
        var app = Kelvin();
        app["was_packages"] = true;
        var outcome = stage.Reply(0, Pass).Upgrade(app);
        Assert.That(outcome.Trace, Is.EqualTo(new[] { "preinst kelvin", "preinst kelvin", "container kelvin", "done kelvin", "done kelvin" }));
        Assert.That(stage.Calls, Has.Count.EqualTo(2), "the question and the look");
    }

    [Test]
    public void Works_where_there_is_no_argument_to_keep_from_pulling()
    {
        var outcome = stage.Reply(0, Pass).Act("upgrade", [Kelvin(docker: true)], new() { ["noPullArgument"] = true });
        Assert.That(outcome.Raised, Is.EqualTo("AttributeError"), "the stand-in itself reads the argument");
        Assert.That(outcome.Trace, Is.EqualTo(new[] { "preinst kelvin" }));
        Assert.That(outcome.Warnings, Is.Empty);
    }

    [Test]
    public void Leaves_the_pull_to_the_App_Center_unless_every_image_of_the_step_is_there()
    {
        JsonArray[] unproved =
        [
            [Image(id: null)],
            [Image(), Image("example.org/db:1", id: null)],
            [Image(step: "3.0.0")],
        ];
        foreach (var images in unproved)
        {
            using var other = new UniventionStage();
            var outcome = other.Reply(0, Report("pass", images)).Upgrade();
            Assert.That(outcome.Trace, Is.EqualTo(AsAlways), images.ToJsonString());
            Assert.That(other.Calls, Has.Count.EqualTo(1));
            Assert.That(outcome.Warnings, Is.Empty);
        }
    }

    [Test]
    public void Keeps_it_from_the_registry_where_no_image_has_to_be_fetched()
    {
        var outcome = stage.Reply(0, Report("pass", [])).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(WithoutPull));
        Assert.That(stage.Calls, Has.Count.EqualTo(1), "no look where nothing was proved");
    }

    [Test]
    public void Leaves_the_pull_to_it_where_the_step_pulls_images_that_the_report_does_not_show()
    {
        var report = Report("pass", []);
        report["chain"]![0]!["pulls"] = true;
        Assert.That(stage.Reply(0, report).Upgrade().Trace, Is.EqualTo(AsAlways));
    }

    [Test]
    public void Is_not_kept_from_it_by_images_of_later_steps() =>
        Assert.That(stage.Reply(0, Report("pass", [Image(), Image("example.org/kelvin:3", id: null, step: "3.0.0")])).Upgrade().Trace, Is.EqualTo(WithoutPull));

    [Test]
    public void Does_not_take_the_proof_of_another_component_or_of_unknown_images()
    {
        var other = Kelvin();
        other["component_id"] = "kelvin_2";
        Assert.That(stage.Reply(0, Pass).Upgrade(other).Trace, Is.EqualTo(AsAlways));
        using var unknown = new UniventionStage();
        var report = Pass;
        report["chain"]![0]!["images"] = null;
        Assert.That(unknown.Reply(0, report).Upgrade().Trace, Is.EqualTo(AsAlways));
    }

    [Test]
    public void Does_not_take_a_look_at_what_runs_for_a_proof()
    {
        var image = Image();
        image["steps"] = new JsonArray();
        var look = Report("pass", [image]);
        look["chain"] = new JsonArray();
        look["depth"] = "claims";
        Assert.That(stage.Reply(0, look).Upgrade().Trace, Is.EqualTo(AsAlways));
    }

    [Test]
    public void Takes_the_proof_of_two_releases_of_one_version_and_looks_at_the_one_that_runs()
    {
        var report = Report("pass", [Image(), Image("example.org/kelvin:other", used: false)]);
        report["chain"]!.AsArray().Add((JsonNode)new JsonObject { ["version"] = "2.0.0", ["component"] = "kelvin_2", ["images"] = new JsonArray("example.org/kelvin:other") });
        var outcome = stage.Reply(0, report).Reply(0, Pass).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(WithoutPull));
        Assert.That(outcome.Warnings, Is.Empty);
    }

    [Test]
    public void Gives_the_next_app_of_the_same_call_its_pull_back()
    {
        var outcome = stage.Reply(0, Pass).Reply(0, Pass).Reply(3).Act("upgrade", [Kelvin(), new JsonObject { ["id"] = "other", ["version"] = "1" }]);
        Assert.That(outcome.Trace, Is.EqualTo(WithoutPull.Concat(AsAlways.Select(line => line.Replace("kelvin", "other", StringComparison.Ordinal)))));
    }

    [Test]
    public void Leaves_further_apps_untouched_when_one_is_stopped()
    {
        var outcome = stage.Reply(1, Fail).Act("upgrade", [Kelvin(), new JsonObject { ["id"] = "other", ["version"] = "1" }]);
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(stage.Calls, Has.Count.EqualTo(1));
    }

    [Test]
    public void Asks_before_an_installation_too()
    {
        Assert.That(stage.Reply(1, Fail).Act("install", [Kelvin()]).Trace, Is.Empty);
        using var passing = new UniventionStage();
        Assert.That(passing.Reply(0, Pass).Act("install", [Kelvin()]).Trace, Is.EqualTo(new[] { "preinst kelvin", "container kelvin", "done kelvin" }));
    }

    [Test]
    public void Never_logs_or_hands_over_the_arguments()
    {
        var passed = stage.Reply(0, Pass).Upgrade();
        using var other = new UniventionStage();
        var failed = other.Reply(1, Fail).Upgrade();
        var all = passed.Text + failed.Text + stage.CallsText + other.CallsText;
        Assert.That(all, Does.Not.Contain("S3cret").And.Not.Contain("Administrator"));
        Assert.That(stage.CallsText, Does.Contain("FAKE_CALLS"), "the environment is noted, and handed on as it is");
    }

    [Test]
    public void Changes_no_other_action() =>
        Assert.That(stage.Reply(0, Pass).Upgrade().Line("reinitialize"), Does.Not.Contain("app_preflight"));
}
