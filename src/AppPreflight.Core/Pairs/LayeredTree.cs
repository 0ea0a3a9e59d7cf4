using AppPreflight.Images;

namespace AppPreflight.Pairs;

/// <summary>A path as some layers, one on the other, leave it, and the layer that says so.</summary>
public sealed record LayeredFile(LayerFile File, int Layer);

/// <summary>Layers put on each other as overlayfs shows them: what upper ones say of a path holds, whiteouts hide.</summary>
/// <remarks>Source: kernel Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories", "merged directories".</remarks>
public sealed class LayeredTree
{
    private readonly Node root = new();

    /// <summary>Puts a layer on top.</summary>
    public void Add(LayerFiles layer)
    {
        // in ordinal order a folder comes before what is in it
        foreach (var file in layer.Files) Put(file, layer.Layer);
    }

    /// <summary>All paths, by path.</summary>
    /// <param name="isWhole">Nothing lies below: there is nothing that a whiteout or an opaque folder could hide.</param>
    public SortedDictionary<string, LayeredFile> Files(bool isWhole)
    {
        var files = new SortedDictionary<string, LayeredFile>(StringComparer.Ordinal);
        for (var rest = new Stack<Node>([root]); rest.TryPop(out var node);)
        {
            foreach (var child in node.Children.Values) rest.Push(child);
            if (node.File is not { } file || (isWhole && file.Kind == LayerFileKind.Whiteout)) continue;
            files[file.Path] = new(isWhole && file.IsOpaque ? file with { IsOpaque = false } : file, node.Layer);
        }

        return Relinked(files);
    }

    private void Put(LayerFile file, int layer)
    {
        var node = root;
        if (file.Path.Length > 0)
            foreach (var part in file.Path.Split('/')) node = node.Child(part);
        var isFolder = file.Kind is LayerFileKind.Directory or LayerFileKind.ImplicitDirectory;
        // what was no folder, or hidden, lets nothing of lower layers show through a folder made in its place
        var hides = file.IsOpaque || (node.File is { } old && (old.Kind is not (LayerFileKind.Directory or LayerFileKind.ImplicitDirectory) || old.IsOpaque));
        if (!isFolder || file.IsOpaque) node.Children.Clear();
        // who makes a folder that no header describes takes over what it finds (containerd), or makes it anew (moby): both count
        if (file.Kind == LayerFileKind.ImplicitDirectory && node.File is { Kind: LayerFileKind.Directory or LayerFileKind.ImplicitDirectory } found) file = found with { Kind = LayerFileKind.ImplicitDirectory };
        node.File = isFolder && hides && !file.IsOpaque ? file with { IsOpaque = true } : file;
        node.Layer = layer;
    }

    // a later layer may have taken the path away by which the others were called
    private static SortedDictionary<string, LayeredFile> Relinked(SortedDictionary<string, LayeredFile> files)
    {
        var groups = files.Values.Where(one => one.File.LinkedTo is not null).GroupBy(one => (one.Layer, one.File.LinkedTo)).ToList();
        foreach (var group in groups)
        {
            var paths = group.Select(one => one.File.Path).ToList();
            var first = paths.Count > 1 ? paths.Min(StringComparer.Ordinal) : null;
            foreach (var path in paths) files[path] = files[path] with { File = files[path].File with { LinkedTo = first } };
        }

        return files;
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public LayerFile? File { get; set; }

        public int Layer { get; set; }

        public Node Child(string part)
        {
            if (!Children.TryGetValue(part, out var child)) Children[part] = child = new();
            return child;
        }
    }
}
