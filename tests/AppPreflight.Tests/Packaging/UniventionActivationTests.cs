using System.Text.Json;
using NUnit.Framework;
using static AppPreflight.Packaging.UniventionReports;

namespace AppPreflight.Packaging;

/// <summary>The action module among the App Center's: it is asked whatever the order, and breaks nothing (appcenter-oracle.md section 6, rows 5 to 6c).</summary>
internal sealed class UniventionActivationTests
{
    private static readonly string[] AsAlways = ["preinst kelvin", "image kelvin, pulls", "pull kelvin", "container kelvin", "done kelvin"];
    private static readonly string[] AllActions = ["install", "reinitialize", "upgrade"];

    private UniventionStage stage = null!;

    [SetUp]
    public void SetUp() => stage = new();

    [TearDown]
    public void TearDown() => stage.Dispose();

    [Test]
    public void Is_asked_first_in_every_load_order()
    {
        var registries = stage.Run(new() { ["orders"] = 60 });
        Assert.That(registries.GetArrayLength(), Is.EqualTo(1), "one and the same registry");
        Assert.That(Names(registries[0]), Is.EqualTo(AllActions));
        Assert.That(First(registries[0], "upgrade"), Is.EqualTo("app_preflight"));
        Assert.That(First(registries[0], "install"), Is.EqualTo("app_preflight"));
    }

    [Test]
    public void Works_together_with_a_second_extension_in_every_load_order()
    {
        AddExtension("zz_other.py");
        var registries = stage.Run(new() { ["orders"] = 60 });
        foreach (var registry in registries.EnumerateArray())
        {
            Assert.That(Names(registry), Is.EqualTo(AllActions));
            Assert.That(registry.GetProperty("upgrade").EnumerateArray().Select(module => module.GetString()), Is.SupersetOf(new[] { "app_preflight", "zz_other" }));
        }
        Assert.That(registries.GetArrayLength(), Is.EqualTo(2), "either may come first");
    }

    [TestCase("zz_other.py")]
    [TestCase("aa_other.py")]
    public void Asks_once_with_a_second_extension_before_or_behind_it(string name)
    {
        AddExtension(name);
        var outcome = stage.Reply(0, Pass).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(new[] { "other extension kelvin", "preinst kelvin", "image kelvin", "container kelvin", "done kelvin" }));
        Assert.That(stage.Calls, Has.Count.EqualTo(2));
    }

    [TestCase("import a_module_that_is_not_there", "ModuleNotFoundError")]
    [TestCase("def broken(:", "SyntaxError")]
    [TestCase("raise SystemExit(0)", "SystemExit")]
    [TestCase("raise RuntimeError('two\\nlines')", "RuntimeError: two lines")]
    [TestCase("do_it_once = None", "ImportError")]
    public void Puts_the_old_classes_back_when_its_logic_cannot_be_imported(string helper, string reason)
    {
        File.WriteAllText(Path.Combine(stage.Helper, "gate.py"), helper + "\n");
        AssertInactive(reason);
    }

    [Test]
    public void Puts_the_old_classes_back_when_its_logic_is_not_there()
    {
        Directory.Delete(stage.Helper, recursive: true);
        AssertInactive("ModuleNotFoundError");
    }

    [Test]
    public void Puts_the_old_classes_back_when_the_signature_has_changed()
    {
        stage.Environment["STANDIN_SIGNATURE"] = "context";
        var outcome = stage.Reply(1, Fail).Upgrade();
        Assert.That(outcome.Line("upgrade"), Does.Not.Contain("app_preflight"));
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.Contain("TypeError: do_it_once takes other arguments than (self, app, args)"));
    }

    [TestCase("Upgrade of app_preflight")]
    [TestCase("Install of app_preflight")]
    public void Puts_the_old_classes_back_when_a_class_cannot_be_made(string refused)
    {
        stage.Environment["STANDIN_REFUSES"] = refused;
        AssertInactive("RuntimeError: the registry is not what it was");
    }

    [Test]
    public void Leaves_an_App_Center_without_Docker_alone()
    {
        File.Delete(Path.Combine(stage.Actions, "docker_upgrade.py"));
        File.Delete(Path.Combine(stage.Actions, "reinitialize.py"));
        var outcome = stage.Reply(1, Fail).Upgrade(Kelvin(docker: false));
        Assert.That(outcome.Trace, Is.EqualTo(new[] { "preinst kelvin", "packages kelvin", "done kelvin" }));
        Assert.That(outcome.ActionNames, Is.EqualTo(new[] { "install", "upgrade" }));
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public void Has_a_self_test_that_tells_whether_it_is_asked()
    {
        Assert.That(SelfTest(), Is.EqualTo((0, "The App Center asks AppPreflight before each upgrade and installation of a Docker app.\n")));
        File.Delete(Path.Combine(stage.Helper, "gate.py"));
        var (code, output) = SelfTest();
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("ModuleNotFoundError").And.Contain("The App Center does not ask AppPreflight before: upgrade, install"));
    }

    [Test]
    public void Has_a_self_test_that_says_when_the_App_Center_itself_is_broken()
    {
        File.WriteAllText(Path.Combine(stage.Actions, "broken.py"), "raise SystemExit(0)\n");
        Assert.That(SelfTest(), Is.EqualTo((1, "The App Center cannot load its actions: SystemExit: 0\n")));
    }

    [Test]
    public void Has_a_self_test_that_passes_where_there_is_no_App_Center()
    {
        Directory.Delete(Path.Combine(stage.Modules, "univention"), recursive: true);
        Assert.That(SelfTest(), Is.EqualTo((0, "There is no App Center on this host: nothing to test.\n")));
    }

    private (int Code, string Output) SelfTest()
    {
        var (code, output, error) = stage.Execute(UniventionStage.Python, [Path.Combine(stage.Share, "selftest.py")]);
        return (code, output + error);
    }

    private void AddExtension(string name) =>
        File.Copy(Path.Combine(UniventionStage.Repository, "tests/standin/extra/other_extension.py"), Path.Combine(stage.Actions, name));

    private void AssertInactive(string reason)
    {
        var outcome = stage.Reply(1, Fail).Upgrade();
        Assert.That(outcome.Trace, Is.EqualTo(AsAlways));
        Assert.That(outcome.Result, Is.True);
        Assert.That(outcome.ActionNames, Is.EqualTo(AllActions));
        Assert.That(outcome.Line("upgrade").Concat(outcome.Line("install")), Does.Not.Contain("app_preflight"));
        Assert.That(outcome.Warnings, Has.Count.EqualTo(1));
        Assert.That(outcome.Warnings[0], Does.StartWith("AppPreflight does not check upgrades, its gate could not be activated (").And.Contain(reason));
        Assert.That(stage.Calls, Is.Empty);
    }

    private static IEnumerable<string> Names(JsonElement registry) => registry.EnumerateObject().Select(action => action.Name);

    private static string? First(JsonElement registry, string action) => registry.GetProperty(action)[0].GetString();
}
