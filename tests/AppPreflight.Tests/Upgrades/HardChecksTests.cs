using AppPreflight.Apps;
using NUnit.Framework;
using static AppPreflight.Upgrades.Releases;

namespace AppPreflight.Upgrades;

public sealed class HardChecksTests
{
    [Test]
    public void Refuses_nothing_without_a_reason() => Assert.That(Refused(DockerRelease("2.0")), Is.Empty);

    [Test]
    public void Reports_every_refusal_in_the_App_Centers_order() => Assert.That(
        Refused(DockerRelease("2.0") with { ServerRole = ["memberserver"], VoteForApp = true, SupportedUcsVersions = ["5.2-9"] },
            Installed("1.0").With("appcenter/apps/demo/pinned", "true").With("appcenter/docker", "maybe")),
        Is.EqualTo(new[]
        {
            "must_have_correct_server_role", "must_have_fitting_ucs_version", "must_not_be_docker_if_docker_is_disabled",
            "must_not_be_vote_for_app", "must_not_be_pinned",
        }));

    [TestCase("5.2-3 errata283", true)]
    [TestCase("5.2-3 errata284", false)]
    [TestCase("5.2-2 errata999", true)]
    [TestCase("5.2-4", false)]
    [TestCase("5.2-99999999999999999999999", false)]
    public void Compares_patch_and_errata_levels(string required, bool fits) =>
        Assert.That(Refused(DockerRelease("2.0") with { SupportedUcsVersions = [required] }), fits ? Is.Empty : Is.EqualTo(new[] { "must_have_fitting_ucs_version" }));

    [Test]
    public void Looks_at_the_first_supported_version_only() =>
        Assert.That(Refused(DockerRelease("2.0") with { SupportedUcsVersions = ["5.2-9", "5.2-0"] }), Is.EqualTo(new[] { "must_have_fitting_ucs_version" }));

    [Test]
    public void Falls_back_to_the_required_UCS_version_of_its_own_cache() =>
        Assert.That(Refused(DockerRelease("2.0") with { SupportedUcsVersions = [], RequiredUcsVersion = "5.2-4" }), Is.EqualTo(new[] { "must_have_fitting_ucs_version" }));

    [Test]
    public void Refuses_without_a_licence_key() =>
        Assert.That(Refused(DockerRelease("2.0"), Installed("1.0") with { Ucr = Installed("1.0").Ucr.Without("uuid/license") }), Is.EqualTo(new[] { "must_have_valid_license" }));

    [Test]
    public void Refuses_a_conflict_that_either_side_declares()
    {
        var other = DockerRelease("1.0") with { Id = "other", ComponentId = "other_1", ConflictedApps = ["demo"] };
        var host = Installed("1.0").With("appcenter/apps/other/status", "installed").With("appcenter/apps/other/version", "1.0");
        Assert.That(Refused(DockerRelease("2.0"), host, other), Is.EqualTo(new[] { "must_have_no_conflicts_apps" }));
        Assert.That(Refused(DockerRelease("2.0") with { ConflictedApps = ["other"] }, host, other with { ConflictedApps = [] }), Is.EqualTo(new[] { "must_have_no_conflicts_apps" }));
        Assert.That(Refused(DockerRelease("2.0"), Installed("1.0"), other), Is.Empty);
    }

    [Test]
    public void Refuses_a_port_that_another_app_holds()
    {
        var host = Installed("1.0").With("appcenter/apps/other/ports/80", "8080").With("appcenter/apps/demo/ports/1", "9090");
        Assert.That(Refused(DockerRelease("2.0") with { PortsRedirection = ["8080:80"] }, host), Is.EqualTo(new[] { "must_have_no_conflicts_apps" }));
        Assert.That(Refused(DockerRelease("2.0") with { PortsExclusive = ["9090"] }, host), Is.Empty);
    }

    [Test]
    public void Misses_only_required_apps_that_the_caches_know()
    {
        var other = DockerRelease("1.0") with { Id = "other", ComponentId = "other_1" };
        Assert.That(Refused(DockerRelease("2.0") with { RequiredApps = ["other"] }, Installed("1.0"), other), Is.EqualTo(new[] { "must_have_no_unmet_dependencies" }));
        Assert.That(Refused(DockerRelease("2.0") with { RequiredApps = ["nowhere"] }), Is.Empty);
    }

    [Test]
    public void Refuses_a_conflicting_package() => Assert.That(
        Refused(DockerRelease("2.0") with { ConflictedSystemPackages = ["apache2", "nginx"] }, Installed("1.0").WithPackages("nginx")),
        Is.EqualTo(new[] { "must_have_no_conflicts_packages" }));

    private static IEnumerable<string> Refused(AppRelease release, Appliance? appliance = null, params AppRelease[] others) =>
        Catalog([DockerRelease("1.0"), release, .. others]).Resolve(appliance ?? Installed("1.0")).Steps.Single().Refusals.Select(refusal => refusal.Check);
}
