using System.Collections.Immutable;
using AppPreflight.Apps;
using NUnit.Framework;
using static AppPreflight.Upgrades.Releases;

namespace AppPreflight.Upgrades;

public sealed class ChainResolverTests
{
    private static readonly string[] BothSteps = ["2.0.0", "3.1.1"];

    [Test]
    public void Steps_over_the_older_cache_first_without_any_required_version() =>
        Assert.That(Catalog(DockerRelease("1.10.3", "5.0"), DockerRelease("2.0.0", "5.0"), DockerRelease("3.1.1"), DockerRelease("3.0.0"))
            .Resolve(Installed("1.10.3", "5.0")).Versions(), Is.EqualTo(BothSteps));

    [Test]
    public void Steps_over_a_required_version() =>
        Assert.That(Catalog(DockerRelease("1.10.3"), DockerRelease("2.0.0"), DockerRelease("3.1.1", needs: "2.0.0"))
            .Resolve(Installed("1.10.3")).Versions(), Is.EqualTo(BothSteps));

    [Test]
    public void Takes_a_smaller_number_of_the_newer_cache_as_an_upgrade() =>
        Assert.That(Catalog(DockerRelease("1.0", "5.0"), DockerRelease("0.5")).Resolve(Installed("1.0", "5.0")).Versions(), Is.EqualTo(new[] { "0.5" }));

    [Test]
    public void Reports_a_cycle_where_two_components_bear_the_same_version()
    {
        var chain = Catalog(DockerRelease("1.0"), DockerRelease("1.0") with { ComponentId = "demo_9" }).Resolve(Installed("1.0"));
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.Cycle));
        Assert.That(chain.Steps.Single().NowFound?.ComponentId, Is.EqualTo("demo_1.0"));
        Assert.That(chain.Reason, Does.Contain("for ever"));
    }

    [Test]
    public void Reports_a_lost_app_when_the_registry_can_not_hold_the_version_text()
    {
        var chain = Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { Version = new("2.0\nbeta") }).Resolve(Installed("1.0"));
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.Lost));
        Assert.That(chain.Steps.Single().NowFound, Is.Null);
    }

    [Test]
    public void Asks_for_a_permission_only_when_the_search_comes_to_it()
    {
        var paid = DockerRelease("2.0") with { InstallPermissions = true };
        var catalog = Catalog(DockerRelease("1.0"), DockerRelease("1.5"), paid);
        var asking = catalog.Resolve(Installed("1.0"));
        Assert.That(asking.Outcome, Is.EqualTo(ChainOutcome.NeedsPermissions));
        Assert.That(asking.Missing.Single().Url, Is.EqualTo("https://r.example.test/v2/demo/manifests/2.0"));
        Assert.That(Answered(catalog, PermissionAnswer.Granted).Versions(), Is.EqualTo(new[] { "2.0" }));
        Assert.That(Answered(catalog, PermissionAnswer.Denied).Versions(), Is.EqualTo(new[] { "1.5", "2.0" }));
    }

    [Test]
    public void Refuses_a_paid_release_that_was_only_the_last_resort()
    {
        var chain = Answered(Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { InstallPermissions = true }), PermissionAnswer.Denied);
        Assert.That(chain.Steps.Single().Refusals.Select(refusal => refusal.Check), Is.EqualTo(new[] { "must_have_install_permissions" }));
    }

    [Test]
    public void Crashes_with_the_App_Center_where_a_probe_is_cut_off()
    {
        var chain = Answered(Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { InstallPermissions = true }), PermissionAnswer.Uncaught);
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.Crash));
        Assert.That(chain.Installed?.Version.Text, Is.EqualTo("1.0"));
        Assert.That(chain.CommandLine?.Outcome, Is.EqualTo(CommandLineOutcome.Crash));
    }

    [TestCase(null, "")]
    [TestCase("r.example.test:port/demo:2", "port")]
    [TestCase("r.example.test/de mo:2", "blank")]
    public void Crashes_with_the_App_Center_where_no_probe_can_be_sent(string? image, string why)
    {
        var chain = Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { InstallPermissions = true, DockerImage = image, DockerMainService = "web" })
            .Resolve(Installed("1.0"));
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.Crash));
        Assert.That(chain.Reason, Does.Contain(why));
    }

    [Test]
    public void Keeps_an_admins_image_only_where_the_container_stays()
    {
        var own = Installed("1.0").With("appcenter/apps/demo/image", "own/demo:1");
        var staying = Catalog(DockerRelease("1.0"), DockerRelease("2.0") with { DockerAllowedImages = ["own/demo:1"] }, DockerRelease("3.0", needs: "2.0") with { DockerAllowedImages = ["own/demo:1"] });
        Assert.That(staying.Resolve(own).Steps.Select(step => (step.Mode, step.Pulls)),
            Is.EqualTo(new[] { (StepMode.App, false), (StepMode.App, false) }));
        var leaving = Catalog(DockerRelease("1.0"), DockerRelease("2.0"), DockerRelease("3.0", needs: "2.0") with { DockerAllowedImages = ["own/demo:1"] });
        Assert.That(leaving.Resolve(own).Steps.Select(step => (step.Mode, step.Pulls)),
            Is.EqualTo(new[] { (StepMode.Image, true), (StepMode.Image, true) }));
    }

    [Test]
    public void Knows_that_a_forced_image_outlives_the_step()
    {
        var forced = Installed("1.0").With("appcenter/apps/demo/image", "own/demo:1") with { FixedKeys = ImmutableHashSet.Create("appcenter/apps/demo/image") };
        var catalog = Catalog(DockerRelease("1.0"), DockerRelease("2.0"), DockerRelease("3.0", needs: "2.0") with { DockerAllowedImages = ["own/demo:1"] });
        Assert.That(catalog.Resolve(forced).Steps.Select(step => step.Mode), Is.EqualTo(new[] { StepMode.Image, StepMode.App }));
    }

    [Test]
    public void Hides_containers_from_those_who_upgraded_packages()
    {
        var catalog = Catalog(Packages("1.0", "demo-pkg"), Packages("2.0", "demo-pkg"), DockerRelease("3.0", needs: "2.0"));
        var chain = catalog.Resolve(new Appliance(Ucr.With("repository/online/component/demo_1.0", "enabled")).WithPackages("demo-pkg"));
        Assert.That(chain.Versions(), Is.EqualTo(new[] { "2.0" }));
        Assert.That(chain.Steps[0].Mode, Is.EqualTo(StepMode.Packages));
    }

    [Test]
    public void Leads_from_packages_to_a_container_where_nothing_warns()
    {
        var chain = Catalog(Packages("1.0", "demo-pkg"), DockerRelease("2.0"), DockerRelease("3.0", needs: "2.0"))
            .Resolve(new Appliance(Ucr.With("repository/online/component/demo_1.0", "enabled")).WithPackages("demo-pkg"));
        Assert.That(chain.Steps.Select(step => step.Mode), Is.EqualTo(new[] { StepMode.Docker, StepMode.Image }));
    }

    [Test]
    public void Wants_no_image_for_a_plugin()
    {
        var chain = Catalog(DockerRelease("1.0") with { PluginOf = "base" }, DockerRelease("2.0") with { PluginOf = "base" }).Resolve(Installed("1.0"));
        Assert.That(chain.Steps.Single().Mode, Is.EqualTo(StepMode.App));
        Assert.That(chain.Steps.Single().Images.Named, Is.Empty);
    }

    [Test]
    public void Names_the_hidden_installed_version_and_the_exit_code_that_hides_a_refusal()
    {
        var chain = Catalog(DockerRelease("1.0", "5.0") with { SupportedUcsVersions = ["5.0-0"] }, DockerRelease("2.0")).Resolve(Installed("1.0", "5.0"));
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.NotInstalled));
        Assert.That(chain.Reason, Does.Contain("does not support UCS 5.2"));
        Assert.That(chain.CommandLine?.Outcome, Is.EqualTo(CommandLineOutcome.Refused));
        Assert.That(chain.CommandLine?.Message, Does.Contain("older than the currently installed"));
    }

    [Test]
    public void Says_that_an_installed_version_vanished_from_its_cache()
    {
        var chain = Catalog(DockerRelease("2.0")).Resolve(Installed("1.0"));
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.NotInstalled));
        Assert.That(chain.Reason, Does.Contain("1.0").And.Contain("does not list"));
    }

    [Test]
    public void Does_not_know_an_app_that_no_catalogue_has()
    {
        var chain = AppCatalog.Empty.Resolve(new Appliance(Ucr));
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.NotFound));
        Assert.That(chain.CommandLine?.Outcome, Is.EqualTo(CommandLineOutcome.UnknownApp));
    }

    [Test]
    public void Cuts_the_chain_behind_the_target()
    {
        var chain = Catalog(DockerRelease("1.0"), DockerRelease("2.0"), DockerRelease("3.0", needs: "2.0")).Resolve(Installed("1.0"), target: "2.0");
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.Complete));
        Assert.That(chain.Versions(), Is.EqualTo(new[] { "2.0" }));
    }

    [TestCase("9", "unknown version")]
    [TestCase("1.0", "is what is installed")]
    [TestCase("0.9", "older than the installed 1.0")]
    [TestCase("1.5", "passed by: the App Center goes on to 2.0")]
    [TestCase("4.0", "3.0 must come before")]
    [TestCase("5.0", "does not support this UCS version")]
    public void Says_why_a_target_can_not_be_reached(string target, string why)
    {
        var chain = Catalog(DockerRelease("0.9"), DockerRelease("1.0"), DockerRelease("1.5"), DockerRelease("2.0"), DockerRelease("4.0", needs: "3.0"), DockerRelease("5.0") with { SupportedUcsVersions = ["5.3-0"] })
            .Resolve(Installed("1.0"), target);
        Assert.That(chain.Outcome, Is.EqualTo(ChainOutcome.TargetNotReachable));
        Assert.That(chain.Reason, Does.Contain(why));
    }

    [Test]
    public void Climbs_a_catalogue_described_in_YAML()
    {
        var catalog = new AppCatalog([new("", [Described("1"), Described("2"), Described("3", needs: "2")])]);
        var appliance = new Appliance(UcrValues.Empty) { InstalledVersions = ImmutableDictionary<string, string>.Empty.Add("demo", "1") };
        var chain = catalog.Resolve(appliance);
        Assert.That(chain.Versions(), Is.EqualTo(new[] { "2", "3" }));
        Assert.That(chain.Steps.Select(step => step.Images.Main), Is.EqualTo(new[] { "x/demo:2", "x/demo:3" }));
        Assert.That(chain.Steps.Select(step => step.Pulls), Is.All.True);
        Assert.That(chain.Steps.SelectMany(step => step.Refusals), Is.Empty);
        Assert.That(chain.CommandLine, Is.Null);
    }

    [Test]
    public void Ends_whatever_the_catalogue_holds_and_only_ever_steps_up()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var releases = Enumerable.Range(0, random.Next(1, 12)).Select(number => Anything(random, number)).ToArray();
            var installed = releases[random.Next(releases.Length)];
            var appliance = Installed(installed.Version.Text, installed.Ucs).WithPackages("demo-pkg").With(AppKeys.Component(installed), "enabled");
            var chain = Catalog(releases).Resolve(appliance);
            var from = chain.Installed;
            foreach (var step in chain.Steps)
            {
                Assert.That(ReleaseOrder.Instance.Compare(step.Release, from), Is.Positive, $"seed {seed}");
                from = step.NowFound;
            }

            Assert.That(chain.Steps, Has.Count.LessThanOrEqualTo(releases.Length), $"seed {seed}");
            Assert.That(chain.Outcome, Is.AnyOf(ChainOutcome.Complete, ChainOutcome.Cycle, ChainOutcome.Lost, ChainOutcome.NotInstalled), $"seed {seed}");
        }
    }

    private static AppRelease Anything(Random random, int number)
    {
        var release = DockerRelease($"{random.Next(1, 4)}.{random.Next(3)}", random.Next(2) == 0 ? "5.2" : "5.0", random.Next(3) == 0 ? $"{random.Next(1, 4)}.0" : null);
        return release with
        {
            ComponentId = $"demo_{number}",
            DockerImage = random.Next(3) == 0 ? null : release.DockerImage,
            DefaultPackages = ["demo-pkg"],
            WithoutRepository = random.Next(4) == 0,
            DockerMigrationWorks = random.Next(2) == 0,
            PluginOf = random.Next(6) == 0 ? "base" : null,
        };
    }

    private static AppRelease Described(string version, string? needs = null) => new()
    {
        Id = "demo",
        ComponentId = "demo-" + version,
        Ucs = "",
        Version = new(version),
        Images = new NamedImages(["x/demo:" + version]),
        RequiredAppVersionUpgrade = needs is null ? null : new(needs),
    };

    private static UpgradeChain Answered(AppCatalog catalog, PermissionAnswer answer) => ChainResolver.Resolve(catalog, Installed("1.0"), "demo", target: null,
        new Dictionary<string, PermissionAnswer>(StringComparer.Ordinal) { ["https://r.example.test/v2/demo/manifests/2.0"] = answer });
}
