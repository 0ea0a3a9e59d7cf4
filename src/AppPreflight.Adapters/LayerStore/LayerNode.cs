using System.Diagnostics.CodeAnalysis;

namespace AppPreflight.LayerStore;

/// <summary>One path of the tree that unpacking a layer leaves.</summary>
internal sealed class LayerNode
{
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

    public int ChildCount => children?.Count ?? 0;

    /// <summary>In no order.</summary>
    public IReadOnlyCollection<LayerNode> Children => children is null ? [] : children.Values;

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
        child = null;
        return children is not null && children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out child);
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
        (children ??= new(ByteKeys.Instance)).Add(name, child);
        inode.Attach(child);
        return child;
    }

    /// <summary>Takes this path away with all below it; returns how many that were.</summary>
    internal int RemoveAll()
    {
        Parent?.children?.Remove(Name);
        var removed = 0;
        // not by recursion: the tree is as deep as its maker liked
        for (var rest = new Stack<LayerNode>([this]); rest.TryPop(out var node); removed++)
        {
            foreach (var child in node.Children) rest.Push(child);
            node.Inode.Detach(node);
            (node.Parent, node.children) = (null, null);
        }

        return removed;
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
