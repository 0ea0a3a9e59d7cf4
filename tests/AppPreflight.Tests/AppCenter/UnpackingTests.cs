using System.Formats.Tar;
using AppPreflight.Images;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

/// <summary>A refresh that stands still between two files: nothing changes while it is read, and yet what is there is no catalogue.</summary>
public sealed class UnpackingTests
{
    private ApplianceTree tree = new();

    [SetUp]
    public void MakeTree()
    {
        tree = new();
        tree.Install("demo", "1.0").Lists("5.2").Offer("5.2", "demo_1", "1.0").Offer("5.2", "demo_2", "2.0", "RequiredAppVersionUpgrade = 1.0");
        Pack(".all.tar");
    }

    [TearDown]
    public void RemoveTree() => tree.Dispose();

    [Test]
    public void Takes_no_part_of_an_archive_for_all_of_it()
    {
        Pack(".tmp.tar");
        File.Delete(Path.Combine(tree.CacheOf("5.2"), "demo_2.ini"));
        ExpectChanging();
    }

    [Test]
    public void Takes_no_half_of_a_file_for_the_file()
    {
        Pack(".tmp.tar");
        using (var ini = File.OpenWrite(Path.Combine(tree.CacheOf("5.2"), "demo_2.ini"))) ini.SetLength(ini.Length - 34);
        ExpectChanging();
    }

    [TestCase(".tmp.tar")]
    [TestCase(null)]
    public void Reads_on_while_the_next_archive_is_only_being_fetched(string? half)
    {
        tree.InCache("5.2", ".tmp.tar", "");
        if (half is not null)
        {
            Pack(".tmp.tar");
            using var part = File.OpenWrite(Path.Combine(tree.CacheOf("5.2"), half));
            part.SetLength(700);
        }

        Assert.That(Read(), Has.Count.EqualTo(2));
    }

    [Test]
    public void Reads_what_is_unpacked_and_not_renamed_yet()
    {
        tree.Offer("5.2", "demo_3", "3.0");
        Pack(".tmp.tar");
        Assert.That(Read(), Has.Count.EqualTo(3));
    }

    [Test]
    public void Asks_no_archive_where_none_is_on_its_way()
    {
        tree.Offer("5.2", "demo_3", "3.0");
        Assert.That(Read(), Has.Count.EqualTo(3), "edited by hand");
    }

    private void ExpectChanging() => Assert.That(
        Read, Throws.TypeOf<SourceException>().With.Property(nameof(SourceException.Fault)).EqualTo(Fault.Changing));

    private IReadOnlyList<Apps.AppRelease> Read() =>
        [.. new AppCenterFiles(tree.Root, new EagerClock(_ => { })).ReadAsync(CancellationToken.None).GetAwaiter().GetResult().Catalog.Caches.SelectMany(cache => cache.Releases)];

    private void Pack(string archive)
    {
        using var file = File.Create(Path.Combine(tree.CacheOf("5.2"), archive));
        using var writer = new TarWriter(file, TarEntryFormat.Ustar);
        foreach (var path in Directory.GetFiles(tree.CacheOf("5.2"), "*.ini")) writer.WriteEntry(path, Path.GetFileName(path));
    }
}
