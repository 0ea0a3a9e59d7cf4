namespace AppPreflight.LayerStore;

/// <summary>What a tar header describes. Sparse: its content in the tar is not its content on disk. Other: a type no engine unpacks.</summary>
internal enum EntryType : byte
{
    Regular,
    Directory,
    Symlink,
    HardLink,
    CharDevice,
    BlockDevice,
    Fifo,
    GlobalHeader,
    Sparse,
    Other,
}

/// <summary>One extended attribute: its full name ("security.capability") and its value, both raw bytes.</summary>
internal sealed record LayerXattr(byte[] Name, byte[] Value);

/// <summary>One entry of a layer's tar, as Go's archive/tar tells it.</summary>
/// <param name="Name">As written, not cleaned: "./usr/bin/".</param>
/// <param name="Mode">Permission bits and set-id bits, at most 07777.</param>
/// <param name="Uid">As chown(2) takes it: 32 bits; <see cref="uint.MaxValue"/> leaves the owner as it is.</param>
/// <param name="Size">Bytes as the header says.</param>
/// <param name="LinkName">Target of a symlink or hard link as written; empty for all else.</param>
/// <param name="Xattrs">From the PAX records SCHILY.xattr.*, each name once.</param>
internal sealed record LayerEntry(
    byte[] Name, EntryType Type, int Mode, uint Uid, uint Gid, long Size, byte[] LinkName, uint DevMajor, uint DevMinor, IReadOnlyList<LayerXattr> Xattrs)
{
    /// <summary>
    /// Whether the tar has content here. Old tars give the size of the file to its hard links too, where no content follows: Go leaves the
    /// header's size as it is and reads none (isHeaderOnlyType), and tar-split writes that size into the file piece.
    /// </summary>
    public bool HasContent => Size > 0 && Type is (EntryType.Regular or EntryType.GlobalHeader or EntryType.Sparse or EntryType.Other);
}
