using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class StatusCommandTests
{
    [Test]
    public void Names_who_is_to_blame_where_it_is_not_this_host()
    {
        var rotten = new Cause(Culprit.Registry, Confidence.Proven, "registry.example.org has a rotten copy: the same wrong bytes 3 times by 2 ways. Every other host fails as well");
        string ReasonOf(Cause cause) => new StatusLine(Samples.App, "1.10.3", Samples.Passed with
        {
            Verdict = Verdict.Fail,
            Findings = [new(FindingCode.LayerAltered, Verdict.Fail, Samples.Image2, Source.Registry, "Other bytes") { Cause = cause }],
        }).Reason(Samples.Noon);
        Assert.That(ReasonOf(rotten), Is.EqualTo("registry.example.org has a rotten copy: the same wrong bytes 3 times by 2 ways"));
        Assert.That(ReasonOf(rotten with { Culprit = Culprit.LocalStore }), Is.EqualTo("Other bytes"));
    }

    private Stage stage;

    [SetUp]
    public void SetTheStage() => stage = new Stage();

    [Test]
    public void Shows_each_installed_app_and_that_no_agent_is_running()
    {
        stage.Kept.AddRange([Samples.UpToDate with { App = "office" }, Samples.Failed, Samples.Repaired with { App = "healed", Since = Samples.Noon.AddDays(-4) }]);
        Install(("healed", "1.10.3"), ("office", "1.10.3"), ("tickets", "7.1"), (Samples.App, "1.10.3"));
        stage.Holder = new("r0", 99, RunVerb.Repair, Samples.App, Samples.Noon.AddHours(3));
        stage.Clock.GoOn(TimeSpan.FromHours(3.5));
        Assert.That(stage.Run("status"), Is.EqualTo(1));
        Assert.That(stage.Output.ToString(), Is.EqualTo("""
            state    app                        installed -> target  steps  since
            healed   healed                     1.10.3 -> 3.1.1          2  4 days ago
                     cured 3 h ago (content): tag-moved, image-absent
            ready    office                     1.10.3                   0  3 h ago
                     nothing newer on offer, checked 3 h ago
            unknown  tickets                    7.1 -> ?                 -  -
                     not checked yet
                     -> app-preflight check tickets
            blocked  ucsschool-kelvin-rest-api  1.10.3 -> 3.1.1          2  3 h ago
                     The name means another image at the registry than here: it was pulled
                     as sha256:999999999999, the registry now serves sha256:111111111111
                     (and 2 more findings)
                     -> app-preflight status ucsschool-kelvin-rest-api

            agent    not running: commands work in-process, and nobody looks by itself
                     -> systemctl start app-preflight
            engine   not asked: only the agent watches it
            run      a repair of ucsschool-kelvin-rest-api is going on, started 30 min ago
                     by process 99

            """));
        Assert.That(stage.Error.ToString(), Is.Empty);
        Assert.That(stage.Requests, Is.Empty);
    }

    [Test]
    public void Shows_what_the_agent_knows_and_reads_no_file()
    {
        stage.Broken.Add("nobody reads the state directory");
        stage.Glance = _ => throw new InvalidOperationException("nobody reads the App Center's files");
        stage.AskAgent = _ => Task.FromResult<AgentStatus?>(Agent with
        {
            ConfigFault = "/etc/app-preflight/config.yaml, line 3: 'sometimes' is none of heal, check, off.",
            Running = new("r0", 812, RunVerb.Check, "wiki", Samples.Noon.AddHours(1)),
            Queue = [new(RunVerb.Gate, "wiki", "2.0.0", "asked by root"), .. Enumerable.Repeat(new QueuedRun(RunVerb.Repair, "tickets", null, "nightly"), 6)],
            NextRun = Samples.Noon.AddHours(14),
        });
        stage.Clock.GoOn(TimeSpan.FromHours(2));
        Assert.That(stage.Run("status"), Is.EqualTo(0));
        Assert.That(stage.Output.ToString(), Is.EqualTo("""
            state    app   installed -> target  steps  since
            ready    wiki  1.10.3 -> 3.1.1          2  1 h ago  checked 1 h ago (claims)

            agent    running, process 812, started 24 h ago, version 0.2.0
            config   /etc/app-preflight/config.yaml, line 3: 'sometimes' is none of heal,
                     check, off; the last good one is in use
            engine   answers: Docker Engine 20.10.24 (noticed 3 h ago)
            run      a check of wiki is going on, started 1 h ago by process 812
            queue    gate of wiki to 2.0.0 (asked by root)
                     repair of tickets (nightly)
                     repair of tickets (nightly)
                     repair of tickets (nightly)
                     repair of tickets (nightly)
                     and 2 more
            next     the agent looks by itself in 12 h 00 min

            """));
        Assert.That(stage.Error.ToString(), Is.Empty);
    }

    [Test]
    public void Shows_when_the_stored_bytes_were_proved_and_when_they_are_read_next()
    {
        var scrub = new ScrubStatus { Budget = new(20_000_000, TimeSpan.FromMinutes(30)), Next = Samples.Noon.AddHours(14), Apps = [new("wiki", 5, 3, 0, Samples.Noon.AddDays(-2))] };
        stage.AskAgent = _ => Task.FromResult<AgentStatus?>(Agent with { Scrub = scrub });
        stage.Run("status");
        Assert.That(stage.Output.ToString(), Does.Contain("\n         stored bytes proved 2 days ago, 3 of 5 layers\n"));
        Assert.That(stage.Output.ToString(), Does.EndWith("\nscrub    stored layers are read in 14 h 00 min, 20.0 MB/s for at most 30 min\n"));
    }

    [TestCase(5, 5, 0, "stored bytes proved 2 days ago, 5 layers")]
    [TestCase(1, 1, 0, "stored bytes proved 2 days ago, 1 layer")]
    [TestCase(5, 4, 1, "stored bytes proved 2 days ago, 4 of 5 layers; 1 damaged when read last")]
    [TestCase(5, 0, 0, "stored bytes not proved yet, 5 layers")]
    public void Says_how_much_of_an_app_was_proved(int layers, int proved, int damaged, string sentence)
    {
        var proof = new AppProof("wiki", layers, proved, damaged, proved > 0 ? Samples.Noon.AddDays(-2) : null);
        stage.AskAgent = _ => Task.FromResult<AgentStatus?>(Agent with { Scrub = new() { Apps = [proof] } });
        stage.Run("status", "wiki");
        Assert.That(stage.Output.ToString(), Does.Contain($"\n         {sentence}\n"));
    }

    [Test]
    public void Says_what_the_scrub_does_or_why_it_does_nothing()
    {
        string Line(ScrubStatus scrub)
        {
            stage.Output.GetStringBuilder().Clear();
            stage.AskAgent = _ => Task.FromResult<AgentStatus?>(Agent with { Scrub = scrub });
            stage.Run("status");
            return stage.Output.ToString().TrimEnd('\n').Split('\n')[^1];
        }

        Assert.That(Line(new()), Is.EqualTo("scrub    never: the configuration says so"));
        Assert.That(Line(new() { ReadingSince = Samples.Noon.AddMinutes(-3) }), Is.EqualTo("scrub    reading stored layers for 3 min 00 s"));
        Assert.That(Line(new() { Fault = "the engine's storage driver is vfs" }), Is.EqualTo("scrub    stored layers can't be read: the engine's storage driver is vfs"));
    }

    [Test]
    public void Says_that_the_engine_is_away_and_that_the_agent_never_looks_by_itself()
    {
        stage.AskAgent = _ => Task.FromResult<AgentStatus?>(Agent with { Engine = new(false, "there is no engine at /var/run/docker.sock.", Samples.Noon), NextRun = null });
        Assert.That(stage.Run("status"), Is.EqualTo(0));
        Assert.That(stage.Output.ToString(), Does.EndWith("""
            engine   does not answer: there is no engine at /var/run/docker.sock (noticed
                     just now)
            next     never by itself: the configuration says so

            """));
    }

    [Test]
    public void Falls_back_to_the_files_when_the_agent_does_not_answer()
    {
        stage.Kept.Add(Samples.Passed with { App = "wiki" });
        stage.AskAgent = async token =>
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return null;
        };
        Assert.That(stage.Run("status"), Is.EqualTo(0));
        Assert.That(stage.Output.ToString(), Is.EqualTo("""
            state    app   installed -> target  steps  since
            ready    wiki  1.10.3 -> 3.1.1          2  just now  checked just now (claims)

            agent    does not answer: no answer within a second
                     -> systemctl status app-preflight
            engine   not asked: only the agent watches it

            """));
    }

    [Test]
    public void Shows_only_apps_with_a_report_while_nobody_can_tell_what_is_installed()
    {
        stage.Kept.Add(Samples.Passed with { App = "wiki" });
        stage.Glance = _ => new TaskCompletionSource<IReadOnlyList<InstalledApp>>().Task;
        Assert.That(stage.Run("status"), Is.EqualTo(0));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: what is installed can't be told: the App Center's files: no answer within a second; only apps with a report are shown\n"));
        stage.Glance = _ => throw new SourceException(Source.AppCenter, Fault.Malformed, "/x.ini, line 3 is not UTF-8: the App Center can't read any app while it is so.");
        stage.Error.GetStringBuilder().Clear();
        Assert.That(stage.Run("status", "wiki"), Is.EqualTo(0));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: /x.ini, line 3 is not UTF-8: the App Center can't read any app while it is so; only apps with a report are shown\n"));
        stage.AskAgent = _ => Task.FromResult<AgentStatus?>(Agent with { Installed = null });
        stage.Error.GetStringBuilder().Clear();
        Assert.That(stage.Run("status"), Is.EqualTo(0));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: the agent could not read what is installed; only apps with a report are shown\n"));
    }

    [Test]
    public void Leaves_out_an_app_that_was_removed_and_is_not_red_because_of_it()
    {
        stage.Kept.AddRange([Samples.Failed with { App = "gone" }, Samples.Passed with { App = "wiki" }]);
        Install(("wiki", "1.10.3"));
        Assert.That(stage.Run("status"), Is.EqualTo(0));
        Assert.That(stage.Output.ToString(), Does.Not.Contain("gone"));
        Assert.That(stage.Run("status", "gone"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: gone is not installed any more; its last report, just now, said blocked\n"));
    }

    [Test]
    public void Takes_no_report_about_another_version_for_an_answer()
    {
        stage.Kept.Add(Samples.Failed with { App = "wiki" });
        Install(("wiki", "3.1.1"));
        Assert.That(stage.Run("status", "wiki"), Is.EqualTo(2));
        Assert.That(stage.Output.ToString(), Is.EqualTo("""
            state    app   installed -> target  steps  since
            unknown  wiki  3.1.1 -> ?               -  -
                     not checked since 1.10.3 became 3.1.1 (last just now)
                     -> app-preflight check wiki

            """));
    }

    [Test]
    public void Shows_line_steps_and_findings_of_one_app()
    {
        stage.Kept.AddRange([Samples.Unknown, Samples.Passed with { App = "office" }]);
        stage.Holder = new("r0", 99, RunVerb.Repair, "office", Samples.Noon);
        Assert.That(stage.Run("status", Samples.App), Is.EqualTo(2));
        Assert.That(stage.Output.ToString(), Is.EqualTo("""
            state    app                        installed -> target  steps  since
            unknown  ucsschool-kelvin-rest-api  1.10.3 -> 3.1.1          2  just now
                     artifacts.software-univention.de does not answer: connection refused
                     (and 1 more finding)

            step 2.0.0  new container
              artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
                ?     served  could not be seen
                ?     stored  could not be seen

            step 3.1.1  new container
              artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:release3.1.1
                ?     served  could not be seen
                ?     stored  could not be seen

            2 findings
              ?     registry-unreachable
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
                artifacts.software-univention.de does not answer: connection refused
                -> check the network, DNS and proxy of this host, then run again
              ?     engine-unreachable  unix:///var/run/docker.sock
                there is no engine at /var/run/docker.sock
                -> systemctl status docker

            run      a repair of office is going on, started just now by process 99

            """));
    }

    [TestCase(0, "ready", "warning, checked just now (claims): The registry's header names another digest than its bytes have", Verdict.Warn)]
    [TestCase(2, "unknown", "not all of it could be looked at, just now", Verdict.Unknown)]
    [TestCase(1, "blocked", "not all of it could be looked at, just now", Verdict.Fail)]
    public void Has_one_word_and_one_reason_for_each_verdict(int code, string state, string reason, Verdict verdict)
    {
        stage.Kept.Add(Samples.Warned with { App = "wiki", Verdict = verdict });
        Assert.That(stage.Run("status", "--json"), Is.EqualTo(code));
        var app = System.Text.Json.JsonDocument.Parse(stage.Output.ToString()).RootElement.GetProperty("apps")[0];
        Assert.That((app.GetProperty("state").GetString(), app.GetProperty("reason").GetString()), Is.EqualTo((state, reason)));
    }

    [Test]
    public void Fits_80_columns_whatever_the_names_and_differs_with_colours_only_in_the_colours()
    {
        stage.Kept.AddRange([Samples.Hostile, Samples.Failed, Samples.Passed with { App = new string('a', 40) + "-" + new string('b', 160), Finished = Samples.Noon.AddDays(900) }]);
        Install([("tickets-with-quite-a-long-name", "26.0.1-ucs1"), .. stage.Kept.Select(report => (report.App, report.Installed!))]);
        Assert.That(stage.Run("status"), Is.EqualTo(1));
        var plain = stage.Output.ToString();
        TestContext.Out.WriteLine(plain);
        Assert.That(plain.Split('\n').Where(line => line.Length > 80), Is.Empty);
        Assert.That(plain.Where(c => c != '\n' && (char.IsControl(c) || c is '\u202e' or '\u2028')), Is.Empty);
        Assert.That(plain, Does.Not.Match("(?m) $"));
        stage.IsTerminal = true;
        stage.Output.GetStringBuilder().Clear();
        stage.Run("status");
        Assert.That(stage.Output.ToString(), Does.Contain("\e[1;31mblocked\e[0m"));
        Assert.That(System.Text.RegularExpressions.Regex.Replace(stage.Output.ToString(), @"\e\[[0-9;]*m", ""), Is.EqualTo(plain));
    }

    [Test]
    public void Says_what_to_do_where_there_is_nothing_to_show()
    {
        Assert.That(stage.Run("status"), Is.EqualTo(2));
        Assert.That(stage.Run("status", "kelvni"), Is.EqualTo(2));
        stage.Glance = _ => throw new IOException("away");
        Assert.That(stage.Run("status"), Is.EqualTo(2));
        Assert.That(stage.Run("status", "kelvin"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("""
            app-preflight: no app with containers is installed on this host
            app-preflight: no app kelvni with containers is installed on this host; app-preflight status shows all there are
            app-preflight: what is installed can't be told: the App Center's files: away; only apps with a report are shown
            app-preflight: no run has left a report in /var/lib/app-preflight yet; run app-preflight check --all
            app-preflight: what is installed can't be told: the App Center's files: away; only apps with a report are shown
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

    private static AgentStatus Agent => new()
    {
        Version = "0.2.0",
        ProcessId = 812,
        Started = Samples.Noon.AddHours(-22),
        Engine = new(true, "Docker Engine 20.10.24", Samples.Noon.AddHours(-1)),
        Installed = [new("wiki", "1.10.3")],
        Reports = [Samples.Passed with { App = "wiki" }],
    };

    private void Install(params (string App, string Version)[] apps) =>
        stage.Glance = _ => Task.FromResult<IReadOnlyList<InstalledApp>>([.. apps.Select(app => new InstalledApp(app.App, app.Version))]);
}
