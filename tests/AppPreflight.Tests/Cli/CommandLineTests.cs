using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class CommandLineTests
{
    private Stage stage;

    [SetUp]
    public void SetTheStage() => stage = new Stage();

    [TestCase(Verdict.Pass, 0)]
    [TestCase(Verdict.Warn, 0)]
    [TestCase(Verdict.Fail, 1)]
    [TestCase(Verdict.Unknown, 2)]
    public void Ends_with_the_code_of_the_verdict(Verdict verdict, int code)
    {
        foreach (var command in new[] { "chain", "check", "repair", "gate" })
        {
            stage.Answers.Enqueue(Samples.Passed with { Verdict = verdict });
            Assert.That(stage.Run(command, Samples.App + (command == "gate" ? "=2.0.0" : "")), Is.EqualTo(code), command);
        }

        stage.Answers.Enqueue(Samples.Passed with { Verdict = verdict });
        Assert.That(stage.Run("verify", Samples.Image2), Is.EqualTo(code));
        stage.Kept.Add(Samples.Passed with { Verdict = verdict });
        Assert.That(stage.Run("status"), Is.EqualTo(code));
    }

    [TestCase(0, Verdict.Pass, Verdict.Warn)]
    [TestCase(2, Verdict.Pass, Verdict.Unknown)]
    [TestCase(1, Verdict.Unknown, Verdict.Fail)]
    [TestCase(1, Verdict.Fail, Verdict.Pass)]
    public void Ends_with_the_worst_of_all_apps(int code, Verdict first, Verdict second)
    {
        stage.Installed = ["a", "b"];
        stage.Answers.Enqueue(Samples.Passed with { App = "a", Verdict = first });
        stage.Answers.Enqueue(Samples.Passed with { App = "b", Verdict = second });
        Assert.That(stage.Run("check", "--all"), Is.EqualTo(code));
        Assert.That(stage.Requests.Select(request => request.App), Is.EqualTo(new[] { "a", "b" }));
    }

    [TestCase("status")]
    [TestCase("check")]
    [TestCase("verify")]
    public void Takes_a_misspelt_option_for_no_app(string command)
    {
        Assert.That(stage.Run(command, "--jsno"), Is.EqualTo(64));
        Assert.That(stage.Error.ToString(), Is.EqualTo($"app-preflight: there is no option '--jsno'; see app-preflight {command} --help\n"));
    }

    [Test]
    public void Breaks_a_complaint_for_a_terminal_only()
    {
        var app = new string('a', 60);
        stage.Glance = _ => throw new IOException("away");
        stage.Run("status", app);
        stage.IsTerminal = true;
        stage.Run("status", app);
        Assert.That(stage.Error.ToString().Split('\n').Count(line => line.Length <= 80), Is.GreaterThan(2));
        Assert.That(stage.Error.ToString().Split('\n')[1], Does.EndWith($"run app-preflight check {app}"));
    }

    [Test]
    public void Cannot_tell_where_no_app_is_installed()
    {
        Assert.That(stage.Run("check", "--all"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: no app with containers is installed on this host: there is nothing to look at\n"));
    }

    [Test]
    public void Hands_on_what_was_asked_for()
    {
        stage.Answers.Enqueue(Samples.Passed);
        stage.Answers.Enqueue(Samples.Passed);
        stage.Answers.Enqueue(Samples.Passed);
        stage.Run("check", "kelvin=2.0.0");
        stage.Run("check", "kelvin", "--content");
        stage.Run("repair", "kelvin");
        stage.Answers.Enqueue(Samples.Passed);
        stage.Run("gate", "kelvin=2.0.0");
        Assert.That(stage.Requests, Is.EqualTo(new RunRequest[]
        {
            new(RunVerb.Check, "kelvin", "2.0.0"),
            new(RunVerb.Check, "kelvin") { Depth = Depth.Content },
            new(RunVerb.Repair, "kelvin") { Depth = Depth.Content },
            new(RunVerb.Gate, "kelvin", "2.0.0") { Depth = Depth.Content },
        }));
    }

    [TestCase("/r", "/e/c.yaml")]
    [TestCase("/", "c.yaml")]
    public void Takes_the_configuration_from_wherever_it_is_told(string root, string file)
    {
        stage.Run("status", "--root", root, "--config", file);
        Assert.That(stage.Settings!.Config, Is.EqualTo(Path.GetFullPath(file)), "not below --root");
        Assert.That(stage.Run("status", "--config", ""), Is.EqualTo(64));
    }

    [TestCase(Sides.Both)]
    [TestCase(Sides.Stored, "--stored")]
    [TestCase(Sides.Served, "--served")]
    [TestCase(Sides.Both, "--stored", "--served")]
    public void Verifies_the_sides_asked_for(Sides sides, params string[] flags)
    {
        stage.Answers.Enqueue(Samples.Passed);
        stage.Run(["verify", "postgres:15", .. flags]);
        Assert.That(stage.Verified, Is.EqualTo(new[] { ("postgres:15", sides) }));
    }

    [TestCase("status")]
    [TestCase("--state", "/s", "--root", "/r", "--host", "unix:///x", "--plain", "--verbose", "--json", "status")]
    public void Takes_global_options_before_the_command(params string[] arguments)
    {
        stage.Environment["DOCKER_HOST"] = "unix:///env";
        stage.Run(arguments);
        Assert.That(stage.Settings, Is.EqualTo(arguments.Length == 1
            ? new Settings { Host = "unix:///env" }
            : new Settings { State = "/s", Root = "/r", Host = "unix:///x", Plain = true, Verbose = true, Json = true }));
    }

    [TestCase("a command is needed; see app-preflight --help")]
    [TestCase("unrecognized command or argument 'frob'; see app-preflight --help", "frob")]
    [TestCase("check needs an APP or --all; see app-preflight check --help", "check")]
    [TestCase("check needs an APP or --all; see app-preflight check --help", "check", "")]
    [TestCase("check takes an APP or --all, not both; see app-preflight check --help", "check", "kelvin", "--all")]
    [TestCase("repair needs an APP or --all; see app-preflight repair --help", "repair")]
    [TestCase("gate needs APP=VERSION; see app-preflight gate --help", "gate")]
    [TestCase("gate needs APP=VERSION; see app-preflight gate --help", "gate", "kelvin")]
    [TestCase("'kelvin=' is not of the form APP or APP=VERSION; see app-preflight gate --help", "gate", "kelvin=")]
    [TestCase("unrecognized command or argument '--all'; see app-preflight gate --help", "gate", "a=1", "--all")]
    [TestCase("chain needs an APP; see app-preflight chain --help", "chain")]
    [TestCase("unrecognized command or argument '--all'; see app-preflight chain --help", "chain", "a", "--all")]
    [TestCase("unrecognized command or argument 'b'; see app-preflight check --help", "check", "a", "b")]
    [TestCase("'=2' is not of the form APP or APP=VERSION; see app-preflight check --help", "check", "=2")]
    [TestCase("'a=' is not of the form APP or APP=VERSION; see app-preflight check --help", "check", "a=")]
    [TestCase("required argument missing for option: '--state'; see app-preflight check --help", "check", "a", "--state")]
    [TestCase("--state needs a value; see app-preflight check --help", "check", "a", "--state", "")]
    [TestCase("verify needs an IMAGE; see app-preflight verify --help", "verify")]
    [TestCase("'UPPER' is not an image reference: a repository name must be lower case; see app-preflight verify --help", "verify", "UPPER")]
    [TestCase("unrecognized command or argument 'a [31m'; see app-preflight check --help", "check", "x", "a\e[31m")]
    public void Answers_wrong_usage_with_one_sentence(string sentence, params string[] arguments)
    {
        Assert.That(stage.Run(arguments), Is.EqualTo(64));
        Assert.That(stage.Error.ToString(), Is.EqualTo($"app-preflight: {sentence}\n"));
        Assert.That(stage.Output.ToString(), Is.Empty);
    }

    [TestCase("--help")]
    [TestCase("check", "--help")]
    [TestCase("check", "a", "--bogus", "--help")]
    public void Helps_within_80_columns(params string[] arguments)
    {
        Assert.That(stage.Run(arguments), Is.Zero);
        Assert.That(stage.Output.ToString(), Does.Contain("--state <DIR>"));
        Assert.That(stage.Output.ToString().Split('\n').Where(line => line.TrimEnd().Length > 80), Is.Empty);
    }

    [Test]
    public void Tells_its_version()
    {
        Assert.That(stage.Run("--version"), Is.Zero);
        Assert.That(stage.Output.ToString(), Does.Match(@"\Aapp-preflight \d+\.\d+\.\d+\n\z"));
    }

    [Test]
    public void Does_not_read_files_named_in_arguments()
    {
        stage.Answers.Enqueue(Samples.AppUnknown);
        stage.Run("check", "@/etc/hostname");
        Assert.That(stage.Requests.Single().App, Is.EqualTo("@/etc/hostname"));
    }

    [Test]
    public void Says_who_holds_the_lock()
    {
        stage.Holder = new("r0", 99, RunVerb.Repair, "other", Samples.Noon.AddMinutes(-5));
        foreach (var command in new[] { "check", "repair" }) Assert.That(stage.Run(command, "kelvin"), Is.EqualTo(10));
        Assert.That(stage.Error.ToString().Split('\n')[0], Is.EqualTo(
            "app-preflight: a repair of other is going on, started 5 min ago by process 99; wait until it has ended (see app-preflight status)"));
        Assert.That(stage.Requests, Is.Empty);
    }

    [Test]
    public void Waits_for_the_lock_at_the_gate_and_says_so_once()
    {
        stage.Holder = new("r0", 99, RunVerb.Repair, "other", Samples.Noon.AddMinutes(-5));
        stage.Clock.OnWait = () => stage.Holder = stage.Clock.Waits < 3 ? stage.Holder : null;
        stage.Answers.Enqueue(Samples.Passed);
        Assert.That(stage.Run("gate", "kelvin=2.0.0"), Is.Zero);
        Assert.That(stage.Error.ToString(), Is.EqualTo("waiting: a repair of other is going on, started 5 min ago by process 99\n"));
        Assert.That((stage.Clock.Waits, stage.Clock.GetUtcNow()), Is.EqualTo((3, Samples.Noon.AddMilliseconds(1500))));
        Assert.That(stage.IsLocked, Is.False);
    }

    [Test]
    public void Waits_at_the_gate_no_longer_than_somebody_wants()
    {
        stage.Holder = new("r0", 99, RunVerb.Repair, "other", Samples.Noon);
        stage.Clock.OnWait = stage.Interruption.Cancel;
        Assert.That(stage.Run("gate", "kelvin=2.0.0"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Does.Contain("app-preflight: stopped;"));
        Assert.That(stage.Requests, Is.Empty);
    }

    [Test]
    public void Shows_the_chain_while_another_run_holds_the_lock()
    {
        stage.Holder = new("r0", 99, RunVerb.Repair, "other", Samples.Noon);
        stage.Answers.Enqueue(Samples.Passed);
        Assert.That(stage.Run("chain", "kelvin"), Is.Zero);
    }

    [Test]
    public void Checks_without_a_state_directory_but_does_not_repair()
    {
        stage.LockFault = new SourceException(Source.Journal, Fault.Refused, "the state directory /s can't be written: no space left on the device");
        stage.Answers.Enqueue(Samples.Passed);
        Assert.That(stage.Run("check", "kelvin"), Is.Zero);
        Assert.That(stage.Run("repair", "kelvin"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("""
            app-preflight: the state directory /s can't be written: no space left on the device; the check goes on, but 'status' will not know of it
            app-preflight: the state directory /s can't be written: no space left on the device

            """));
    }

    [Test]
    public void Stops_cleanly_when_interrupted()
    {
        stage.Thrown = new OperationCanceledException();
        Assert.That(stage.Run("repair", "kelvin"), Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: stopped; nothing half done is left behind: run 'app-preflight repair kelvin' again\n"));
        Assert.That(stage.IsLocked, Is.False);
    }

    [Test]
    public void Calls_a_bug_a_bug_without_a_stack_trace()
    {
        stage.Thrown = new InvalidOperationException("inner\nworkings");
        Assert.That(stage.Run("check", "kelvin"), Is.EqualTo(70));
        Assert.That(stage.Error.ToString(), Does.Match(@"\Aapp-preflight: this is a bug in app-preflight \S+ \(InvalidOperationException\): please report it .*\n\z"));
        Assert.That(stage.IsLocked, Is.False);
    }

    [Test]
    public void Shows_the_exception_of_a_bug_when_verbose()
    {
        stage.Thrown = new InvalidOperationException("inner workings");
        Assert.That(stage.Run("check", "kelvin", "--verbose"), Is.EqualTo(70));
        Assert.That(stage.Error.ToString(), Does.Contain("inner workings").And.Contain("at AppPreflight.Cli.Stage"));
    }

    [Test]
    public void Tells_a_complaint_about_the_app_as_one_sentence()
    {
        stage.Answers.Enqueue(Samples.AppUnknown);
        Assert.That(stage.Run("check", "kelvni"), Is.EqualTo(1));
        Assert.That(stage.Output.ToString(), Is.Empty);
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: No catalogue on this host knows an app 'kelvni'; next: univention-app list\n"));
    }

    [Test]
    public void Ends_when_its_output_cannot_be_written()
    {
        stage.Answers.Enqueue(Samples.Passed);
        var code = new CommandLine((_, _) => throw new IOException("No space left on device"), stage.Terminal).RunAsync(["status"], default).Result;
        Assert.That(code, Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Is.EqualTo("app-preflight: the output can't be written: No space left on device\n"));
    }
}
