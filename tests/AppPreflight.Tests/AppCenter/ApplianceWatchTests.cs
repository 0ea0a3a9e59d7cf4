using System.Diagnostics;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ApplianceWatchTests : IDisposable
{
    private readonly ApplianceTree tree = new();
    private readonly string config;
    private readonly ApplianceWatch watch;

    public ApplianceWatchTests()
    {
        config = Path.Combine(tree.Root, "etc/app-preflight/config.yaml");
        watch = new(tree.Root, config);
        tree.Lists("5.2, 5.1").Offer("5.2", "a_1", "1").Offer("5.1", "a_0", "0").Install("a", "1");
        tree.InCache("5.2", ".all.tar", "archive").InCache("5.1", ".all.tar", "archive");
    }

    private TimeSpan RegistryLook()
    {
        var lines = new System.Text.StringBuilder("# registry\n");
        for (var i = 0; i < 3000; i++) lines.Append($"some/key/of/the/registry/{i}: and its value, which has some length\n");
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            tree.Write("etc/univention/base.conf", lines.Append($"set/{i}: 1\n").ToString());
            var clock = Stopwatch.StartNew();
            watch.Take();
            best = clock.Elapsed < best ? clock.Elapsed : best;
        }

        return best;
    }

    public void Dispose() => tree.Dispose();

    // the second look of a folder that changed lists it again: stamps are compared when nothing moves any more
    private ApplianceStamp Take()
    {
        watch.Take();
        return watch.Take();
    }

    [Test]
    public void Stays_the_same_while_nothing_changes()
    {
        var first = Take();
        for (var i = 0; i < 3; i++) Assert.That(watch.Take(), Is.SameAs(first));
    }

    [TestCase("var/cache/univention-appcenter/appcenter.software-univention.de/5.2/.all.tar")]
    [TestCase("var/cache/univention-appcenter/appcenter.software-univention.de/5.1/.all.tar")]
    [TestCase("var/cache/univention-appcenter/appcenter.software-univention.de/.ucs.ini")]
    [TestCase("var/cache/univention-appcenter/appcenter.software-univention.de/5.2/new.ini")]
    [TestCase("var/cache/univention-appcenter/appcenter.software-univention.de/5.3/new.ini")]
    [TestCase("etc/app-preflight/apps.d/wiki.yaml")]
    public void Sees_a_change_of_the_caches(string name)
    {
        var before = Take();
        tree.Write(name, "changed");
        var after = Take();
        Assert.That((after.AppKeys, after.Config), Is.EqualTo((before.AppKeys, before.Config)));
        Assert.That(after.Caches, Is.Not.EqualTo(before.Caches));
    }

    [Test]
    public void Sees_a_description_that_is_edited_removed_or_replaced_by_one_of_the_same_size()
    {
        tree.Write("etc/app-preflight/apps.d/wiki.yaml", "one");
        var seen = new HashSet<string> { Take().Caches };
        var file = Path.Combine(tree.Root, "etc/app-preflight/apps.d/wiki.yaml");
        File.WriteAllText(file, "longer");
        Assert.That(seen.Add(Take().Caches), "edited");
        var time = File.GetLastWriteTimeUtc(file);
        File.WriteAllText(file + ".new", "longer");
        File.SetLastWriteTimeUtc(file + ".new", time);
        File.Move(file + ".new", file, overwrite: true);
        Assert.That(seen.Add(Take().Caches), "replaced");
        File.Delete(file);
        Assert.That(seen.Add(Take().Caches), "removed");
    }

    [Test]
    public void Sees_the_configuration_come_change_and_go()
    {
        var seen = new HashSet<string> { Take().Config };
        tree.Write("etc/app-preflight/config.yaml", "auto: off\n");
        Assert.That(seen.Add(Take().Config));
        tree.Write("etc/app-preflight/config.yaml", "auto: heal\n");
        Assert.That(seen.Add(Take().Config));
        File.Delete(config);
        Assert.That(seen.Add(Take().Config), Is.False, "as at first");
    }

    [Test]
    public void Sees_only_the_keys_of_apps_whatever_else_is_set()
    {
        var first = Take();
        Assert.That(first.AppKeys, Is.EqualTo("appcenter/apps/a/status: installed\nappcenter/apps/a/version: 1"));
        for (var i = 0; i < 100; i++)
        {
            tree.Set($"some/key{i}", "x").Set("appcenter/apps/a/ip", $"172.17.42.{i}");
            Assert.That(watch.Take(), Is.EqualTo(first));
        }

        tree.Set("appcenter/apps/a/update/available", "yes");
        Assert.That(watch.Take().AppKeys, Is.EqualTo("appcenter/apps/a/status: installed\nappcenter/apps/a/update/available: yes\nappcenter/apps/a/version: 1"));
    }

    [Test]
    public void Follows_the_registry_to_another_server()
    {
        Take();
        tree.Set("repository/app_center/server", "test.example").Write("var/cache/univention-appcenter/test.example/5.2/.all.tar", "a");
        var before = Take();
        tree.Write("var/cache/univention-appcenter/test.example/5.2/.all.tar", "another");
        Assert.That(Take().Caches, Is.Not.EqualTo(before.Caches));
        tree.Write("var/cache/univention-appcenter/appcenter.software-univention.de/5.2/.all.tar", "unwatched now");
        Assert.That(Take().Caches, Does.Not.Contain("software-univention"));
    }

    [Test]
    public void Takes_a_host_without_anything_for_one_like_any_other()
    {
        using var empty = new ApplianceTree();
        Directory.Delete(Path.Combine(empty.Root, "etc"), recursive: true);
        var bare = new ApplianceWatch(empty.Root, "/nowhere/config.yaml");
        var first = bare.Take();
        Assert.That(first.AppKeys, Is.Empty);
        Assert.That(bare.Take(), Is.EqualTo(first));
        var nowhere = new ApplianceWatch("/nowhere", "/nowhere/config.yaml");
        first = nowhere.Take();
        Assert.That(nowhere.Take(), Is.EqualTo(first));
    }

    [Test]
    public void Takes_a_registry_that_cannot_be_read_for_a_state_of_its_own()
    {
        var before = Take();
        tree.Write("etc/univention/base.conf", [0x61, 0x0a, 0xff, 0x0a]);
        Assert.That(watch.Take().AppKeys, Does.StartWith("! ").And.Contain("not UTF-8"));
        tree.Set("some/key", "x");
        Assert.That(watch.Take(), Is.EqualTo(before));
    }

    [TestCase("..")]
    [TestCase("a\0b")]
    [TestCase("http://[")]
    public void Never_throws_for_the_server_that_the_registry_names(string server)
    {
        tree.Set("repository/app_center/server", server);
        Assert.That(() => Take(), Throws.Nothing);
    }

    [Test]
    public void Does_not_wait_at_pipes_nor_read_what_it_looks_at()
    {
        File.Delete(Path.Combine(tree.CacheOf("5.2"), ".all.tar"));
        Directory.CreateDirectory(Path.GetDirectoryName(config)!);
        foreach (var pipe in new[] { Path.Combine(tree.CacheOf("5.2"), ".all.tar"), config, Path.Combine(tree.Root, "etc/univention/base-forced.conf") })
        {
            using var made = Process.Start("mkfifo", [pipe]);
            made.WaitForExit();
        }

        File.CreateSymbolicLink(Path.Combine(tree.CacheOf("5.2"), "..", "loop"), "loop");
        Assert.That(Take().AppKeys, Does.StartWith("! "));
    }

    [Test]
    public void Costs_next_to_nothing_while_nothing_changes()
    {
        for (var i = 0; i < 60; i++) tree.Write($"etc/app-preflight/apps.d/{i}.yaml", "x");
        Take();
        const int Looks = 200;
        var (memory, clock) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
        for (var i = 0; i < Looks; i++) watch.Take();
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - memory) / Looks, Is.LessThan(200), "bytes");
        TestContext.Out.WriteLine($"{clock.Elapsed.TotalMicroseconds / Looks:F1} µs a look");
        TestContext.Out.WriteLine($"{RegistryLook().TotalMicroseconds:F1} µs a look after one of 3000 keys was set");
        Assert.That(clock.Elapsed / Looks, Is.LessThan(TimeSpan.FromMilliseconds(10)), "a loose bound, for machines that do much else");
    }
}
