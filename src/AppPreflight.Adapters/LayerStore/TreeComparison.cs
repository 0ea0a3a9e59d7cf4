using AppPreflight.Archive;
using AppPreflight.Images;

namespace AppPreflight.LayerStore;

/// <summary>A layer's files on disk against the tree its tar headers describe: everything but the contents.</summary>
/// <remarks>Times are not compared: the engine's own reading of a layer, and many a backup, changes them.</remarks>
internal sealed class TreeComparison(LayerTree tree, Folder root, TreeRules rules, DamageList damages, CancellationToken cancellationToken)
{
    private readonly Dictionary<LayerInode, (ulong Inode, LayerNode Node)> linked = [];
    private readonly Stack<LayerNode> folders = new();

    /// <summary>Every file is there in its size: the tar can be put together.</summary>
    public bool IsContentThere { get; private set; } = true;

    /// <summary>When something of it was written last, as <see cref="FileStatus.Changed"/>.</summary>
    public long LastChange { get; private set; }

    /// <summary>A folder that is there and could not be looked into (something is mounted on it, too deep); null for nearly all layers.</summary>
    public string? Unread { get; private set; }

    public void Run()
    {
        folders.Push(tree.Root);
        while (folders.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            CompareFolder(folder);
        }
    }

    private void CompareFolder(LayerNode node)
    {
        // one open folder at a time, however deep the tree
        using var own = node.Parent is null ? null : root.TryOpen(node.Path.Bytes);
        var folder = node.Parent is null ? root : own;
        if (folder is null)
        {
            Unread ??= Path(node);
            return;
        }

        if (node.Parent is null) FileAttributes.CompareRoot(node, folder, damages);
        foreach (var name in folder.Names())
        {
            if (!node.TryGetChild(name, out _) && !IsSocketOfBuild(folder, name)) damages.Add(DamageKind.Surplus, LayerPath.Show([.. Prefix(node), .. name]));
        }

        foreach (var child in node.Children) CompareChild(child, folder);
    }

    private void CompareChild(LayerNode child, Folder folder)
    {
        var result = folder.StatusOf(child.Name, out var status);
        if (result < 0)
        {
            Lost(child, result == SystemCalls.DeviceFault ? "can't be read (input/output error)" : null);
            return;
        }

        LastChange = Math.Max(LastChange, status.Changed);
        if (status.Type != TypeOf(child.Kind))
        {
            if (child.Kind == NodeKind.Whiteout) damages.Add(DamageKind.Whiteout, Path(child), "whiteout", Word(status.Type));
            else damages.Add(DamageKind.Type, Path(child), Word(TypeOf(child.Kind)), Word(status.Type));
            IsContentThere &= !HasContent(child);
            return;
        }

        CompareKind(child, status, folder);
        if (child.Kind is NodeKind.Whiteout) return;
        if (child.Kind is not NodeKind.ImplicitDirectory) CompareRights(child, status);
        CompareLinks(child, status);
        FileAttributes.Compare(child, folder, rules.IsBuiltInPlace, damages);
        if (child.Kind is NodeKind.Directory or NodeKind.ImplicitDirectory) folders.Push(child);
    }

    private void Lost(LayerNode child, string? observed)
    {
        damages.Add(child.Kind == NodeKind.Whiteout ? DamageKind.Whiteout : DamageKind.Missing, Path(child), Word(child.Kind), observed);
        IsContentThere &= !HasContent(child);
    }

    private void CompareKind(LayerNode child, FileStatus status, Folder folder)
    {
        var inode = child.Inode;
        switch (child.Kind)
        {
            case NodeKind.File when status.Size != inode.Size:
                damages.Add(DamageKind.Content, Path(child), $"{inode.Size} bytes", $"{status.Size} bytes");
                IsContentThere = false;
                break;
            case NodeKind.Symlink when folder.LinkOf(child.Name) is var target && !inode.Target.AsSpan().SequenceEqual(target):
                damages.Add(DamageKind.LinkTarget, Path(child), LayerPath.Show(inode.Target), target is null ? null : LayerPath.Show(target));
                break;
            case NodeKind.Whiteout when (status.DeviceMajor, status.DeviceMinor) != (0, 0):
                damages.Add(DamageKind.Whiteout, Path(child), "whiteout", $"device {status.DeviceMajor}:{status.DeviceMinor}");
                break;
            case NodeKind.CharDevice or NodeKind.BlockDevice when (status.DeviceMajor, status.DeviceMinor) != (inode.DevMajor, inode.DevMinor):
                damages.Add(DamageKind.Device, Path(child), $"{inode.DevMajor}:{inode.DevMinor}", $"{status.DeviceMajor}:{status.DeviceMinor}");
                break;
        }
    }

    private void CompareRights(LayerNode child, FileStatus status)
    {
        var inode = child.Inode;
        if (child.Kind != NodeKind.Symlink && status.Mode != inode.Mode)
            damages.Add(DamageKind.Mode, Path(child), Octal(inode.Mode), Octal(status.Mode));
        // chown(2): -1 leaves an owner as it is
        if (rules.KnowsOwners && (inode.Uid != uint.MaxValue && inode.Uid != status.Uid || inode.Gid != uint.MaxValue && inode.Gid != status.Gid))
            damages.Add(DamageKind.Owner, Path(child), $"{inode.Uid}:{inode.Gid}", $"{status.Uid}:{status.Gid}");
    }

    private void CompareLinks(LayerNode child, FileStatus status)
    {
        if (child.Inode.Links < 2) return;
        if (!linked.TryGetValue(child.Inode, out var other)) linked[child.Inode] = (status.Inode, child);
        else if (other.Inode != status.Inode) damages.Add(DamageKind.HardLink, Path(child), Path(other.Node), null);
    }

    // the engine's tar passes over sockets
    private bool IsSocketOfBuild(Folder folder, byte[] name) =>
        rules.IsBuiltInPlace && folder.StatusOf(name, out var status) == 0 && status.Type == FileType.Socket;

    // by a stack of its own: a hostile tree is deeper than a thread's
    private static bool HasContent(LayerNode node)
    {
        var below = new Stack<LayerNode>([node]);
        while (below.TryPop(out var next))
        {
            if (next.Kind == NodeKind.File && next.Inode.Size > 0) return true;
            foreach (var child in next.Children) below.Push(child);
        }

        return false;
    }

    private static byte[] Prefix(LayerNode node) => node.Parent is null ? [] : [.. node.Path.Bytes, (byte)'/'];

    private static string Path(LayerNode node) => node.Path.ToString();

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');

    private static FileType TypeOf(NodeKind kind) => kind switch
    {
        NodeKind.Directory or NodeKind.ImplicitDirectory => FileType.Directory,
        NodeKind.File => FileType.Regular,
        NodeKind.Symlink => FileType.Symlink,
        NodeKind.BlockDevice => FileType.BlockDevice,
        NodeKind.Fifo => FileType.Fifo,
        _ => FileType.CharDevice,
    };

    private static string Word(NodeKind kind) => kind == NodeKind.Whiteout ? "whiteout" : Word(TypeOf(kind));

    internal static string Word(FileType type) => type switch
    {
        FileType.Directory => "folder",
        FileType.Regular => "file",
        FileType.Symlink => "symlink",
        FileType.BlockDevice => "block device",
        FileType.CharDevice => "character device",
        FileType.Fifo => "fifo",
        _ => "socket",
    };
}

/// <summary>What can be held against the files of a layer.</summary>
/// <param name="KnowsOwners">False: the engine shifts owners.</param>
/// <param name="IsBuiltInPlace"><see cref="LayerRecord.IsBuiltInPlace"/>.</param>
internal sealed record TreeRules(bool KnowsOwners, bool IsBuiltInPlace);
