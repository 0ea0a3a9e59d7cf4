using System.Diagnostics.CodeAnalysis;

namespace AppPreflight.Archive;

/// <summary>One path of the tree that unpacking a layer leaves.</summary>
internal sealed class LayerNode
{
    // most folders of a deep tree have one child: a dictionary each would be most of the tree's memory
    private LayerNode? onlyChild;
    private Dictionary<byte[], LayerNode>? children;
    private LayerNode? previousLink;

    private LayerNode(LayerNode? parent, byte[] name, LayerInode inode) => (Parent, Name, Inode) = (parent, name, inode);

    /// <summary>Last component; empty for the root.</summary>
    public byte[] Name { get; }

    /// <summary>Null for the root, and for what was removed.</summary>
    public LayerNode? Parent { get; private set; }

    public LayerInode Inode { get; }

    public NodeKind Kind => Inode.Kind;

    /// <summary>Another path of the same inode, in a chain that begins at <see cref="LayerInode.First"/>.</summary>
    public LayerNode? NextLink { get; private set; }

    public int ChildCount => children?.Count ?? (onlyChild is null ? 0 : 1);

    /// <summary>In no order.</summary>
    public IReadOnlyCollection<LayerNode> Children => children is not null ? children.Values : onlyChild is null ? [] : [onlyChild];

    /// <summary>From the root, without symlinks among its components.</summary>
    public LayerPath Path
    {
        get
        {
            var length = -1;
            for (var node = this; node.Parent is not null; node = node.Parent) length += node.Name.Length + 1;
            if (length < 0) return new([]);
            var bytes = new byte[length];
            for (var node = this; node.Parent is not null; node = node.Parent)
            {
                node.Name.CopyTo(bytes.AsSpan(length -= node.Name.Length));
                if (length > 0) bytes[--length] = (byte)'/';
            }

            return new(bytes);
        }
    }

    public bool TryGetChild(ReadOnlySpan<byte> name, [NotNullWhen(true)] out LayerNode? child)
    {
        if (children is not null) return children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out child);
        child = onlyChild is not null && name.SequenceEqual(onlyChild.Name) ? onlyChild : null;
        return child is not null;
    }

    internal static LayerNode MakeRoot()
    {
        var root = new LayerNode(null, [], new() { Kind = NodeKind.ImplicitDirectory });
        root.Inode.Attach(root);
        return root;
    }

    internal LayerNode Add(byte[] name, LayerInode inode)
    {
        var child = new LayerNode(this, name, inode);
        if (children is null && onlyChild is null) onlyChild = child;
        else (children ??= new(ByteKeys.Instance) { [onlyChild!.Name] = onlyChild }).Add(name, child);
        inode.Attach(child);
        return child;
    }

    /// <summary>Takes this path away with all below it; returns how many that were.</summary>
    internal int RemoveAll()
    {
        Parent?.Forget(this);
        var removed = 0;
        // not by recursion: the tree is as deep as its maker liked
        for (var rest = new Stack<LayerNode>([this]); rest.TryPop(out var node); removed++)
        {
            foreach (var child in node.Children) rest.Push(child);
            node.Inode.Detach(node);
            (node.Parent, node.children, node.onlyChild) = (null, null, null);
        }

        return removed;
    }

    private void Forget(LayerNode child)
    {
        if (onlyChild == child) onlyChild = null;
        children?.Remove(child.Name);
        // an empty dictionary would keep the only child from being found
        if (children is { Count: 0 }) children = null;
    }

    internal void PutBehind(LayerNode first)
    {
        (previousLink, NextLink) = (first, first.NextLink);
        if (NextLink is not null) NextLink.previousLink = this;
        first.NextLink = this;
    }

    internal void Unchain()
    {
        if (previousLink is not null) previousLink.NextLink = NextLink;
        if (NextLink is not null) NextLink.previousLink = previousLink;
        (previousLink, NextLink) = (null, null);
    }
}
