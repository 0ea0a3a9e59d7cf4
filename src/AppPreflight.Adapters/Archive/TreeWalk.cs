namespace AppPreflight.Archive;

/// <summary>
/// Finds paths in the tree as the kernel does in the engine's chroot: symlinks among the components are followed from where they lie or from
/// the root, ".." of the root is the root, and at most 40 symlinks are followed in one walk (MAXSYMLINKS of the kernel's namei.c).
/// </summary>
/// <exception cref="InvalidDataException">From every method: a walk that would have failed and the unpacking with it, or too many steps.</exception>
internal sealed class TreeWalk(LayerNode root)
{
    private const int MaxSymlinks = 40;

    // a layer of two million files nine folders deep takes forty million; a layer made of long symlink chains must end too
    private const long MaxSteps = 400_000_000;

    // what is still to go when a symlink was met: its target lies on top
    private readonly Stack<(byte[] Target, int At)> targets = new();
    private int followed;
    private long steps;

    /// <summary>The folder of a name's last component; folders that are missing on the name's own way are made, as MkdirAll does.</summary>
    public LayerNode Parent(CleanName name, Func<LayerNode, byte[], LayerNode> make)
    {
        var node = root;
        followed = 0;
        for (var index = 0; index < name.Count - 1; index++)
        {
            var part = name[index];
            Step();
            if (!Directory(node).TryGetChild(part, out var child)) child = make(node, part.ToArray());
            node = child.Kind == NodeKind.Symlink ? Follow(node, child) : child;
        }

        return Directory(node);
    }

    /// <summary>The folder of a name's last component, which has to be there.</summary>
    public LayerNode Standing(CleanName name) => Parent(name, static (_, part) => throw Lost(part));

    /// <summary>The node itself, a symlink too, as link(2) takes its source; null when it is missing.</summary>
    public LayerNode? Find(CleanName name)
    {
        if (name.Count == 0) return root;
        return Standing(name).TryGetChild(name.Last, out var node) ? node : null;
    }

    // the whole way of one symlink, and of those on its way; each step goes on in a folder
    private LayerNode Follow(LayerNode folder, LayerNode symlink)
    {
        targets.Clear();
        var node = Enter(folder, symlink);
        while (targets.TryPop(out var rest))
        {
            if (!NextPart(rest.Target, rest.At, out var start, out var end)) continue;
            targets.Push((rest.Target, end));
            Step();
            var part = rest.Target.AsSpan(start..end);
            if (part.SequenceEqual("."u8)) Directory(node);
            else if (part.SequenceEqual(".."u8)) node = Directory(node).Parent ?? root;
            else if (!Directory(node).TryGetChild(part, out var child)) throw Lost(part);
            else node = child.Kind == NodeKind.Symlink ? Enter(node, child) : child;
        }

        return node;
    }

    private LayerNode Enter(LayerNode folder, LayerNode symlink)
    {
        if (++followed > MaxSymlinks) throw new InvalidDataException($"The layer's symlink {symlink.Path} leads nowhere.");
        targets.Push((symlink.Inode.Target, 0));
        return symlink.Inode.Target is [(byte)'/', ..] ? root : folder;
    }

    private static bool NextPart(byte[] target, int at, out int start, out int end)
    {
        start = at;
        while (start < target.Length && target[start] == '/') start++;
        var slash = target.AsSpan(start).IndexOf((byte)'/');
        end = slash < 0 ? target.Length : start + slash;
        return start < target.Length;
    }

    private void Step()
    {
        if (++steps > MaxSteps) throw new InvalidDataException("The layer's symlinks are too intricate to be followed.");
    }

    private static LayerNode Directory(LayerNode node) =>
        node.Inode.IsDirectory ? node : throw new InvalidDataException($"The layer has entries below {node.Path}, which is no folder.");

    private static InvalidDataException Lost(ReadOnlySpan<byte> part) => new($"The layer leads to {LayerPath.Show(part)}, which is not there.");
}
