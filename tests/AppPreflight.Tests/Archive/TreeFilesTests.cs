using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Archive.Entries;

namespace AppPreflight.Archive;

internal sealed class TreeFilesTests
{
    [Test]
    public void Tells_every_path_once_in_ordinal_order()
    {
        var files = TreeFiles.Of(Tree(Regular("b/c"), Regular("b.c"), Regular("B"), Regular("b/.x"), Regular("ä"), Symlink("b/a", "c")));
        Assert.That(files.Select(file => file.Path), Is.EqualTo(new[] { "B", "b", "b.c", "b/.x", "b/a", "b/c", "ä" }));
    }

    [Test]
    public void Tells_what_counts_of_each_kind()
    {
        var content = Digest.Of("x"u8);
        var tree = new LayerTree();
        tree.Apply(Regular("f", 0x9ed, 7, 1), 0, content);
        foreach (var entry in new[] { Folder("d", 0x3ff, 8), Symlink("s", "to/é", 9), Device("c", 1, 3), Make("b", EntryType.BlockDevice) with { DevMajor = 0x12345, DevMinor = 0x123456 }, Fifo("p"), Regular(".wh.w", owner: 3), Regular("i/j") })
            tree.Apply(entry, 0);
        Assert.That(TreeFiles.Of(tree), Is.EqualTo(new LayerFile[]
        {
            new("b", LayerFileKind.BlockDevice) { Mode = 0x1a4, DevMajor = 0x345, DevMinor = 0x23456 },
            new("c", LayerFileKind.CharDevice) { Mode = 0x1b6, DevMajor = 1, DevMinor = 3 },
            new("d", LayerFileKind.Directory) { Mode = 0x3ff, Uid = 8, Gid = 8 },
            new("f", LayerFileKind.File) { Mode = 0x9ed, Uid = 7, Gid = 7, SizeBytes = 1, Content = content },
            new("i", LayerFileKind.ImplicitDirectory),
            new("i/j", LayerFileKind.File) { Mode = 0x1a4 },
            new("p", LayerFileKind.Fifo) { Mode = 0x1b6 },
            new("s", LayerFileKind.Symlink) { Uid = 9, Gid = 9, Target = "to/é" },
            new("w", LayerFileKind.Whiteout),
        }));
    }

    [Test]
    public void Speaks_of_the_root_only_where_a_header_does()
    {
        Assert.That(TreeFiles.Of(Tree()), Is.Empty);
        Assert.That(TreeFiles.Of(Tree(Folder("./"))), Is.Empty);
        Assert.That(TreeFiles.Of(Tree(Folder("/", 0x1c0, 5))), Is.EqualTo(new[] { new LayerFile("", LayerFileKind.Directory) { Mode = 0x1c0, Uid = 5, Gid = 5 } }));
        Assert.That(TreeFiles.Of(Tree(Regular(".wh..wh..opq"))), Is.EqualTo(new[] { new LayerFile("", LayerFileKind.ImplicitDirectory) { IsOpaque = true } }));
    }

    [Test]
    public void Names_a_file_of_several_paths_by_the_first_of_them_whichever_came_first()
    {
        var one = TreeFiles.Of(Tree(Regular("b/x"), HardLink("a/x", "b/x"), HardLink("c", "a/x"), Regular("d")));
        var other = TreeFiles.Of(Tree(Regular("a/x"), HardLink("c", "a/x"), Regular("d"), HardLink("b/x", "c")));
        Assert.That(one.Where(file => file.Kind == LayerFileKind.File).Select(file => (file.Path, file.LinkedTo)), Is.EqualTo(new[] { ("a/x", "a/x"), ("b/x", "a/x"), ("c", "a/x"), ("d", null) }));
        Assert.That(other, Is.EqualTo(one));
        var last = TreeFiles.Of(Tree(Regular("a"), HardLink("b", "a"), Folder("a")));
        Assert.That(last.Select(file => (file.Path, file.LinkedTo)), Is.EqualTo(new[] { ("a", (string?)null), ("b", null) }));
    }

    [Test]
    public void Writes_attributes_in_order_of_their_names()
    {
        var files = TreeFiles.Of(Tree(Regular("f", 0x1a4, 0, 0, Xattr("user.b", "2"), Xattr("security.capability", "\u0001"), Xattr("user.a\u0007", ""))));
        Assert.That(files[0].Attributes, Is.EqualTo("security.capability=01 user.a\\x07= user.b=32"));
    }

    [Test]
    public void Lets_no_two_names_look_the_same()
    {
        byte[][] names = [[0xff], "\\xff"u8.ToArray(), "\u202e"u8.ToArray(), "\x1b[2J"u8.ToArray(), "\n"u8.ToArray(), Encoding.UTF8.GetBytes("é"), Encoding.UTF8.GetBytes("e\u0301")];
        var files = TreeFiles.Of(Tree(names.Select(name => Regular("") with { Name = name })));
        Assert.That(files.Select(file => file.Path), Is.Unique.And.All.Not.Match("[\\p{Cc}]"));
        Assert.That(files, Has.Count.EqualTo(names.Length));
    }
}
