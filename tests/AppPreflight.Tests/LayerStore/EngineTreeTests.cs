using System.Security.Cryptography;
using System.Text;
using AppPreflight.Archive;
using AppPreflight.Rehearsal;
using NUnit.Framework;
using static AppPreflight.Archive.Entries;

namespace AppPreflight.LayerStore;

/// <summary>The engine itself is the witness: it unpacks random layers, and its folders and its tar-splits must be what we say.</summary>
internal sealed class EngineTreeTests
{
    private const int Layers = 30;

    private static readonly string[] Names = ["a", "b", "c", "d", "e"];
    private static readonly string[] Targets = ["a", "b/c", "/c", "../d", ".", "/", "../../e/", "missing", "./a/../b"];
    private static readonly string[] Attributes = ["user.a", "trusted.a", "security.capability", "bogus.a"];

    [Test]
    [CancelAfter(120_000)]
    public async Task Sees_the_tree_that_the_engine_unpacked(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        var random = new Random(20_1024);
        var layers = Enumerable.Range(0, Layers).Select(index => Layer(random, index)).ToList();
        var image = ImageBuilder.Build(new("layers"), layers);
        await stage.Engine.Api.LoadAsync(ImageBuilder.Archive(image, "layers:1"), cancellationToken);
        var chain = "";
        var entries = 0;
        foreach (var layer in layers)
        {
            chain = chain.Length == 0 ? layer.DiffId : LayerBuilder.Sha256(Encoding.ASCII.GetBytes($"{chain} {layer.DiffId}"));
            var record = Path.Combine(stage.Engine.DataRoot, "image/overlay2/layerdb/sha256", chain["sha256:".Length..]);
            var split = Path.Combine(record, "tar-split.json.gz");
            var tree = ReadTree(split);
            var folder = Path.Combine(stage.Engine.DataRoot, "overlay2", await File.ReadAllTextAsync(Path.Combine(record, "cache-id"), cancellationToken), "diff");
            var found = Statx.Lines(folder);
            var expected = Entries.Lines(tree);
            Assert.That(Relevant(found, expected), Is.EqualTo(expected), $"layer {layer.DiffId}");
            Assert.That(Rebuild(split, folder, tree), Is.EqualTo(layer.Tar));
            entries += tree.Entries;
        }

        TestContext.Out.WriteLine($"{Layers} layers, {entries} entries");
        await stage.Engine.Api.RemoveImageAsync("layers:1", force: true, cancellationToken);
    }

    private static LayerTree ReadTree(string split)
    {
        using var reader = TarSplitReader.Open(File.OpenRead(split));
        return SplitTree.Build(reader, null, CancellationToken.None);
    }

    // an implicit folder's mode, owner are the engine's own affair
    private static IEnumerable<string> Relevant(IReadOnlyList<string> found, IReadOnlyList<string> expected)
    {
        var implicitFolders = expected.Where(line => line.Contains(" implicit", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(" implicit", StringComparison.Ordinal)]).ToHashSet(StringComparer.Ordinal);
        foreach (var line in found)
        {
            var name = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            var words = line.Split(' ');
            yield return implicitFolders.Contains(name) && words[1] == "folder" ? string.Join(' ', [name, "implicit", .. words[4..]]) : line;
        }
    }

    private static byte[] Rebuild(string split, string folder, LayerTree tree)
    {
        using var reader = TarSplitReader.Open(File.OpenRead(split));
        using var tar = new MemoryStream();
        var content = 0;
        while (reader.Read())
        {
            tar.Write(reader.Segment.Span);
            if (reader.Size == 0 || tree.Contents[content++] is not { } inode) continue;
            var bytes = File.ReadAllBytes(Path.Combine(folder, inode.First!.Path.ToString()));
            Assert.That(Crc64.Of(bytes), Is.EqualTo(reader.Checksum));
            Assert.That(inode.Checksum, Is.EqualTo(reader.Checksum));
            tar.Write(bytes);
        }

        return tar.ToArray();
    }

    private static BuiltLayer Layer(Random random, int index)
    {
        var maker = new TarMaker();
        var chosen = new List<LayerEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < 60; round++)
        {
            var entry = Random(random);
            if (!seen.Add(Clean(entry)) || !IsUnpacked([.. chosen, entry])) continue;
            chosen.Add(entry);
            Write(maker, entry);
        }

        maker.Add('0', $"stamp-{index}");
        var tar = maker.End();
        return new(tar, LayerBuilder.Sha256(tar), tar, LayerBuilder.Sha256(tar));
    }

    // the engine sets the times of all folders when all is unpacked, so each must still be there, and each content for the image to be exported
    private static bool IsUnpacked(List<LayerEntry> entries)
    {
        try
        {
            var tree = Tree(entries);
            var walk = new TreeWalk(tree.Root);
            var name = new CleanName();
            foreach (var entry in entries.Where(entry => entry.Type == EntryType.Directory))
            {
                name.Set(entry.Name);
                if (walk.Find(name) is not { Inode.IsDirectory: true }) return false;
            }

            return tree.Contents.All(inode => inode is null or { First: not null });
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static LayerEntry Random(Random random)
    {
        var depth = random.Next(1, 4);
        var name = string.Join('/', Enumerable.Range(0, depth).Select(_ => Pick(random, Names)));
        var owner = (uint)random.Next(3) * 1000;
        var mode = random.Next(0x1000);
        var xattrs = random.Next(4) == 0 ? new[] { Capability(Pick(random, Attributes)) } : [];
        return random.Next(12) switch
        {
            0 or 1 => Folder(random.Next(2) == 0 ? name : "./" + name + "/", mode, owner) with { Xattrs = xattrs },
            2 or 3 => Symlink(name, Pick(random, Targets), owner) with { Xattrs = xattrs },
            4 or 5 => HardLink(name, string.Join('/', Enumerable.Range(0, random.Next(1, 3)).Select(_ => Pick(random, Names))), mode, owner, xattrs),
            6 => Fifo(name) with { Mode = mode, Xattrs = xattrs },
            7 => Device(name, (uint)random.Next(300), (uint)random.Next(70_000)),
            8 => Regular($"{(depth > 1 ? name + "/" : "")}.wh.{Pick(random, Names)}", mode, owner),
            9 => Regular(name + "/.wh..wh..opq", mode, owner),
            10 => Regular("../" + name, mode, owner, random.Next(2000), xattrs),
            _ => Regular("/" + name, mode, owner, random.Next(2000), xattrs),
        };
    }

    // a value that the kernel takes for a capability: version 2, cap_net_raw
    private static LayerXattr Capability(string name) => new(Bytes(name), [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    private static void Write(TarMaker maker, LayerEntry entry)
    {
        var type = entry.Type switch
        {
            EntryType.Directory => '5',
            EntryType.Symlink => '2',
            EntryType.HardLink => '1',
            EntryType.CharDevice => '3',
            EntryType.Fifo => '6',
            _ => '0',
        };
        var content = RandomNumberGenerator.GetBytes((int)entry.Size);
        var pax = entry.Xattrs.Select(xattr => ($"SCHILY.xattr.{Encoding.UTF8.GetString(xattr.Name)}", xattr.Value)).ToArray();
        maker.Add(type, Encoding.UTF8.GetString(entry.Name), entry.Mode, entry.Uid, entry.Gid, Encoding.UTF8.GetString(entry.LinkName), content, (int)entry.DevMajor, (int)entry.DevMinor, pax);
    }

    // filepath.Clean, by which tar-split refuses doubles
    private static string Clean(LayerEntry entry)
    {
        var name = Encoding.UTF8.GetString(entry.Name);
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
        return (name.StartsWith('/') ? "/" : "") + string.Join('/', parts);
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
