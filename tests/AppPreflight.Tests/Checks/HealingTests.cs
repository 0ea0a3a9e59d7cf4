using AppPreflight.Apps;
using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

internal sealed class HealingTests
{
    private const string Installed = "example.org/kelvin:1.10.3";

    private static readonly Site Here = new("app-preflight check kelvin --content")
    {
        Host = new(UcrValues.Empty.With("appcenter/apps/kelvin/container", "c1").With("appcenter/apps/kelvin/status", "installed").With("appcenter/apps/Web.App/status", "installed")),
    };

    [Test]
    public void Takes_containers_then_images_and_brings_both_back_and_looks_again()
    {
        var damaged = Stored(sound: false, firstDamaged: 0);
        var installed = Stored("installed", Installed, sound: false, firstDamaged: 0, usedBy: "kelvin");
        Assert.That(Healing.Of(Engine(damaged, installed), damaged, Here)!.Commands, Is.EqualTo(new[]
        {
            $"app-preflight verify {installed.RepoDigests[0]} --served",
            $"app-preflight verify {damaged.RepoDigests[0]} --served",
            "docker stop kelvin",
            "docker rm kelvin",
            $"docker rmi {Installed}",
            $"docker rmi {Name}",
            $"docker pull {installed.RepoDigests[0]}",
            $"docker tag {installed.RepoDigests[0]} {Installed}",
            $"docker pull {damaged.RepoDigests[0]}",
            $"docker tag {damaged.RepoDigests[0]} {Name}",
            "univention-app reinitialize kelvin",
            "app-preflight check kelvin --content",
        }));
    }

    [Test]
    public void Stops_only_what_runs_and_removes_what_is_stopped_too()
    {
        var damaged = Stored(sound: false) with { InUseBy = [new("c1", "up", IsRunning: true), new("c2", "down", IsRunning: false)] };
        Assert.That(Commands(damaged).Skip(1).Take(3), Is.EqualTo(new[] { "docker stop up", "docker rm up", "docker rm down" }));
    }

    [Test]
    public void Names_an_image_by_all_its_tags_and_by_the_digests_that_no_tag_takes_along()
    {
        var damaged = Stored(sound: false) with { Tags = [Name, "mine:1"], RepoDigests = [.. Stored().RepoDigests, $"mirror.org:5000/k@{DigestOf("m")}"] };
        Assert.That(Commands(damaged), Does.Contain($"docker rmi {Name} mine:1 mirror.org:5000/k@{DigestOf("m")}"));
    }

    [Test]
    public void Brings_the_very_image_back_by_its_digest_and_each_of_its_names_on_it()
    {
        var damaged = Stored(sound: false) with { Tags = [Name, "mine:1"] };
        Assert.That(Commands(damaged).Where(command => command.StartsWith("docker pull", StringComparison.Ordinal) || command.StartsWith("docker tag", StringComparison.Ordinal)),
            Is.EqualTo(new[] { $"docker pull {damaged.RepoDigests[0]}", $"docker tag {damaged.RepoDigests[0]} {Name}", $"docker tag {damaged.RepoDigests[0]} mine:1" }));
        Assert.That(Commands(damaged with { Tags = [] }), Does.Contain($"docker pull {damaged.RepoDigests[0]}"));
    }

    [Test]
    public void Removes_children_first_and_leaves_out_what_goes_with_its_child()
    {
        var damaged = Stored(sound: false, firstDamaged: 0);
        var between = Stored("between", "x", sound: null) with { Tags = [], RepoDigests = [], DiffIds = damaged.DiffIds, Parent = damaged.Id };
        var child = Stored("child", "mine:2", sound: null) with { RepoDigests = [], DiffIds = damaged.DiffIds, Parent = between.Id };
        var healing = Healing.Of(Engine(damaged, between, child), damaged, Here)!;
        Assert.That(healing.Commands.Skip(1).Take(2), Is.EqualTo(new[] { "docker rmi mine:2", $"docker rmi {Name}" }));
        Assert.That(healing.Downtime, Does.Contain("mine:2 came from no registry"));
    }

    [Test]
    public void Removes_an_image_without_any_name_by_its_id()
    {
        var damaged = Stored(sound: false) with { Tags = [], RepoDigests = [] };
        Assert.That(Commands(damaged), Does.Contain($"docker rmi {damaged.Id}"));
    }

    [Test]
    public void Takes_all_that_is_damaged_together_so_that_each_asks_for_the_same()
    {
        var a = Stored("a", "example.org/a:1", sound: false, firstDamaged: 0, usedBy: "web");
        var b = Stored("b", "example.org/b:1", sound: false, firstDamaged: 0);
        var elsewhere = Stored("c", "example.org/c:1", sound: false) with { DiffIds = [Diff("other"), Diff("c 1"), Diff("c 2")] };
        var engine = Engine(a, b, elsewhere);
        Assert.That(Healing.Of(engine, a, Here)!.ToString(), Is.EqualTo(Healing.Of(engine, b, Here)!.ToString()).And.Not.Contain("example.org/c:1"));
    }

    [Test]
    public void Says_what_is_down_and_for_how_long_where_the_rate_is_known()
    {
        var damaged = Stored(sound: false, usedBy: "kelvin") with { SizeBytes = 900_000_000, Content = Stored(sound: false).Content };
        Assert.That(Healing.Of(Engine(damaged), damaged, Here with { BytesPerSecond = 2_500_000 })!.Downtime, Is.EqualTo(
            "go on only when each verify says PASS; kelvin of kelvin is down from docker stop until univention-app reinitialize has made it again; "
            + "the pulls in between take about 4 min at 2.5 MB/s; what a container wrote outside its volumes is lost"));
        Assert.That(Healing.Of(Engine(damaged), damaged, Here)!.Downtime, Does.Contain("up to 451 MB have to be pulled"));
    }

    [Test]
    public void Leaves_the_containers_of_others_to_who_made_them()
    {
        var damaged = Stored(sound: false) with { InUseBy = [new("c7", "web_main_1", IsRunning: true) { Project = "webapp" }, new("c8", "foreign", IsRunning: true)] };
        var healing = Healing.Of(Engine(damaged), damaged, Here)!;
        Assert.That(healing.Commands, Does.Contain("univention-app reinitialize Web.App"));
        Assert.That(healing.Downtime, Does.Contain("foreign has to be made again the way it was made").And.Not.Contain("web_main_1 has"));
    }

    [Test]
    public void Has_no_command_where_a_removal_would_hurt_other_images()
    {
        var damaged = Stored(sound: false, usedBy: "kelvin");
        var misled = damaged.Content!.Layers[0] with { Damages = [new(DamageKind.LinkFile, LayerDamage.LinkName, "right", "wrong")] };
        damaged = damaged with { Content = damaged.Content with { Layers = [misled, .. damaged.Content.Layers.Skip(1)] } };
        Assert.That(Healing.Of(Engine(damaged), damaged, Here), Is.Null);
    }

    private static IReadOnlyList<string> Commands(StoredImage damaged) => Healing.Of(Engine(damaged), damaged, Here)!.Commands;
}
