#pragma warning disable CA1822
using System.Diagnostics.CodeAnalysis;

namespace AppPreflight.LayerStore;

/// <summary>What lies at a path of an unpacked layer. ImplicitDirectory: made for a child, no header says its mode or owner.</summary>
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

/// <summary>What all hard links of one file share. Mode, owner and xattrs are those of the header that was applied last.</summary>
internal sealed class LayerInode
{
    public NodeKind Kind { get; internal set; }

    /// <summary>At most 07777; no meaning for symlinks, whiteouts and implicit directories.</summary>
    public int Mode { get; internal set; }

    public uint Uid { get; internal set; }

    public uint Gid { get; internal set; }

    /// <summary>Bytes of a file.</summary>
    public long Size { get; internal set; }

    /// <summary>CRC-64 of a file's content; 0 for an empty file.</summary>
    public ulong Checksum { get; internal set; }

    /// <summary>Of a symlink, raw bytes.</summary>
    public byte[] Target { get; internal set; } = [];

    public uint DevMajor { get; internal set; }

    public uint DevMinor { get; internal set; }

    /// <summary>A directory that hides what lies below it in lower layers: trusted.overlay.opaque = "y" (not among <see cref="Xattrs"/>).</summary>
    public bool Opaque { get; internal set; }

    public IReadOnlyList<LayerXattr> Xattrs { get; internal set; } = [];

    /// <summary>Number of paths; 0 when a later entry took the last one away.</summary>
    public int Links { get; internal set; }

    /// <summary>One of the paths, the oldest that still stands; null when <see cref="Links"/> is 0.</summary>
    public LayerNode? First { get; internal set; }
}

/// <summary>One path of the expected tree.</summary>
internal sealed class LayerNode
{
    /// <summary>Last component; empty for the root.</summary>
    public byte[] Name { get; internal init; } = [];

    public LayerNode? Parent { get; internal set; }

    public LayerInode Inode { get; internal init; } = new();

    public NodeKind Kind => Inode.Kind;

    /// <summary>Next path of the same inode, a ring's end is null.</summary>
    public LayerNode? NextLink { get; internal set; }

    public int ChildCount => 0;

    /// <summary>Children in no order.</summary>
    public IEnumerable<LayerNode> Children => [];

    public bool TryGetChild(ReadOnlySpan<byte> name, [NotNullWhen(true)] out LayerNode? child)
    {
        child = null;
        return false;
    }

    /// <summary>From the root, without symlinks among its components.</summary>
    public LayerPath Path => new([]);
}
