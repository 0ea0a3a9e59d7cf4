using System.Text;
using AppPreflight.LayerStore;
using NUnit.Framework;
using static AppPreflight.Archive.Entries;

namespace AppPreflight.Archive;

/// <summary>The tree is the one that the engine's unpacker leaves on disk.</summary>
internal sealed class LayerTreeTests
{
    [Test]
    public void Makes_the_folders_that_a_name_needs_and_takes_their_header_when_it_comes()
    {
        Expect([Regular("a/b/c")], "a implicit", "a/b implicit", "a/b/c file 644 0 0");
        Expect([Regular("a/b/c"), Folder("a/", 0x1c0, 7)], "a folder 700 7", "a/b implicit", "a/b/c file 644 0 0");
        Expect([Folder("a", 0x1c0, 7), Folder("./a//", 0x3ff, 8)], "a folder 1777 8");
    }

    [Test]
    public void Cleans_names_and_stays_below_the_root() => Expect([Regular("./a/../b"), Regular("/c//d/."), Regular("../../e"), Regular("x/../../f")], "b file 644 0 0", "c implicit", "c/d file 644 0 0", "e file 644 0 0", "f file 644 0 0");

    [Test]
    public void Hides_names_as_long_as_any()
    {
        var longest = new string('x', 255);
        Expect([Regular(".wh." + longest), Regular("a/.wh." + longest)], "a implicit", $"a/{longest} char 0 0 0:0", $"{longest} char 0 0 0:0");
        Assert.That(() => Tree(Regular(".wh." + longest + "x")), Throws.InstanceOf<InvalidDataException>());
        Assert.That(() => Tree(Regular(".wh." + longest + "/a")), Throws.InstanceOf<InvalidDataException>());
    }

    [TestCase(".")]
    [TestCase("./")]
    [TestCase("")]
    [TestCase("a/..")]
    public void Passes_over_the_header_of_the_root(string name)
    {
        var tree = Tree(Folder(name, 0x1c0, 5), Regular("a"));
        Assert.That((tree.Root.Kind, tree.Root.Inode.Uid), Is.EqualTo((NodeKind.ImplicitDirectory, 0u)));
        Assert.That(tree.Nodes, Is.EqualTo(2));
    }

    [TestCase("/")]
    [TestCase("..")]
    [TestCase("/..")]
    [TestCase("../a/..")]
    public void Applies_a_header_to_the_root_that_is_named_otherwise(string name)
    {
        Assert.That(Line(Tree(Folder(name, 0x1c0, 5)).Root.Inode), Is.EqualTo("folder 700 5"));
        Refuses(Regular(name));
    }

    [Test]
    public void Removes_what_was_there_with_all_below_it()
    {
        Expect([Folder("a"), Regular("a/b/c"), Symlink("l", "a"), Regular("l")], "a folder 755 0", "a/b implicit", "a/b/c file 644 0 0", "l file 644 0 0");
        var tree = Tree(Regular("a/b/c", size: 5), Symlink("l", "a"), Regular("l/b"));
        Assert.That(Lines(tree), Is.EqualTo(new[] { "a implicit", "a/b file 644 0 0", "l symlink 0 a" }));
        Assert.That((tree.Contents[0]!.Links, tree.Contents[0]!.First, tree.Nodes), Is.EqualTo((0, (LayerNode?)null, 4)));
        Expect([Regular("f"), Symlink("d", "."), Folder("d/f", owner: 3)], "d symlink 0 .", "f folder 755 3");
        Expect([Folder("f"), Regular("f/x"), Symlink("d", "."), Symlink("d/f", "y")], "d symlink 0 .", "f symlink 0 y");
    }

    [Test]
    public void Follows_symlinks_on_the_way_as_the_kernel_does_in_a_chroot()
    {
        Expect([Folder("usr/lib"), Symlink("lib", "usr/lib"), Regular("lib/x")], "lib symlink 0 usr/lib", "usr implicit", "usr/lib folder 755 0", "usr/lib/x file 644 0 0");
        Expect([Folder("a/b"), Folder("c"), Symlink("a/b/l", "/c"), Regular("a/b/l/x")], "a implicit", "a/b folder 755 0", "a/b/l symlink 0 /c", "c folder 755 0", "c/x file 644 0 0");
        Expect([Folder("c"), Symlink("l", "../../../c/./"), Regular("l/x/y")], "c folder 755 0", "c/x implicit", "c/x/y file 644 0 0", "l symlink 0 ../../../c/./");
        Expect([Folder("a"), Symlink("b", "a/../c//"), Folder("c"), Symlink("d", "b"), Regular("d/x")], "a folder 755 0", "b symlink 0 a/../c//", "c folder 755 0", "c/x file 644 0 0", "d symlink 0 b");
    }

    [Test]
    public void Follows_forty_symlinks_and_no_more()
    {
        var chain = Enumerable.Range(1, 60).Select(index => Symlink($"l{index}", index == 1 ? "d" : $"l{index - 1}")).Prepend(Folder("d")).ToList();
        Assert.That(Tree([.. chain, Regular("l40/x")]).Root.TryGetChild("d"u8, out var folder) && folder.ChildCount == 1);
        Refuses([.. chain, Regular("l41/x")]);
        Refuses(Symlink("a", "b"), Symlink("b", "a"), Regular("a/x"));
        Refuses(Symlink("a", "a"), Regular("a/b/c"));
    }

    [Test]
    public void Refuses_ways_that_lead_nowhere()
    {
        Refuses(Symlink("l", "missing"), Regular("l/x"));
        Refuses(Regular("f"), Regular("f/x"));
        Refuses(Regular("f"), Symlink("l", "f"), Regular("l/x"));
        Refuses(Regular("f"), Symlink("l", "f/.."), Regular("l/x"));
        Refuses(Regular(".wh.f"), Regular("f/x"));
        Refuses(Symlink("d", "."), Fifo("d/d/d"));
        Refuses(Symlink("d", "."), Folder("d/d"));
        Refuses(Regular(new string('n', 256)));
        Refuses(Regular(string.Join('/', Enumerable.Repeat(new string('n', 200), 21))));
        Refuses(Regular("a\0b"));
        Refuses(Symlink("s", ""));
        Refuses(Symlink("s", new string('t', 4096)));
        Refuses(Make("c", EntryType.Other));
    }

    [Test]
    public void Shares_what_hard_links_share_and_lets_the_last_header_win()
    {
        Expect([Regular("a", 0x1a4, 1, 5), HardLink("d/b", "/a", 0x9ed, 2), HardLink("c", "d/../a", 0x180, 3)], "a file 600 3 5 x3", "c file 600 3 5 x3", "d implicit", "d/b file 600 3 5 x3");
        Expect([Symlink("s", "x", 1), HardLink("t", "s", 0x180, 3)], "s symlink 3 x x2", "t symlink 3 x x2");
        Expect([Folder("d"), Regular("d/f"), Symlink("l", "d"), HardLink("h", "l/f")], "d folder 755 0", "d/f file 644 0 0 x2", "h file 644 0 0 x2", "l symlink 0 d");
        Refuses(HardLink("b", "a"));
        Refuses(Folder("a"), HardLink("b", "a"));
        Refuses(HardLink("b", ""));
        Refuses(Regular("a"), Symlink("l", "."), HardLink("l/a", "a"));
    }

    [Test]
    public void Takes_the_capability_away_when_a_hard_link_changes_the_owner()
    {
        var capability = Xattr("security.capability", "cap");
        var note = Xattr("user.note", "n");
        Expect([Regular("a", xattrs: [capability, note]), HardLink("b", "a")], "a file 644 0 0 x2 user.note=6E", "b file 644 0 0 x2 user.note=6E");
        Expect([Regular("a", xattrs: [capability]), HardLink("b", "a", 0x1a4, 0, Xattr("security.capability", "new"))], "a file 644 0 0 x2 security.capability=6E6577", "b file 644 0 0 x2 security.capability=6E6577");
        Expect([Folder("d") with { Xattrs = [capability, note] }, Folder("d") with { Xattrs = [Xattr("user.note", "m")] }], "d folder 755 0 security.capability=636170 user.note=6D");
    }

    [Test]
    public void Expects_only_attributes_that_linux_grants()
    {
        LayerXattr[] all = [Xattr("user.a", "1"), Xattr("trusted.a", "2"), Xattr("security.a", "3"), Xattr("bogus.a", "4"), Xattr("user", "5")];
        Expect([Symlink("s", "x") with { Xattrs = all }, Fifo("p") with { Xattrs = all }, Regular("f", xattrs: all)],
            "f file 644 0 0 security.a=33 trusted.a=32 user.a=31", "p fifo 666 0 security.a=33 trusted.a=32", "s symlink 0 x security.a=33 trusted.a=32");
        Expect([Folder("d") with { Xattrs = [Xattr("trusted.overlay.opaque", "y")] }], "d folder 755 0 trusted.overlay.opaque=79");
    }

    [Test]
    public void Leaves_an_owner_that_chown_leaves() => Expect([Regular("a", owner: 5), HardLink("b", "a", owner: uint.MaxValue), Regular("c", owner: uint.MaxValue)], "a file 644 5 0 x2", "b file 644 5 0 x2", "c file 644 0 0");

    [Test]
    public void Turns_whiteouts_into_what_overlay_knows()
    {
        Expect([Regular("d/.wh.gone", owner: 4)], "d implicit", "d/gone char 0 4 0:0");
        Expect([Folder("d"), Regular("d/.wh..wh..opq"), Symlink("l", "d"), Regular("l/.wh.x")], "d folder 755 0 trusted.overlay.opaque=79", "d/x char 0 0 0:0", "l symlink 0 d");
        Assert.That(Tree(Regular(".wh..wh..opq")).Root.Inode.Opaque);
        Expect([Regular(".wh.a"), Regular("a")], "a file 644 0 0");
        Expect([Regular(".wh.a"), HardLink("b", "a", 0x180, 9)], "a char 600 9 0:0 x2", "b char 600 9 0:0 x2");
        Refuses(Regular("a"), Regular(".wh.a"));
        Refuses(Regular(".wh."));
        Refuses(Regular(".wh.."));
        Refuses(Regular(".wh..."));
    }

    [Test]
    public void Takes_devices_as_mknod_took_them() =>
        Expect([Device("a", 0x1005, 0x300007), Make("b", EntryType.BlockDevice) with { DevMajor = 8, DevMinor = 1 }], "a char 666 0 5:7", "b block 644 0 8:1");

    [Test]
    public void Tells_where_each_content_lies_now()
    {
        var tree = Tree(Regular("a/f", size: 1), Symlink("l", "a"), Regular("l/g", size: 2), Regular(".wh.w", size: 3), HardLink("h", "a/f") with { Size = 1 }, Regular("l/f", size: 4), Regular("empty"), Make("g", EntryType.GlobalHeader) with { Size = 9 });
        Assert.That(tree.Contents.Select(inode => inode is null ? "none" : inode.First is { } node ? node.Path.ToString() : "nowhere"), Is.EqualTo(new[] { "h", "a/g", "nowhere", "none", "a/f", "nowhere" }));
        Assert.That(tree.Contents[4]!.Checksum, Is.EqualTo(4));
    }

    [Test]
    public void Names_the_first_path_of_a_file_as_long_as_it_stands()
    {
        var tree = Tree(Symlink("d", "."), Regular("a", size: 1), HardLink("b", "a"), HardLink("c", "a"), Regular("d/b"));
        Assert.That(tree.Contents[0]!.First!.Path.ToString(), Is.EqualTo("a"));
        Assert.That(tree.Contents[0]!.First!.NextLink!.Path.ToString(), Is.EqualTo("c"));
        tree.Apply(Regular("d/a"), 0);
        Assert.That((tree.Contents[0]!.First!.Path.ToString(), tree.Contents[0]!.First!.NextLink, tree.Contents[0]!.Links), Is.EqualTo(("c", (LayerNode?)null, 1)));
    }

    [Test]
    public void Says_that_it_cannot_tell_a_sparse_file()
    {
        var lines = new StringBuilder();
        var position = 0;
        TarSplitMaker.Segment(lines, ref position, TarMaker.Header('S', Bytes("sparse"), size: 5));
        TarSplitMaker.File(lines, ref position, "sparse", new byte[70]);
        TarSplitMaker.Segment(lines, ref position, new byte[2000]);
        TarSplitMaker.File(lines, ref position, "b", []);
        using var reader = TarSplitReader.OverJson(new MemoryStream(Bytes(lines.ToString())));
        Assert.That(SplitTree.Build(reader, null, CancellationToken.None).Untold, Does.Contain("sparse file sparse"));
        Assert.That(reader.Read(), Is.False);
    }

    [Test]
    public void Survives_a_tree_deeper_than_any_stack()
    {
        var tree = new LayerTree();
        var step = string.Join('/', Enumerable.Repeat("d", 2000));
        tree.Apply(Folder(step), 0);
        for (var round = 0; round < 39; round++)
        {
            tree.Apply(Symlink($"l{round}", round == 0 ? step : $"l{round - 1}/{step}"), 0);
            tree.Apply(Regular($"l{round}/{step}/f"), 0);
        }

        Assert.That(tree.Nodes, Is.EqualTo(1 + (40 * 2000) + 39 + 39));
        Assert.That(tree.Contents, Is.Empty);
        tree.Apply(Symlink("d", "x"), 0);
        Assert.That(tree.Nodes, Is.EqualTo(1 + 1 + 39));
    }

    [Test]
    public void Bounds_the_paths_of_a_layer()
    {
        var tree = new LayerTree(30_000);
        var fault = Assert.Throws<InvalidDataException>(() =>
        {
            for (var index = 0; index < 100; index++) tree.Apply(Regular($"{index}/{string.Join('/', Enumerable.Repeat("d", 2000))}"), 0);
        });
        Assert.That(fault?.Message, Does.Contain("30000 paths"));
    }

    [Test]
    public void Stays_modest_in_memory()
    {
        var before = GC.GetTotalMemory(true);
        var tree = new LayerTree();
        for (var index = 0; index < 200_000; index++) tree.Apply(Regular($"usr/share/doc/package-{index / 20}/some-file-{index}", size: 5), 0);
        var each = (GC.GetTotalMemory(true) - before) / 200_000;
        GC.KeepAlive(tree);
        TestContext.Out.WriteLine($"{each} bytes an entry");
        Assert.That(each, Is.LessThan(400));
    }

    private static void Expect(LayerEntry[] entries, params string[] lines) => Assert.That(Lines(Tree(entries)), Is.EqualTo(lines));

    private static void Refuses(params LayerEntry[] entries)
    {
        var tree = Tree(entries[..^1]);
        var fault = Assert.Throws<InvalidDataException>(() => tree.Apply(entries[^1], 0));
        Assert.That(fault?.Message, Does.EndWith("."));
    }
}
