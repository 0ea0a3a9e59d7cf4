using AppPreflight.Images;

namespace AppPreflight.Archive;

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

    /// <summary>What the entry says that makes no difference to whoever uses the file; null where nobody asked.</summary>
    public FileStamp? Stamp { get; init; }

    /// <summary>An entry from its own header and those before it that speak of it. GNU's long names win over PAX, PAX over the header.</summary>
    /// <exception cref="InvalidDataException">A number that is none.</exception>
    public static LayerEntry Of(TarHeader header, PaxRecords? pax, byte[]? longName, byte[]? longLink)
    {
        var name = longName is { Length: > 0 } ? longName : pax?.Path ?? header.Name();
        var link = longLink is { Length: > 0 } ? longLink : pax?.LinkPath ?? header.LinkName.ToArray();
        var type = pax is { IsSparse: true } ? EntryType.Sparse : TypeOf(header.Type, name);
        return new(
            name, type, (int)(header.Mode & 0xfff), Owner(pax?.Uid ?? header.Uid), Owner(pax?.Gid ?? header.Gid), pax?.Size ?? header.Size,
            type is EntryType.Symlink or EntryType.HardLink ? link : [], Device(header.DevMajor), Device(header.DevMinor), pax?.Xattrs ?? []);
    }

    // the type of the oldest tars is a directory when the name ends in a slash
    private static EntryType TypeOf(byte flag, byte[] name) => flag switch
    {
        0 when name is [.., (byte)'/'] => EntryType.Directory,
        0 or (byte)'0' => EntryType.Regular,
        (byte)'1' => EntryType.HardLink,
        (byte)'2' => EntryType.Symlink,
        (byte)'3' => EntryType.CharDevice,
        (byte)'4' => EntryType.BlockDevice,
        (byte)'5' => EntryType.Directory,
        (byte)'6' => EntryType.Fifo,
        (byte)'S' => EntryType.Sparse,
        _ => EntryType.Other,
    };

    // chown(2) and mknod(2) take the lower 32 bits
    private static uint Owner(long number) => unchecked((uint)number);

    private static uint Device(long number) => unchecked((uint)number);
}
