using NUnit.Framework;
using static AppPreflight.Packaging.UniventionReports;

namespace AppPreflight.Packaging;

/// <summary>What is broken around the gate costs one warning, and the App Center does what it always did.</summary>
internal sealed class UniventionFaultTests
{
    private static readonly string[] AsAlways = ["preinst kelvin", "image kelvin, pulls", "pull kelvin", "container kelvin", "done kelvin"];

    private UniventionStage stage = null!;

    [SetUp]
    public void SetUp() => stage = new();

    [TearDown]
    public void TearDown() => stage.Dispose();

    private static TestCaseData[] Faults =>
    [
        new(3, "", "disk on fire\n", "ended with code 3 (disk on fire)"),
        new(64, "", "", "ended with code 64"),
        new(70, Pass.ToJsonString(), "", "ended with code 70"),
        new(0, "", "", "printed no report"),
        new(1, "", "", "printed no report"),
        new(0, "Segmentation fault", "", "printed no report"),
        new(0, "[" + Pass.ToJsonString() + "]", "", "printed no report"),
        new(0, new string('[', 100_000), "", "printed no report"),
        new(0, "\"\\ud800\"", "", "printed no report"),
        new(0, Pass.ToJsonString().Replace("report/1", "report/2", StringComparison.Ordinal), "", "printed no report"),
        new(0, Report("pass", app: "other").ToJsonString(), "", "printed no report"),
        new(0, Fail.ToJsonString(), "", "its report says 'fail'"),
        new(0, Unknown.ToJsonString(), "", "its report says 'unknown'"),
        new(1, Pass.ToJsonString(), "", "its report says 'pass'"),
        new(1, "{\"schema\":\"app-preflight/report/1\",\"app\":\"kelvin\"}", "", "its report says ''"),
    ];

    [TestCaseSource(nameof(Faults))]
    public void Goes_on_without_an_answer_that_can_be_used(int code, string output, string error, string reason) =>
        AssertGoesOn(stage.Reply(code, output, error).Upgrade(), reason);

    [Test]
    public void Goes_on_when_the_program_crashes() =>
        AssertGoesOn(stage.Reply(0, more: new() { ["signal"] = 11 }).Upgrade(), "was ended by signal 11");

    [Test]
    public void Goes_on_when_the_program_floods_it() =>
        AssertGoesOn(stage.Reply(0, more: new() { ["megabytes"] = 40 }).Upgrade(), "printed more than 16 MiB and was ended");

    [Test]
    public void Goes_on_when_there_is_no_program()
    {
        File.Delete(stage.Program);
        AssertGoesOn(stage.Upgrade(), "could not be started");
    }

    [Test]
    public void Goes_on_when_the_program_cannot_be_run()
    {
        File.WriteAllText(stage.Program, "#!/nonexistent/interpreter\n");
        AssertGoesOn(stage.Upgrade(), "could not be started");
    }

    [Test]
    public void Finds_the_program_where_the_package_puts_it()
    {
        stage.Environment["PATH"] = "/usr/bin:/bin";
        stage.Reply(1, Fail).Upgrade(more: new() { ["fallback"] = stage.Program });
        Assert.That(stage.Calls, Has.Count.EqualTo(1));
    }

    [Test]
    public void Ends_a_program_that_takes_too_long_with_all_it_started()
    {
        stage.Ucr["app-preflight/gate/timeout"] = "1";
        var outcome = stage.Reply(0, more: new() { ["seconds"] = 300, ["grandchild"] = true }).Upgrade();
        AssertGoesOn(outcome, "did not end within 1 seconds and was ended");
        Assert.That(outcome.Seconds, Is.LessThan(5));
        AssertEnded(2);
    }

    [Test]
    public void Kills_a_program_that_does_not_listen()
    {
        stage.Ucr["app-preflight/gate/timeout"] = "1";
        var outcome = stage.Reply(0, more: new() { ["seconds"] = 300, ["ignoreTerm"] = true }).Upgrade();
        AssertGoesOn(outcome, "did not end within 1 seconds and was ended");
        Assert.That(outcome.Seconds, Is.InRange(6, 12));
        AssertEnded(1);
    }

    [Test]
    public void Does_not_wait_for_what_a_program_leaves_behind()
    {
        var outcome = stage.Reply(1, Fail.ToJsonString(), more: new() { ["grandchild"] = true }).Upgrade();
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Seconds, Is.LessThan(6));
        AssertEnded(2);
    }

    [Test]
    public void Ends_the_program_when_the_admin_interrupts()
    {
        var outcome = stage.Reply(0, more: new() { ["seconds"] = 300, ["grandchild"] = true }).Upgrade(more: new() { ["interrupt"] = true });
        Assert.That(outcome.Raised, Is.EqualTo("KeyboardInterrupt"));
        Assert.That(outcome.Trace, Is.Empty);
        AssertEnded(1);
    }

    [TestCase("RuntimeError")]
    [TestCase("SystemExit")]
    public void Goes_on_when_its_own_logic_breaks(string error)
    {
        var app = Kelvin();
        app["broken"] = error;
        AssertGoesOn(stage.Reply(1, Fail).Upgrade(app), $"goes on without: {error}: broken app");
        Assert.That(stage.Calls, Is.Empty);
    }

    [Test]
    public void Goes_on_when_even_the_log_breaks()
    {
        stage.Environment["STANDIN_LOG_BREAKS"] = "yes";
        var outcome = stage.Reply(3).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
        Assert.That(outcome.Result, Is.True);
    }

    [Test]
    public void Stops_what_would_fail_though_the_log_breaks()
    {
        stage.Environment["STANDIN_LOG_BREAKS"] = "fatal";
        var outcome = stage.Reply(1, Fail).Upgrade();
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Result, Is.False);
    }

    [Test]
    public void Passes_on_what_the_App_Center_itself_raises_or_returns()
    {
        stage.Environment["STANDIN_RAISES"] = "kelvin";
        Assert.That(stage.Reply(0, Pass).Upgrade().Raised, Is.EqualTo("ValueError"));
        Assert.That(stage.Calls, Has.Count.EqualTo(1), "no look at what failed");
        using var failing = new UniventionStage();
        failing.Environment["STANDIN_FAILS"] = "kelvin";
        Assert.That(failing.Reply(0, Pass).Upgrade().Result, Is.False);
        Assert.That(failing.Calls, Has.Count.EqualTo(1));
    }

    private static TestCaseData[] Looks =>
    [
        new(Report("pass", [Image(id: "sha256:other")]).ToJsonString(), "the image example.org/kelvin:2.0.0 is sha256:other, proved was sha256:d36d"),
        new(Report("pass", [Image(used: false)]).ToJsonString(), "no container uses the image example.org/kelvin:2.0.0"),
        new(Report("fail", [Image(id: null)]).ToJsonString(), "the image example.org/kelvin:2.0.0 was proved and is no longer there"),
        new(Report("pass", []).ToJsonString(), "the image example.org/kelvin:2.0.0 was proved and is no longer there"),
        new(Report("warn", findings: [Finding("warn", "The service db has no container.", code: "container-absent"), Finding("warn", "A trifle.")]).ToJsonString(),
            "AppPreflight: The service db has no container."),
        new(Report("fail", findings: [Finding("fail", "kelvin runs on another image.", code: "container-on-other-image")]).ToJsonString(),
            "AppPreflight: kelvin runs on another image."),
        new("garbage", "could not look whether kelvin 2.0.0 runs on the images that were proved"),
    ];

    [TestCaseSource(nameof(Looks))]
    public void Tells_what_the_look_sees_and_changes_nothing(string second, string expected)
    {
        var outcome = stage.Reply(0, Pass).Reply(0, second).Upgrade();
        Assert.That(outcome.Result, Is.True);
        Assert.That(outcome.Trace[^1], Is.EqualTo("done kelvin"));
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.Contain(expected));
    }

    [Test]
    public void Is_not_alarmed_when_the_next_step_is_already_being_prepared()
    {
        stage.Ucr["app-preflight/gate/timeout"] = "2";
        var outcome = stage.Reply(0, Pass).Reply(0, "", "waiting: run 17\n", new() { ["seconds"] = 300 }).Upgrade();
        Assert.That(outcome.Result, Is.True);
        Assert.That(outcome.Warnings, Is.Empty);
        Assert.That(outcome.Information[^1], Is.EqualTo("AppPreflight is busy and has not looked whether kelvin 2.0.0 runs on the images that were proved"));
        AssertEnded(2);
    }

    [Test]
    public void Keeps_a_copy_of_the_run_file_as_the_App_Center_does()
    {
        var file = RunFile("services: {}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetLastWriteTimeUtc(file, new(2025, 3, 14, 1, 2, 3, DateTimeKind.Utc));
        var outcome = stage.Reply(0, Pass).Upgrade(Kelvin(compose: true));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome.Trace[1], Is.EqualTo("image kelvin, has backup"));
            Assert.That(File.ReadAllText(file + ".bak"), Is.EqualTo("services: {}\n"));
            Assert.That(File.GetUnixFileMode(file + ".bak"), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(File.GetLastWriteTimeUtc(file + ".bak"), Is.EqualTo(File.GetLastWriteTimeUtc(file)));
            Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!), Has.Length.EqualTo(2));
        }
    }

    [Test]
    public void Replaces_a_link_in_place_of_the_copy_and_does_not_follow_it()
    {
        var file = RunFile("services: {}\n");
        var bystander = Path.Combine(stage.Root, "bystander");
        File.WriteAllText(bystander, "mine");
        File.CreateSymbolicLink(file + ".bak", bystander);
        stage.Reply(0, Pass).Upgrade(Kelvin(compose: true));
        Assert.That(File.ReadAllText(bystander), Is.EqualTo("mine"));
        Assert.That(File.ReadAllText(file + ".bak"), Is.EqualTo("services: {}\n"));
    }

    [Test]
    public void Needs_no_copy_where_the_version_before_was_no_compose_app() =>
        Assert.That(stage.Reply(0, Pass).Upgrade(Kelvin(compose: true)).Trace[1], Is.EqualTo("image kelvin"));

    [Test]
    public void Lets_the_App_Center_pull_when_the_copy_cannot_be_made()
    {
        var file = RunFile("");
        File.Delete(file);
        File.CreateSymbolicLink(file, "/etc/passwd");
        var outcome = stage.Reply(0, Pass).Upgrade(Kelvin(compose: true));
        Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.StartWith("AppPreflight could not copy docker-compose.yml, the App Center pulls as usual"));
    }

    private string RunFile(string content)
    {
        var folder = Directory.CreateDirectory(Path.Combine(stage.RunFolder, "kelvin/compose")).FullName;
        var file = Path.Combine(folder, "docker-compose.yml");
        File.WriteAllText(file, content);
        return file;
    }

    private static void AssertGoesOn(UniventionOutcome outcome, string reason)
    {
        Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
        Assert.That(outcome.Result, Is.True);
        Assert.That(outcome.PullImage, Is.True);
        Assert.That(outcome.Fatal, Is.Empty);
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.StartWith("AppPreflight could not check this upgrade, which goes on without: ").And.Contain(reason));
    }

    private void AssertEnded(int atLeast)
    {
        var started = stage.ProcessesStarted.ToList();
        Assert.That(started, Has.Count.GreaterThanOrEqualTo(atLeast));
        Assert.That(() => started.Where(IsRunning).ToList(), Is.Empty.After(5000, 50));
    }

    // an ended process that its new parent has not yet waited for is no longer running
    private static bool IsRunning(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return false;
        }
    }
}
