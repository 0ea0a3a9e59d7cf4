using System.Diagnostics;
using System.Runtime.ExceptionServices;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class FenceTests
{
    private ApplianceTree tree = new();

    [SetUp]
    public void MakeTree() => tree = new();

    [TearDown]
    public void RemoveTree() => tree.Dispose();

    private Fence Root => Fence.Around(tree.Root)!;

    [TestCase("nowhere")]
    [TestCase("no/such/folder")]
    [TestCase("etc/univention/base.conf/below-a-file")]
    [TestCase("etc")]
    [TestCase("a\0b")]
    public void Has_nothing_where_there_is_no_file(string name)
    {
        Assert.That(Root.Read(name, 100), Is.Null);
        Assert.That(Root.ReadTail(name, 100), Is.Null);
    }

    [Test]
    public void Does_not_wait_at_a_pipe()
    {
        using var mkfifo = Process.Start("mkfifo", Path.Combine(tree.Root, "pipe"));
        mkfifo.WaitForExit();
        Assert.That(() => Root.Read("pipe", 100), Throws.TypeOf<SourceException>().With.Message.Contains("no regular file"));
        Assert.That(() => Root.ReadTail("pipe", 100), Throws.TypeOf<SourceException>());
        Assert.That(() => Root.Stream("pipe", 100), Throws.TypeOf<SourceException>());
    }

    [Test]
    public void Does_not_follow_a_link_out()
    {
        File.CreateSymbolicLink(Path.Combine(tree.Root, "link"), "/etc/passwd");
        Assert.That(() => Root.Read("link", 100_000), Throws.TypeOf<SourceException>().With.Message.Contains("leads out of"));
        Assert.That(() => Root.Read("/../../../../../../../../etc/passwd", 100_000), Throws.TypeOf<SourceException>().With.Message.Contains("leads out of"));
    }

    [Test]
    public void Follows_a_link_that_stays_inside()
    {
        tree.Write("kept", "text");
        File.CreateSymbolicLink(Path.Combine(tree.Root, "link"), "kept");
        Assert.That(Root.Read("link", 4), Is.EqualTo("text"u8.ToArray()));
        File.CreateSymbolicLink(Path.Combine(tree.Root, "round"), "round");
        Assert.That(Root.Read("round", 4), Is.Null);
    }

    [Test]
    public void Keeps_to_the_limit()
    {
        tree.Write("five", "12345");
        Assert.That(Root.Read("five", 5), Is.EqualTo("12345"u8.ToArray()));
        Assert.That(() => Root.Read("five", 4), Throws.TypeOf<SourceException>().With.Message.Contains("larger than 4 bytes"));
        Assert.That(() => Root.Stream("five", 4), Throws.TypeOf<SourceException>());
        Assert.That(Root.ReadTail("five", 2), Is.EqualTo("45"u8.ToArray()));
        Assert.That(Root.ReadTail("five", 9), Is.EqualTo("12345"u8.ToArray()));
    }

    /// <summary>Files without a length of their own, as the kernel's.</summary>
    [Test]
    public void Reads_a_file_that_says_it_is_empty() =>
        Assert.That(Fence.Around("/proc/self")!.Read("status", 100_000), Has.Length.GreaterThan(100));

    /// <summary>A cold exception costs milliseconds, and most of the files that may exist do not.</summary>
    [Test]
    public void Reads_a_sound_appliance_without_a_single_exception()
    {
        tree.Install("demo", "1.0").Lists("5.2").Offer("5.2", "demo_1", "1.0").Offer("5.2", "demo_2", "2.0");
        var thrown = new List<Exception>();
        var thread = Environment.CurrentManagedThreadId;
        void Note(object? sender, FirstChanceExceptionEventArgs first)
        {
            if (Environment.CurrentManagedThreadId == thread)
                thrown.Add(first.Exception);
        }

        AppDomain.CurrentDomain.FirstChanceException += Note;
        try
        {
            var reading = new AppCenterFiles(tree.Root, TimeProvider.System).ReadAsync(CancellationToken.None);
            Assert.That(reading.IsCompletedSuccessfully, Is.True);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Note;
        }

        Assert.That(thrown, Is.Empty);
    }
}
