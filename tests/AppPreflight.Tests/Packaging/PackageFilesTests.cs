using System.Text.RegularExpressions;
using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>The .deb itself.</summary>
[NonParallelizable]
internal sealed partial class PackageFilesTests
{
    [OneTimeSetUp]
    public Task Prepare() => PackageBuild.Package;

    [Test, CancelAfter(300_000)]
    public async Task Lintian_finds_no_error_and_no_warning(CancellationToken cancellationToken)
    {
        var changes = Path.ChangeExtension(await PackageBuild.Package, "changes");
        var (code, output) = await PackageBuild.TryAsync("lintian", ["-EvIL", "+pedantic", "--fail-on", "error,warning", changes], "/", cancellationToken);
        Assert.That(code, Is.Zero, output);
    }

    [TestCase("debian/app-preflight.postinst")]
    [TestCase("debian/app-preflight.postrm")]
    [TestCase("debian/app-preflight.prerm")]
    [TestCase("debian/tests/smoke")]
    [TestCase(".ci/run")]
    [TestCase("packaging/build-deb.sh")]
    [TestCase("packaging/univention/ucs-host")]
    [TestCase("tests/package/machine.sh")]
    [TestCase("tests/package/trees.sh")]
    [TestCase("tests/run-tests.sh")]
    [TestCase("tests/setup.sh")]
    [CancelAfter(60_000)]
    public async Task Shellcheck_finds_nothing(string script, CancellationToken cancellationToken)
    {
        var (code, output) = await PackageBuild.TryAsync("shellcheck", [script], PackageBuild.Source, cancellationToken);
        Assert.That((code, output), Is.EqualTo((0, "")));
    }

    [Test, CancelAfter(30_000)]
    public async Task Depends_on_the_libraries_that_are_opened_by_name(CancellationToken cancellationToken) =>
        Assert.That((await FieldAsync("Depends", cancellationToken)).Split(", "), Is.SupersetOf(new[] { "libssl3 | libssl3t64", "libzstd1" }));

    [Test, CancelAfter(30_000)]
    public async Task Configuration_as_installed_changes_nothing_and_names_every_key(CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(PackageBuild.Source, "packaging/config.yaml"), cancellationToken);
        var manual = await File.ReadAllTextAsync(Path.Combine(PackageBuild.Source, "packaging/man/app-preflight.yaml.5.scd"), cancellationToken);
        string[] keys = [.. ManualKey().Matches(manual).Select(match => match.Groups["key"].Value)];
        Assert.That(keys, Is.EqualTo(new[] { "auto", "apps", "nightly", "jitter", "scrub", "metrics" }));
        Assert.That(CommentedKey().Matches(text).Select(match => match.Groups["key"].Value), Is.EqualTo(keys));
        Assert.That(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.All.StartsWith("#"));
        Assert.That(await PackageBuild.RunAsync("dpkg-deb", ["-I", await PackageBuild.Package, "conffiles"], "/", cancellationToken), Is.EqualTo("/etc/app-preflight/config.yaml"));
    }

    [GeneratedRegex(@"^\*(?<key>\w+):\*", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ManualKey();

    [GeneratedRegex(@"^#(?<key>\w+):", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex CommentedKey();

    private static async Task<string> FieldAsync(string name, CancellationToken cancellationToken) =>
        await PackageBuild.RunAsync("dpkg-deb", ["-f", await PackageBuild.Package, name], "/", cancellationToken);
}
