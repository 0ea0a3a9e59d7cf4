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
/// <param name="Size">Bytes of content in the tar.</param>
/// <param name="LinkName">Target of a symlink or hard link, else empty.</param>
/// <param name="Xattrs">From the PAX records SCHILY.xattr.*, each name once.</param>
internal sealed record LayerEntry(
    byte[] Name, EntryType Type, int Mode, uint Uid, uint Gid, long Size, byte[] LinkName, uint DevMajor, uint DevMinor, IReadOnlyList<LayerXattr> Xattrs);
