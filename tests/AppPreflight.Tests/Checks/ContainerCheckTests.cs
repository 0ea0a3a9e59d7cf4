using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Upgrades;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

public sealed class ContainerCheckTests
{
    private const string Database = "example.org/db:2";

    [TestCase("c1")]
    [TestCase("web", Description = "by its name")]
    public void Finds_nothing_where_the_container_runs_on_the_image(string registered) =>
        Assert.That(Findings(Single(registered), Engine(Stored(usedBy: "web"))), Is.Empty);

    [Test]
    public void Reports_a_container_on_another_image_with_both_ids()
    {
        var finding = Findings(Single("c1"), Engine(Stored(), Stored("old", "example.org/kelvin:1.10.3", usedBy: "web"))).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Subject, finding.Expected, finding.Observed), Is.EqualTo((
            FindingCode.ContainerOnOtherImage, Verdict.Fail, Name, $"{DigestOf("config kelvin")}", $"{DigestOf("config old")}")));
        Assert.That(finding.Message, Is.EqualTo("The container web (running) was made from example.org/kelvin:1.10.3, which is not the image that kelvin 2.0.0 names now"));
    }

    [Test]
    public void Does_not_judge_a_container_without_the_image_that_it_ought_to_run_on() =>
        Assert.That(Findings(Single("c1"), Engine(Stored("old", "example.org/kelvin:1.10.3", usedBy: "web"))), Is.Empty, "the absent image is a finding of its own");

    [TestCase("gone")]
    [TestCase(null)]
    public void Warns_where_no_container_is_there(string? registered) =>
        Assert.That(Findings(Single(registered), Engine(Stored(usedBy: "somebody else's"))).Select(finding => (finding.Code, finding.Verdict, finding.Subject)),
            Is.EqualTo(new[] { (FindingCode.ContainerAbsent, Verdict.Warn, "kelvin") }));

    [Test]
    public void Reports_every_service_of_a_project_and_no_container_of_others()
    {
        var engine = Engine(
            Stored() with { InUseBy = [Made("kelvin", "db"), Made("other", "web")] },
            Stored("db", Database),
            Stored("old", "example.org/kelvin:1") with { InUseBy = [Made("kelvin", "web"), Made("kelvin", "removed"), Made(null, null)] });
        Assert.That(Findings(Project(new("web", Name), new("db", Database)), engine).Select(finding => (finding.Code, finding.Subject)), Is.EqualTo(new[]
        {
            (FindingCode.ContainerOnOtherImage, Name), (FindingCode.ContainerOnOtherImage, Database),
        }));
    }

    [Test]
    public void Warns_of_a_service_without_a_container_unless_nothing_is_pulled_for_it()
    {
        var engine = Engine(Stored() with { InUseBy = [Made("kelvin", "web")] }, Stored("db", Database));
        ServiceImage[] services = [new("web", Name), new("db", Database), new("debug", "example.org/not-pulled:1"), new("built", null)];
        Assert.That(Findings(Project(services), engine).Select(finding => (finding.Code, finding.Subject)), Is.EqualTo(new[] { (FindingCode.ContainerAbsent, Database) }));
    }

    [Test]
    public void Takes_a_service_whose_image_its_environment_names_for_any_of_the_project()
    {
        ServiceImage[] services = [new("web", "example.org/kelvin:${TAG}"), new("db", Database)];
        var database = Stored("db", Database) with { InUseBy = [Made("kelvin", "db")] };
        Assert.That(Findings(Project(services), Engine(Stored() with { InUseBy = [Made("kelvin", "web")] }, database)), Is.Empty);
        Assert.That(Findings(Project(services), Engine(Stored(), Stored("old", "x:1") with { InUseBy = [Made("kelvin", "web")] }, database)).Select(finding => finding.Code),
            Is.EqualTo(new[] { FindingCode.ContainerOnOtherImage }));
    }

    [Test]
    public void Knows_how_compose_writes_the_name_of_a_project()
    {
        var app = Project(new ServiceImage("web", Name)) with { App = "Kel.Vin_1" };
        Assert.That(Findings(app, Engine(Stored() with { InUseBy = [Made("kelvin_1", "web")] })).Where(finding => finding.Subject == app.App), Is.Empty);
    }

    [Test]
    public void Cannot_tell_where_the_images_cannot_be_told()
    {
        var app = Project() with { Images = new() { Error = "yaml", Reason = "The compose file can't be used" } };
        var finding = ContainerCheck.Look(app, ImageRoster.Of(app)).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Message), Is.EqualTo((FindingCode.ComposeUnreadable, Verdict.Unknown, "The compose file can't be used")));
        var odd = Single("c1") with { Images = new() { Pulled = ["UPPER"] } };
        Assert.That(ContainerCheck.Look(odd, ImageRoster.Of(odd)).Select(made => made.Code), Is.EqualTo(new[] { FindingCode.CatalogUnreadable }));
    }

    [Test]
    public void Has_nothing_to_say_of_an_app_without_images()
    {
        var plugin = Single(null) with { Images = new() { Named = [], Pulled = [] } };
        Assert.That(Findings(plugin, Engine()), Is.Empty);
    }

    private static RunningApp Single(string? container) => new("kelvin", new("2.0.0"), new() { Main = Name, Pulled = [Name] }) { Container = container };

    private static RunningApp Project(params ServiceImage[] services) =>
        new("kelvin", new("2.0.0"), new() { Main = Name, Pulled = [Name, Database], Services = services }) { IsProject = true };

    private static ContainerUse Made(string? project, string? service) => new($"{project}-{service}", $"{project}_{service}_1", IsRunning: true) { Project = project, Service = service };

    private static List<Finding> Findings(RunningApp app, EngineState engine) =>
        [.. ContainerCheck.Look(app, ImageRoster.Of(app)), .. ContainerCheck.Look(app, ImageRoster.Of(app), engine)];
}
