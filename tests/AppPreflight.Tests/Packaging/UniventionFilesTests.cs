using System.Text.RegularExpressions;
using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>The files of packaging/univention themselves, and the script that puts them in place.</summary>
internal sealed partial class UniventionFilesTests
{
    private UniventionStage stage = null!;

    [SetUp]
    public void SetUp() => stage = new();

    [TearDown]
    public void TearDown() => stage.Dispose();

    private static IEnumerable<string> PythonFiles => Directory.EnumerateFiles(UniventionStage.Sources, "*.py", SearchOption.AllDirectories);

    [Test]
    public void Compile_with_the_Python_of_the_appliance()
    {
        var copies = PythonFiles.Select((file, number) => (File: file, Copy: Path.Combine(stage.Root, $"{number}.py"))).ToList();
        foreach (var (file, copy) in copies) File.Copy(file, copy);
        Assert.That(copies, Has.Count.GreaterThan(8));
        var (code, _, error) = stage.Execute(UniventionStage.Python, ["-m", "py_compile", .. copies.Select(pair => pair.Copy)]);
        Assert.That((code, error), Is.EqualTo((0, "")));
    }

    [Test]
    public void Satisfy_the_linter()
    {
        var (code, output, error) = stage.Execute(UniventionStage.Python, ["-m", "flake8", "--isolated", "--max-line-length=140",
            UniventionStage.Sources, Path.Combine(UniventionStage.Repository, "tests/standin"), Path.Combine(UniventionStage.Repository, "tests/standin/app-preflight")]);
        Assert.That((code, output + error), Is.EqualTo((0, "")));
    }

    [Test]
    public void Describe_each_variable_in_both_languages_with_a_default()
    {
        var text = File.ReadAllText(Path.Combine(UniventionStage.Sources, "app-preflight.univention-config-registry-variables"));
        var sections = Section().Matches(text).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["body"].Value);
        Assert.That(sections.Keys, Is.EqualTo(new[] { "app-preflight/gate", "app-preflight/gate/unknown", "app-preflight/gate/timeout" }));
        foreach (var (name, body) in sections)
        {
            foreach (var key in new[] { "Description[de]=", "Description[en]=", "Type=", "Default=", "Categories=" })
                Assert.That(body, Does.Contain("\n" + key), name);
        }
    }

    [Test]
    public void Are_put_in_place_and_taken_away_on_a_UCS_host()
    {
        Clear();
        var variables = Directory.CreateDirectory(Path.Combine(stage.Root, "etc/univention/registry.info/variables")).FullName;
        var ucr = Path.Combine(Directory.CreateDirectory(Path.Combine(stage.Root, "usr/sbin")).FullName, "univention-config-registry");
        File.WriteAllText(ucr, $"#!/bin/sh\necho \"$@\" >>{stage.Root}/ucr-calls\n");
        File.SetUnixFileMode(ucr, (UnixFileMode)0x1ed);

        Assert.That(UcsHost("enable"), Is.Empty);
        Assert.That(UcsHost("enable"), Is.Empty, "again, as on an upgrade");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(File.ReadAllText(Path.Combine(stage.Actions, "app_preflight.py")), Is.EqualTo(File.ReadAllText(Path.Combine(stage.Share, "actions/app_preflight.py"))));
            Assert.That(File.Exists(Path.Combine(stage.Plugins, "90_app_preflight.py")), Is.True);
            Assert.That(File.Exists(Path.Combine(stage.Helper, "gate.py")), Is.True, "through the link");
            Assert.That(File.Exists(Path.Combine(variables, "app-preflight.cfg")), Is.True);
            Assert.That(File.ReadAllLines(Path.Combine(stage.Root, "ucr-calls")), Is.EqualTo(new[] { "update" }), "only when something changed");
            Assert.That(stage.Reply(1, UniventionReports.Fail).Upgrade().Trace, Is.Empty, "it works there");
        }

        Assert.That(UcsHost("disable"), Is.Empty);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(File.Exists(Path.Combine(stage.Actions, "app_preflight.py")), Is.False);
            Assert.That(File.Exists(Path.Combine(stage.Plugins, "90_app_preflight.py")), Is.False);
            Assert.That(new FileInfo(stage.Helper).LinkTarget, Is.Null);
            Assert.That(Directory.EnumerateFileSystemEntries(variables), Is.Empty);
        }
    }

    [Test]
    public void Are_taken_out_again_when_the_App_Center_does_not_ask()
    {
        Clear();
        stage.Environment["STANDIN_SIGNATURE"] = "context";
        Assert.That(UcsHost("enable"), Does.Contain("the gate was taken out of the App Center again"));
        Assert.That(File.Exists(Path.Combine(stage.Actions, "app_preflight.py")), Is.False);
    }

    [Test]
    public void Leave_any_other_host_alone()
    {
        Clear();
        Directory.Delete(Path.Combine(stage.Modules, "univention"), recursive: true);
        var before = Directory.EnumerateFileSystemEntries(stage.Root, "*", SearchOption.AllDirectories).Order().ToList();
        Assert.That(UcsHost("enable") + UcsHost("disable"), Is.Empty);
        Assert.That(
            Directory.EnumerateFileSystemEntries(stage.Root, "*", SearchOption.AllDirectories).Order().Where(entry => !entry.EndsWith(".json", StringComparison.Ordinal)),
            Is.EqualTo(before));
    }

    [Test]
    public void Go_with_the_App_Center()
    {
        Clear();
        UcsHost("enable");
        File.Delete(Path.Combine(stage.Actions, "__init__.py"));
        File.Delete(Path.Combine(stage.Plugins, "__init__.py"));
        Assert.That(UcsHost("enable"), Is.Empty);
        Assert.That(File.Exists(Path.Combine(stage.Actions, "app_preflight.py")), Is.False);
        Assert.That(File.Exists(Path.Combine(stage.Plugins, "90_app_preflight.py")), Is.False);
    }

    private void Clear()
    {
        File.Delete(Path.Combine(stage.Actions, "app_preflight.py"));
        File.Delete(Path.Combine(stage.Plugins, "90_app_preflight.py"));
        Directory.Delete(stage.Helper, recursive: true);
    }

    private string UcsHost(string verb)
    {
        var (code, output, error) = stage.Execute("/bin/sh", [Path.Combine(stage.Share, "ucs-host"), verb, stage.Root]);
        Assert.That(code, Is.Zero);
        return output + error;
    }

    [GeneratedRegex(@"^\[(?<name>[^\]]+)\]$(?<body>(\n[^\[\n].*)+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Section();
}
