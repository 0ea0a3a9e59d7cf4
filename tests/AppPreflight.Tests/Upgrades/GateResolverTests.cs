using System.Collections.Immutable;
using AppPreflight.Apps;
using NUnit.Framework;
using static AppPreflight.Upgrades.Releases;

namespace AppPreflight.Upgrades;

public sealed class GateResolverTests
{
    [TestCase("2.0", Description = "what the chain offers next")]
    [TestCase("1.5", Description = "what the chain passes by")]
    [TestCase("3.0", Description = "what the chain reaches later")]
    [TestCase("4.0", Description = "what does not support this UCS version")]
    public void Goes_straight_to_the_version_asked_for(string version)
    {
        var chain = Gate(Catalog(DockerRelease("1.0"), DockerRelease("1.5"), DockerRelease("2.0"), DockerRelease("3.0", needs: "2.0"),
            DockerRelease("4.0") with { SupportedUcsVersions = ["5.3-0"] }), Installed("1.0"), version);
        Assert.That((chain.Outcome, chain.Installed?.Version.Text, chain.Running), Is.EqualTo((ChainOutcome.Complete, "1.0", (RunningApp?)null)));
        var step = chain.Steps.Single();
        Assert.That((step.Release.Version.Text, step.Mode, step.Pulls), Is.EqualTo((version, StepMode.Image, true)));
        Assert.That(step.Images.Pulled, Is.EqualTo(new[] { $"r.example.test/demo:{version}" }));
    }

    [Test]
    public void Names_the_hard_checks_that_the_App_Center_was_told_to_skip() =>
        Assert.That(Gate(Catalog(DockerRelease("1.0"), DockerRelease("2.0"), DockerRelease("3.0", needs: "2.0")), Installed("1.0").With("appcenter/apps/demo/pinned", "true"), "3.0")
            .Steps.Single().Refusals.Select(refusal => refusal.Check), Is.EqualTo(new[] { "must_have_fitting_app_version", "must_not_be_pinned" }));

    [Test]
    public void Starts_from_nothing_where_nothing_is_installed()
    {
        var chain = Gate(Catalog(DockerRelease("1.0"), DockerRelease("2.0")), new Appliance(Ucr), "2.0");
        Assert.That((chain.Outcome, chain.Installed), Is.EqualTo((ChainOutcome.Complete, (AppRelease?)null)));
        Assert.That(chain.Steps.Select(step => (step.Mode, step.Pulls, step.Refusals.Count)), Is.EqualTo(new[] { (StepMode.Image, true, 0) }));
    }

    [Test]
    public void Pulls_nothing_for_packages_plugins_and_kept_containers()
    {
        var catalog = Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { DockerAllowedImages = ["r.example.test/demo:1.0"] }, Packages("3.0", "demo-pkg"), DockerRelease("4.0") with { PluginOf = "base" });
        Assert.That(new[] { "2.0", "3.0", "4.0" }.Select(version => Gate(catalog, Installed("1.0"), version).Steps.Single()).Select(step => (step.Mode, step.Pulls)),
            Is.EqualTo(new[] { (StepMode.App, false), (StepMode.Packages, false), (StepMode.App, false) }));
        Assert.That(new[] { "3.0", "4.0" }.Select(version => Gate(catalog, new Appliance(Ucr), version).Steps.Single().Pulls), Is.All.False);
    }

    [TestCase("demo", "9.9", "no catalogue on this host lists demo 9.9")]
    [TestCase("other", "1.0", "no catalogue on this host knows an app other")]
    public void Finds_nothing_where_no_catalogue_lists_it(string app, string version, string reason)
    {
        var chain = GateResolver.Resolve(Catalog(DockerRelease("1.0")), Installed("1.0"), app, new(version), NoAnswers);
        Assert.That((chain.Outcome, chain.Reason, chain.Steps.Count), Is.EqualTo((ChainOutcome.NotFound, reason, 0)));
    }

    [Test]
    public void Asks_for_the_containers_where_the_version_is_installed()
    {
        var chain = Gate(Catalog(DockerRelease("1.0"), DockerRelease("2.0")), Installed("1.0").With("appcenter/apps/demo/container", "c1"), "1.0");
        Assert.That((chain.Steps.Count, chain.Running?.Container, chain.Running?.IsProject), Is.EqualTo((0, "c1", false)));
        Assert.That(chain.Running!.Images.Pulled, Is.EqualTo(new[] { "r.example.test/demo:1.0" }));
    }

    [Test]
    public void Compares_with_the_image_that_a_kept_container_was_made_from() =>
        Assert.That(Gate(Catalog(DockerRelease("2.0")), Installed("2.0").With("appcenter/apps/demo/image", "r.example.test/demo:1.0"), "2.0").Running!.Images.Pulled,
            Is.EqualTo(new[] { "r.example.test/demo:1.0" }));

    [TestCase("r.example.test/web:1", new[] { "r.example.test/web:1" }, Description = "kept by a step of mode app")]
    [TestCase("r.example.test/web:2", new[] { "r.example.test/web:2", "r.example.test/db:2" })]
    [TestCase("r.example.test/own:7", new[] { "r.example.test/web:2", "r.example.test/db:2" }, Description = "an override, which compose ignores")]
    public void Compares_a_compose_app_with_its_own_file_unless_its_containers_were_kept(string registered, string[] images)
    {
        var release = DockerRelease("2.0") with
        {
            UsesCompose = true,
            DockerMainService = "web",
            DockerAllowedImages = ["r.example.test/web:1"],
            Images = new NamedImages(["r.example.test/web:2", "r.example.test/db:2"]),
        };
        var running = Gate(Catalog(release), Installed("2.0").With("appcenter/apps/demo/image", registered), "2.0").Running!;
        Assert.That((running.IsProject, running.Images.Pulled), Is.EqualTo((true, images)));
    }

    [Test]
    public void Asks_for_both_where_the_same_version_of_another_cache_is_a_step()
    {
        var kept = Catalog(DockerRelease("1.0", "5.0"), DockerRelease("1.0"));
        Assert.That(Gate(kept, Installed("1.0", "5.0"), "1.0").Steps.Select(step => step.Pulls), Is.EqualTo(new[] { false }), "the same image");
        Assert.That(Gate(kept, Installed("1.0"), "1.0").Steps, Is.Empty, "the older cache offers no upgrade");
        var moved = Catalog(DockerRelease("1.0", "5.0"), DockerRelease("1.0") with { DockerImage = "r.example.test/moved:1.0" });
        var chain = Gate(moved, Installed("1.0", "5.0"), "1.0");
        Assert.That((chain.Steps.Single().Images.Pulled!.Single(), chain.Running?.Images.Pulled?.Single()), Is.EqualTo(("r.example.test/moved:1.0", "r.example.test/demo:1.0")));
    }

    [Test]
    public void Looks_at_every_release_that_the_App_Center_may_mean_by_a_version()
    {
        AppRelease[] same = [DockerRelease("1.0", "5.0"), DockerRelease("2.0", "5.0"), DockerRelease("2.0")];
        Assert.That(Gate(Catalog(same), Installed("1.0", "5.0"), "2.0").Steps.Select(step => step.Release.Ucs), Is.EqualTo(new[] { "5.0" }), "the same images: one question");
        same[1] = same[1] with { DockerImage = "r.example.test/old:2.0" };
        Assert.That(Gate(Catalog(same), Installed("1.0", "5.0"), "2.0").Steps.SelectMany(step => step.Images.Pulled!),
            Is.EqualTo(new[] { "r.example.test/old:2.0", "r.example.test/demo:2.0" }), "the candidate, and the first of that text");
    }

    [Test]
    public void Asks_the_registry_before_it_names_a_paid_candidate()
    {
        var catalog = Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { InstallPermissions = true });
        var chain = Gate(catalog, Installed("1.0"), "2.0");
        Assert.That((chain.Outcome, chain.Missing.Single().Url), Is.EqualTo((ChainOutcome.NeedsPermissions, "https://r.example.test/v2/demo/manifests/2.0")));
        foreach (var answer in Enum.GetValues<PermissionAnswer>())
        {
            var answers = new Dictionary<string, PermissionAnswer>(StringComparer.Ordinal) { [chain.Missing[0].Url] = answer };
            Assert.That(GateResolver.Resolve(catalog, Installed("1.0"), "demo", new("2.0"), answers).Versions(), Is.EqualTo(new[] { "2.0" }), $"{answer}");
        }
    }

    [Test]
    public void Tells_a_step_whose_mode_cannot_be_decided()
    {
        var broken = DockerRelease("2.0") with { UsesCompose = true, DockerImage = null, DockerMainService = "web", Images = new NoImage("nothing there") };
        foreach (var host in new[] { Installed("1.0"), new Appliance(Ucr) })
            Assert.That(Gate(Catalog(DockerRelease("1.0"), broken), host, "2.0").Steps.Single().ModeError, Does.Contain("main service"));
    }

    [Test]
    public void Gates_an_app_described_in_YAML()
    {
        AppRelease Described(string version) => new() { Id = "demo", ComponentId = "demo-" + version, Ucs = "", Version = new(version), Images = new NamedImages(["x/demo:" + version]) };
        var catalog = new AppCatalog([new("", [Described("1"), Described("2"), Described("3")])]);
        var appliance = new Appliance(UcrValues.Empty) { InstalledVersions = ImmutableDictionary<string, string>.Empty.Add("demo", "1") };
        Assert.That(Gate(catalog, appliance, "2").Steps.Single().Images.Pulled, Is.EqualTo(new[] { "x/demo:2" }));
        Assert.That(Gate(catalog, appliance, "1").Running, Has.Property("IsProject").True);
    }

    private static UpgradeChain Gate(AppCatalog catalog, Appliance appliance, string version) =>
        GateResolver.Resolve(catalog, appliance, "demo", new(version), NoAnswers);
}
