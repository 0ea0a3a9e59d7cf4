using AppPreflight.Apps;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

/// <summary>The short way to the installed apps ends where the long one does; each case says whether it suffices.</summary>
internal sealed class InstalledGlanceTests
{
    private ApplianceTree tree;

    [SetUp]
    public void Plant() => tree = new ApplianceTree().Lists("5.2, 5.0").Install("demo", "1.0")
        .Offer("5.2", "demo_1", "1.0").Offer("5.2", "other_1", "1.0");

    [TearDown]
    public void Fell() => tree.Dispose();

    [Test]
    public async Task Lists_a_registered_docker_app_and_no_other()
    {
        tree.Offer("5.0", "old_1", "0.1").Install("old", "0.1", "5.0").Set("appcenter/apps/other/status", "absent");
        await AssertBothAsync(suffices: true, "demo 1.0", "old 0.1");
    }

    [Test]
    public async Task Leaves_out_package_apps_and_plugins()
    {
        tree.Install("samba4", "4.18").InCache("5.2", "samba4.ini", "[Application]\nID = samba4\nCode = AB\nName = s\nVersion = 4.18\n");
        tree.Install("plug", "1").Offer("5.2", "plug_1", "1", "PluginOf = demo");
        await AssertBothAsync(suffices: true, "demo 1.0");
    }

    [Test]
    public async Task Lists_an_app_that_has_become_a_docker_app()
    {
        tree.Install("grown", "1").InCache("5.2", "grown_1.ini", "[Application]\nID = grown\nCode = AB\nName = g\nVersion = 1\n")
            .InCache("5.2", "grown_2.ini", "[Application]\nID = grown\nCode = AB\nName = g\nVersion = 2\nDOCKERMAINSERVICE = x\n");
        await AssertBothAsync(suffices: true, "demo 1.0", "grown 1");
    }

    [Test]
    public async Task Reads_the_meta_file_that_makes_a_docker_app()
    {
        tree.Install("meta", "1").InCache("5.2", "meta_0.ini", "[Application]\nID = meta\nCode = AB\nName = m\nVersion = 0\n")
            .InCache("5.2", "meta_1.ini", "[Application]\nID = meta\nCode = AB\nName = m\nVersion = 1\n").InCache("5.2", "meta_1.meta", "[Application]\nDockerImage = r.test/meta:1\n");
        await AssertBothAsync(suffices: true, "demo 1.0", "meta 1");
    }

    [Test]
    public async Task Does_not_take_one_app_for_another_whose_name_begins_alike()
    {
        tree.Install("demo_two", "2").InCache("5.2", "demo_two_1.ini", "[Application]\nID = demo_two\nCode = AB\nName = m\nVersion = 2\n");
        await AssertBothAsync(suffices: true, "demo 1.0");
    }

    [Test]
    public async Task Reads_all_where_a_file_is_not_named_after_its_app()
    {
        tree.Install("odd", "1").InCache("5.2", "strange.ini", "[Application]\nID = odd\nCode = AB\nName = m\nVersion = 1\n");
        await AssertBothAsync(suffices: false, "demo 1.0");
    }

    [Test]
    public async Task Lists_an_app_that_no_catalogue_knows_any_more()
    {
        tree.Install("withdrawn", "1");
        await AssertBothAsync(suffices: false, "demo 1.0", "withdrawn 1");
    }

    [Test]
    public async Task Knows_described_apps_beside_the_App_Center_and_without_one()
    {
        tree.Write("etc/app-preflight/apps.d/wiki.yaml", "id: wiki\ninstalled: { version: '1.4' }\nversions:\n- { version: '1.4', images: ['r.test/wiki:1.4'] }\n");
        await AssertBothAsync(suffices: false, "demo 1.0", "wiki 1.4");
        Directory.Delete(Path.Combine(tree.Root, "var/cache"), recursive: true);
        Directory.Delete(Path.Combine(tree.Root, "etc/univention"), recursive: true);
        await AssertBothAsync(suffices: true, "wiki 1.4");
    }

    [Test]
    public void Reads_nothing_of_the_catalogue_where_no_app_is_registered()
    {
        tree.Set("appcenter/apps/demo/status", "").InCache("5.2", "demo_1.ini", "[Application]\nID = demo\nID = demo\n");
        Assert.That(Glance(), Is.Empty);
    }

    [Test]
    public async Task Leaves_what_is_broken_to_who_reads_everything()
    {
        tree.InCache("5.2", "demo_1.ini", "[Application]\nID = demo\nID = demo\n");
        Assert.That(Glance(), Is.Null);
        await Assert.ThrowsAsync<Ports.SourceException>(() => new AppCenterFiles(tree.Root, TimeProvider.System).InstalledAppsAsync(default));
    }

    private async Task AssertBothAsync(bool suffices, params string[] apps)
    {
        var files = new AppCenterFiles(tree.Root, TimeProvider.System);
        var reading = await files.ReadAsync(default);
        Assert.That(Texts(InstalledApps.Of(reading.Catalog, reading.Appliance)), Is.EqualTo(apps), "the whole catalogue");
        Assert.That(Texts(await files.InstalledAppsAsync(default)), Is.EqualTo(apps));
        Assert.That(Glance() is { } glance ? Texts(glance) : null, Is.EqualTo(suffices ? apps : null), "the glance");
    }

    private IReadOnlyList<InstalledApp>? Glance() => new InstalledGlance(Fence.Around(tree.Root)!, "en").TryRead(default);

    private static IEnumerable<string> Texts(IEnumerable<InstalledApp> apps) => apps.Select(app => $"{app.Id} {app.Version}");
}
