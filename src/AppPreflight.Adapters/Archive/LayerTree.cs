using AppPreflight.Oci;

namespace AppPreflight.Archive;

/// <summary>
/// The tree that unpacking a layer into overlay2 leaves on disk, replayed from its headers in order. The rules are those of the engine's
/// pkg/archive: Unpack, createTarFile, handleLChmod and overlayWhiteoutConverter.ConvertRead (20.10 to 29).
/// </summary>
/// <exception cref="InvalidDataException">From every method: an entry that no engine could have unpacked; one sentence that names it.</exception>
internal sealed class LayerTree
{
    /// <summary>Paths of one layer.</summary>
    public const int MaxNodes = 3_000_000;

    /// <summary>Bytes of names, targets and attributes that are kept of one layer.</summary>
    public const long MaxKeptBytes = 512L * 1024 * 1024;

    private const int MaxTargetBytes = 4095;

    private readonly List<LayerInode?> contents = [];
    private readonly CleanName name = new();
    private readonly CleanName source = new();
    private readonly int maxNodes;
    private readonly TreeWalk walk;
    private readonly Func<LayerNode, byte[], LayerNode> makeFolder;
    private int nodes = 1;
    private long kept;

    public LayerTree(int maxNodes = MaxNodes)
    {
        this.maxNodes = maxNodes;
        walk = new(Root);
        makeFolder = (folder, part) => Put(folder, part, new() { Kind = NodeKind.ImplicitDirectory });
    }

    /// <summary>Made by the engine, not by the layer; its kind is Directory only when a header named "/" applied to it.</summary>
    public LayerNode Root { get; } = LayerNode.MakeRoot();

    /// <summary>
    /// Of the file pieces of size &gt; 0, in the order of the tar: the inode that got the content. Its <see cref="LayerInode.First"/> is where
    /// the content lies now; null there (Links 0) when a later entry overwrote it or it went nowhere, so that the tar can't be rebuilt.
    /// Null instead of an inode where the tar has no content in spite of the size (<see cref="LayerEntry.HasContent"/>).
    /// </summary>
    public IReadOnlyList<LayerInode?> Contents => contents;

    /// <summary>Why neither this tree nor the layer's content can be told (a sparse file), one sentence; null for nearly all layers.</summary>
    public string? Untold { get; private set; }

    /// <summary>Entries applied.</summary>
    public int Entries { get; private set; }

    /// <summary>Paths, the root among them.</summary>
    public int Nodes => nodes;

    /// <summary>Applies the next entry; <paramref name="checksum"/> is the CRC-64 of its content, <paramref name="content"/> its digest.</summary>
    public void Apply(LayerEntry entry, ulong checksum, Digest? content = null)
    {
        Entries++;
        var inode = Place(entry, checksum, content);
        if (entry.Size > 0) contents.Add(entry.HasContent ? inode ?? LayerInode.Nowhere : null);
    }

    // null: nothing on disk holds the entry's content
    private LayerInode? Place(LayerEntry entry, ulong checksum, Digest? content)
    {
        if (entry.Type == EntryType.GlobalHeader) return null;
        if (entry.Type == EntryType.Sparse)
        {
            Untold ??= $"The layer has the sparse file {LayerPath.Show(entry.Name)}, whose content in the tar is not what lies on disk.";
            return null;
        }

        name.Set(entry.Name);
        if (name.IsDot) return null;
        if (name.Count == 0) return PlaceRoot(entry);
        var folder = walk.Parent(name, makeFolder);
        // the way to the place is walked again, and may have led over what was just removed
        if (Clear(folder, entry.Type)) folder = walk.Standing(name);
        if (name.Last.StartsWith(".wh."u8)) return PlaceWhiteout(folder, entry);
        var inode = Create(folder, entry, checksum, content);
        Dress(inode, entry);
        return entry.HasContent ? inode : null;
    }

    private LayerInode? PlaceRoot(LayerEntry entry)
    {
        if (entry.Type != EntryType.Directory) throw Impossible(entry, "would replace the root");
        Root.Inode.Kind = NodeKind.Directory;
        Dress(Root.Inode, entry);
        return null;
    }

    // what is there goes first, all but a folder for a folder
    private bool Clear(LayerNode folder, EntryType type)
    {
        if (!folder.TryGetChild(name.Last, out var old) || (old.Inode.IsDirectory && type == EntryType.Directory)) return false;
        nodes -= old.RemoveAll();
        return true;
    }

    private LayerInode? PlaceWhiteout(LayerNode folder, LayerEntry entry)
    {
        if (name.Last.SequenceEqual(".wh..wh..opq"u8))
        {
            folder.Inode.Opaque = true;
            return null;
        }

        var hidden = name.Last[".wh.".Length..];
        if (hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8) || folder.TryGetChild(hidden, out _)) throw Impossible(entry, "hides what is there");
        var inode = Put(folder, hidden.ToArray(), new() { Kind = NodeKind.Whiteout }).Inode;
        inode.Chown(entry.Uid, entry.Gid);
        return null;
    }

    private LayerInode Create(LayerNode folder, LayerEntry entry, ulong checksum, Digest? content)
    {
        if (entry.Type == EntryType.HardLink) return Link(folder, entry);
        if (entry.Type == EntryType.Directory && folder.TryGetChild(name.Last, out var old))
        {
            old.Inode.Kind = NodeKind.Directory;
            return old.Inode;
        }

        return Put(folder, name.Last.ToArray(), MakeInode(entry, checksum, content)).Inode;
    }

    private LayerInode Link(LayerNode folder, LayerEntry entry)
    {
        source.Set(entry.LinkName);
        var target = walk.Find(source);
        if (target is null || target.Inode.IsDirectory) throw Impossible(entry, "is a hard link to what is no file");
        return Put(folder, name.Last.ToArray(), target.Inode).Inode;
    }

    private static LayerInode MakeInode(LayerEntry entry, ulong checksum, Digest? content) => entry.Type switch
    {
        EntryType.Directory => new() { Kind = NodeKind.Directory },
        EntryType.Regular => new() { Kind = NodeKind.File, Size = entry.Size, Checksum = checksum, Content = content },
        EntryType.Symlink => new() { Kind = NodeKind.Symlink, Target = Target(entry) },
        EntryType.CharDevice => MakeDevice(entry, NodeKind.CharDevice),
        EntryType.BlockDevice => MakeDevice(entry, NodeKind.BlockDevice),
        EntryType.Fifo => new() { Kind = NodeKind.Fifo },
        _ => throw Impossible(entry, "is of a type that no engine unpacks"),
    };

    // system.Mkdev of the engine: 12 bits of the major number, 20 of the minor
    private static LayerInode MakeDevice(LayerEntry entry, NodeKind kind) =>
        new() { Kind = kind, DevMajor = (int)(entry.DevMajor & 0xfff), DevMinor = (int)(entry.DevMinor & 0xfffff) };

    private static byte[] Target(LayerEntry entry) =>
        entry.LinkName.Length is > 0 and <= MaxTargetBytes && !entry.LinkName.AsSpan().Contains((byte)0) ? entry.LinkName : throw Impossible(entry, "is a symlink that no kernel makes");

    // in the order of createTarFile: lchown, lsetxattr, chmod
    private void Dress(LayerInode inode, LayerEntry entry)
    {
        inode.Chown(entry.Uid, entry.Gid);
        foreach (var xattr in entry.Xattrs) Keep(xattr.Name.Length + xattr.Value.Length);
        inode.SetXattrs(entry.Xattrs);
        inode.Chmod(entry.Mode);
        inode.Stamp = entry.Stamp;
    }

    private LayerNode Put(LayerNode folder, byte[] part, LayerInode inode)
    {
        if (++nodes > maxNodes) throw new InvalidDataException($"The layer has more than {maxNodes} paths.");
        Keep(part.Length + inode.Target.Length);
        return folder.Add(part, inode);
    }

    private void Keep(int bytes)
    {
        kept += bytes;
        if (kept > MaxKeptBytes) throw new InvalidDataException($"The layer's names and attributes take more than {MaxKeptBytes} bytes.");
    }

    private static InvalidDataException Impossible(LayerEntry entry, string why) => new($"The layer's entry {LayerPath.Show(entry.Name)} {why}.");
}
