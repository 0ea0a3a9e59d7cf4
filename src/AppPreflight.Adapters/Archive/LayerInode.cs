using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Archive;

/// <summary>What lies at a path of an unpacked layer.</summary>
/// <remarks>ImplicitDirectory: made for a child, no header says its mode or owner. Whiteout: on disk a character device 0:0 with mode 0.</remarks>
internal enum NodeKind : byte
{
    Directory,
    ImplicitDirectory,
    File,
    Symlink,
    Whiteout,
    CharDevice,
    BlockDevice,
    Fifo,
}

/// <summary>What all hard links of one file share. Mode, owner and attributes are those of the header that was applied last.</summary>
internal sealed class LayerInode
{
    /// <summary>Stands for content that lies nowhere on disk.</summary>
    public static readonly LayerInode Nowhere = new();

    private LayerXattr[] xattrs = [];

    public NodeKind Kind { get; internal set; }

    /// <summary>At most 07777; without meaning for symlinks and implicit directories.</summary>
    public int Mode { get; private set; }

    public uint Uid { get; private set; }

    public uint Gid { get; private set; }

    /// <summary>Bytes of a file.</summary>
    public long Size { get; internal init; }

    /// <summary>CRC-64 of a file's content; 0 of an empty one.</summary>
    public ulong Checksum { get; internal init; }

    /// <summary>SHA-256 of a file's content; null where only its checksum is known.</summary>
    public Digest? Content { get; internal init; }

    /// <summary>Of the header that was applied last; null where nobody asked.</summary>
    public FileStamp? Stamp { get; internal set; }

    /// <summary>Of a symlink, as written.</summary>
    public byte[] Target { get; internal init; } = [];

    /// <summary>12 bits, as mknod(2) took them from the engine.</summary>
    public int DevMajor { get; internal init; }

    /// <summary>20 bits.</summary>
    public int DevMinor { get; internal init; }

    /// <summary>A directory that hides what lower layers have there: trusted.overlay.opaque = "y", which is not among <see cref="Xattrs"/>.</summary>
    public bool Opaque { get; internal set; }

    /// <summary>
    /// What the headers ask for and Linux grants: user.* only on files and directories, no unknown name spaces (the engine passes over both).
    /// The kernel writes system.posix_acl_* in its own order and mends its mask at chmod, so these need not be byte for byte the same.
    /// </summary>
    public IReadOnlyList<LayerXattr> Xattrs => xattrs;

    /// <summary>Number of paths; 0 when a later entry took the last one away.</summary>
    public int Links { get; private set; }

    /// <summary>One of the paths, the first as long as it stands; null when <see cref="Links"/> is 0.</summary>
    public LayerNode? First { get; private set; }

    public bool IsDirectory => Kind is NodeKind.Directory or NodeKind.ImplicitDirectory;

    private bool TakesUserXattrs => IsDirectory || Kind == NodeKind.File;

    // chown(2): -1 leaves an owner, and any chown takes a capability from all but directories (kernel, setattr: ATTR_KILL_PRIV)
    internal void Chown(uint uid, uint gid)
    {
        if (uid != uint.MaxValue) Uid = uid;
        if (gid != uint.MaxValue) Gid = gid;
        if (!IsDirectory && xattrs.Length > 0) xattrs = [.. xattrs.Where(xattr => !xattr.Name.AsSpan().SequenceEqual("security.capability"u8))];
    }

    // chmod(2) follows symlinks, so the engine leaves them out
    internal void Chmod(int mode)
    {
        if (Kind != NodeKind.Symlink) Mode = mode;
    }

    internal void SetXattrs(IReadOnlyList<LayerXattr> more)
    {
        if (more.Count == 0) return;
        var granted = more.Where(IsGranted).ToList();
        var opaque = granted.FindIndex(IsOpaque);
        if (opaque >= 0)
        {
            Opaque = granted[opaque].Value.AsSpan().SequenceEqual("y"u8);
            if (Opaque) granted.RemoveAt(opaque);
        }

        xattrs = [.. xattrs.Where(old => !IsAmong(more, old.Name)), .. granted];
    }

    internal void Attach(LayerNode node)
    {
        Links++;
        if (First is null) First = node;
        else node.PutBehind(First);
    }

    internal void Detach(LayerNode node)
    {
        Links--;
        if (First == node) First = node.NextLink;
        node.Unchain();
    }

    private static bool IsOpaque(LayerXattr xattr) => xattr.Name.AsSpan().SequenceEqual("trusted.overlay.opaque"u8);

    private static bool IsAmong(IReadOnlyList<LayerXattr> xattrs, byte[] name) => xattrs.Any(one => one.Name.AsSpan().SequenceEqual(name));

    private bool IsGranted(LayerXattr xattr)
    {
        var name = xattr.Name.AsSpan();
        return name.StartsWith("user."u8) ? TakesUserXattrs : name.StartsWith("trusted."u8) || name.StartsWith("security."u8) || name.StartsWith("system.posix_acl_"u8);
    }
}
