using System.Text.Json;
using NUnit.Framework;
using static AppPreflight.Packaging.UniventionReports;

namespace AppPreflight.Packaging;

/// <summary>The test in the management console's system diagnostic.</summary>
internal sealed class UniventionDiagnosticTests
{
    private const string Ready = """{"schema":"app-preflight/status/1","apps":[{"app":"kelvin","installed":"1.10.3","target":"3.1.1","state":"ready","since":"2026-11-21T12:00:00Z","reason":null}],"reports":[]}""";
    private const string Blocked = """{"apps":[{"app":"kelvin","installed":"1.10.3","target":"3.1.1","state":"blocked","reason":"The layer <b> is {spoiled}."},{"app":"other","installed":"1","state":"ready"}]}""";

    private UniventionStage stage = null!;

    [SetUp]
    public void SetUp() => stage = new();

    [TearDown]
    public void TearDown() => stage.Dispose();

    [Test]
    public void Shows_what_is_in_order()
    {
        var shown = stage.Reply(0, Ready).Diagnose();
        Assert.That(shown.GetProperty("success").GetBoolean(), Is.True);
        Assert.That(Text(shown), Does.Contain("- kelvin 1.10.3 -&gt; 3.1.1: ready (since 2026-11-21T12:00:00Z)"));
        Assert.That(stage.Calls, Is.EqualTo(new[] { "status --json" }));
    }

    [Test]
    public void Shows_what_is_blocked_in_red_and_lets_no_text_become_markup()
    {
        var shown = stage.Reply(1, Blocked).Diagnose();
        Assert.That(shown.GetProperty("success").GetBoolean(), Is.False);
        Assert.That(shown.GetProperty("type").GetString(), Is.EqualTo("critical"));
        Assert.That(Text(shown), Does.Contain("- kelvin 1.10.3 -&gt; 3.1.1: blocked. The layer &lt;b&gt; is &#123;spoiled&#125;.").And.Not.Contain("other"));
    }

    [TestCase("""{"apps":[{"app":"kelvin","state":"something new"}]}""", "- kelvin : unknown")]
    [TestCase("""{"apps":[{"app":"kelvin","installed":7,"state":["ready"],"reason":{}}]}""", "- kelvin : unknown")]
    [TestCase("[]", "app-preflight does not tell its status: exit code 2")]
    [TestCase("{ garbage", "app-preflight does not tell its status: exit code 2")]
    public void Shows_what_is_unknown_in_yellow(string status, string expected)
    {
        var shown = stage.Reply(2, status).Diagnose();
        Assert.That(shown.GetProperty("type").GetString(), Is.EqualTo("warning"));
        Assert.That(Text(shown), Does.Contain(expected));
    }

    [Test]
    public void Reads_the_reports_of_a_program_that_tells_no_apps()
    {
        var status = $$"""{"reports":[{{Fail.ToJsonString()}}]}""";
        Assert.That(Text(stage.Reply(1, status).Diagnose()), Does.Contain("- kelvin : blocked. The layer is not what it should be."));
    }

    [Test]
    public void Passes_where_no_app_is_watched() =>
        Assert.That(stage.Reply(2, """{"apps":[],"reports":[]}""").Diagnose().GetProperty("success").GetBoolean(), Is.True);

    [Test]
    public void Says_when_the_program_is_missing()
    {
        File.Delete(stage.Program);
        var shown = stage.Diagnose();
        Assert.That(shown.GetProperty("type").GetString(), Is.EqualTo("warning"));
        Assert.That(Text(shown), Does.Contain("could not be started"));
    }

    [Test]
    public void Checks_now_and_shows_what_came_of_it()
    {
        var shown = stage.Reply(1, "a table").Reply(0, Ready).Diagnose("check_now");
        Assert.That(shown.GetProperty("success").GetBoolean(), Is.True);
        Assert.That(stage.Calls, Is.EqualTo(new[] { "check --all", "status --json" }));
    }

    [Test]
    public void Says_when_another_run_is_under_way()
    {
        var shown = stage.Reply(10, "", "Run 17 repairs kelvin.\n").Reply(0, Ready).Diagnose("check_now");
        Assert.That(shown.GetProperty("type").GetString(), Is.EqualTo("warning"));
        Assert.That(Text(shown), Does.Contain("another run is under way: Run 17 repairs kelvin.").And.Contain("- kelvin"));
    }

    [Test]
    public void Offers_a_button_in_the_console_s_language()
    {
        stage.Environment["STANDIN_LANGUAGE"] = "de";
        var shown = stage.Reply(0, Ready).Diagnose();
        Assert.That(shown.GetProperty("buttons")[0].GetProperty("label").GetString(), Is.EqualTo("Jetzt prüfen"));
        Assert.That(shown.GetProperty("buttons")[0].GetProperty("action").GetString(), Is.EqualTo("check_now"));
        Assert.That(Text(shown), Does.Contain("Die Abbilder der nächsten Aktualisierungen sind in Ordnung:").And.Contain("bereit (seit 2026"));
    }

    [TestCase("raise SystemExit(0)")]
    [TestCase("def broken(:")]
    public void Does_not_break_the_module_when_its_logic_cannot_be_imported(string logic)
    {
        File.WriteAllText(Path.Combine(stage.Helper, "text.py"), logic + "\n");
        var (code, output, _) = stage.Execute(UniventionStage.Python,
            ["-c", "from univention.management.console.modules import diagnostic; print(diagnostic.load()['90_app_preflight'].title)"]);
        Assert.That((code, output), Is.EqualTo((0, "Images for app upgrades (AppPreflight)\n")));
    }

    private static string Text(JsonElement shown) => shown.GetProperty("description").GetString()!;
}
