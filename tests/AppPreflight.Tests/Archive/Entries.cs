using System.Globalization;
using System.Text;

namespace AppPreflight.Archive;

/// <summary>Entries in one word each, and trees as lines to compare.</summary>
internal static class Entries
{
    public static LayerEntry Folder(string name, int mode = 0x1ed, uint owner = 0) => Make(name, EntryType.Directory, mode, owner);

    public static LayerEntry Regular(string name, int mode = 0x1a4, uint owner = 0, long size = 0, params LayerXattr[] xattrs) => Make(name, EntryType.Regular, mode, owner) with { Size = size, Xattrs = xattrs };

    public static LayerEntry Symlink(string name, string target, uint owner = 0) => Make(name, EntryType.Symlink, 0x1ff, owner) with { LinkName = Bytes(target) };

    public static LayerEntry HardLink(string name, string target, int mode = 0x1a4, uint owner = 0, params LayerXattr[] xattrs) => Make(name, EntryType.HardLink, mode, owner) with { LinkName = Bytes(target), Xattrs = xattrs };

    public static LayerEntry Device(string name, uint major, uint minor) => Make(name, EntryType.CharDevice, 0x1b6, 0) with { DevMajor = major, DevMinor = minor };

    public static LayerEntry Fifo(string name) => Make(name, EntryType.Fifo, 0x1b6, 0);

    public static LayerEntry Make(string name, EntryType type, int mode = 0x1a4, uint owner = 0) => new(Bytes(name), type, mode, owner, owner, 0, [], 0, 0, []);

    public static LayerXattr Xattr(string name, string value) => new(Bytes(name), Bytes(value));

    public static LayerTree Tree(params IEnumerable<LayerEntry> entries)
    {
        var tree = new LayerTree();
        foreach (var entry in entries) tree.Apply(entry, (ulong)entry.Size);
        return tree;
    }

    /// <summary>One line for each path but the root, in order of their bytes.</summary>
    public static IReadOnlyList<string> Lines(LayerTree tree)
    {
        var lines = new List<string>();
        for (var rest = new Stack<LayerNode>(tree.Root.Children); rest.TryPop(out var node);)
        {
            lines.Add($"{node.Path} {Line(node.Inode)}");
            foreach (var child in node.Children) rest.Push(child);
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    public static string Line(LayerInode inode)
    {
        var mode = Convert.ToString(inode.Mode, 8);
        var kind = inode.Kind switch
        {
            NodeKind.Directory => $"folder {mode} {inode.Uid}",
            NodeKind.ImplicitDirectory => "implicit",
            NodeKind.File => $"file {mode} {inode.Uid} {inode.Size}",
            NodeKind.Symlink => $"symlink {inode.Uid} {Encoding.UTF8.GetString(inode.Target)}",
            NodeKind.Whiteout => $"char {mode} {inode.Uid} 0:0",
            NodeKind.CharDevice => string.Create(CultureInfo.InvariantCulture, $"char {mode} {inode.Uid} {inode.DevMajor}:{inode.DevMinor}"),
            NodeKind.BlockDevice => string.Create(CultureInfo.InvariantCulture, $"block {mode} {inode.Uid} {inode.DevMajor}:{inode.DevMinor}"),
            _ => $"fifo {mode} {inode.Uid}",
        };
        var links = inode.Links > 1 ? $" x{inode.Links}" : "";
        var xattrs = inode.Xattrs.Select(xattr => $"{Encoding.UTF8.GetString(xattr.Name)}={Convert.ToHexString(xattr.Value)}").Concat(inode.Opaque ? ["trusted.overlay.opaque=79"] : []).Order(StringComparer.Ordinal);
        return $"{kind}{links}{string.Concat(xattrs.Select(xattr => " " + xattr))}";
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
