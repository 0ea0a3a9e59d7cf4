using System.Text;
using AppPreflight.Images;

namespace AppPreflight.Archive;

/// <summary>A layer's tree as values that can be compared.</summary>
internal static class TreeFiles
{
    /// <summary>Characters of all paths, targets and attributes together: each path has those of all folders above it.</summary>
    private const long MostCharacters = 256L << 20;

    /// <returns>All paths in ordinal order; the root only where a header speaks of it.</returns>
    /// <exception cref="InvalidDataException">Too much for the memory it takes.</exception>
    public static IReadOnlyList<LayerFile> Of(LayerTree tree)
    {
        var files = new List<LayerFile>(tree.Nodes);
        var linked = new Dictionary<LayerInode, string>();
        var characters = 0L;
        for (var rest = new Stack<LayerNode>([tree.Root]); rest.TryPop(out var node);)
        {
            if (node.Parent is not null || node.Kind == NodeKind.Directory || node.Inode.Opaque)
            {
                files.Add(Of(node, linked));
                characters += files[^1].Path.Length + files[^1].Target.Length + files[^1].Attributes.Length;
                if (characters > MostCharacters) throw new InvalidDataException($"The layer's paths and attributes take more than {MostCharacters} characters.");
            }

            foreach (var child in node.Children) rest.Push(child);
        }

        files.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    private static LayerFile Of(LayerNode node, Dictionary<LayerInode, string> linked)
    {
        var inode = node.Inode;
        var hasOwners = node.Kind is not (NodeKind.ImplicitDirectory or NodeKind.Whiteout);
        return new(node.Path.ToString(), KindOf(node.Kind))
        {
            Mode = hasOwners && node.Kind != NodeKind.Symlink ? inode.Mode : 0,
            Uid = hasOwners ? inode.Uid : 0,
            Gid = hasOwners ? inode.Gid : 0,
            SizeBytes = inode.Size,
            Content = inode.Content,
            Target = LayerPath.Show(inode.Target),
            DevMajor = inode.DevMajor,
            DevMinor = inode.DevMinor,
            Attributes = Text(inode.Xattrs),
            IsOpaque = inode.Opaque,
            LinkedTo = inode.Links > 1 ? FirstPath(inode, linked) : null,
            Stamp = inode.Stamp ?? FileStamp.None,
        };
    }

    // which of a file's paths the tar made first is the packer's choice
    private static string FirstPath(LayerInode inode, Dictionary<LayerInode, string> linked)
    {
        if (linked.TryGetValue(inode, out var first)) return first;
        for (var node = inode.First; node is not null; node = node.NextLink)
        {
            var path = node.Path.ToString();
            if (first is null || string.CompareOrdinal(path, first) < 0) first = path;
        }

        return linked[inode] = first!;
    }

    private static string Text(IReadOnlyList<LayerXattr> xattrs)
    {
        if (xattrs.Count == 0) return "";
        var text = new StringBuilder();
        foreach (var (name, value) in xattrs.Select(one => (Name: LayerPath.Show(one.Name), one.Value)).OrderBy(one => one.Name, StringComparer.Ordinal))
            text.Append(text.Length > 0 ? " " : "").Append(name).Append('=').Append(Convert.ToHexStringLower(value));
        return text.ToString();
    }

    private static LayerFileKind KindOf(NodeKind kind) => kind switch
    {
        NodeKind.Directory => LayerFileKind.Directory,
        NodeKind.ImplicitDirectory => LayerFileKind.ImplicitDirectory,
        NodeKind.File => LayerFileKind.File,
        NodeKind.Symlink => LayerFileKind.Symlink,
        NodeKind.Whiteout => LayerFileKind.Whiteout,
        NodeKind.CharDevice => LayerFileKind.CharDevice,
        NodeKind.BlockDevice => LayerFileKind.BlockDevice,
        _ => LayerFileKind.Fifo,
    };
}
