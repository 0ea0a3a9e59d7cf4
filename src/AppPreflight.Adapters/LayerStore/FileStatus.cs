using System.Runtime.InteropServices;

namespace AppPreflight.LayerStore;

/// <summary>struct statx of Linux: the same on every machine.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct FileStatus
{
    [FieldOffset(16)]
    public readonly uint Links;

    [FieldOffset(20)]
    public readonly uint Uid;

    [FieldOffset(24)]
    public readonly uint Gid;

    [FieldOffset(28)]
    private readonly ushort mode;

    [FieldOffset(32)]
    public readonly ulong Inode;

    [FieldOffset(40)]
    public readonly long Size;

    [FieldOffset(96)]
    private readonly long changedSeconds;

    [FieldOffset(104)]
    private readonly uint changedNanoseconds;

    [FieldOffset(128)]
    public readonly uint DeviceMajor;

    [FieldOffset(132)]
    public readonly uint DeviceMinor;

    /// <summary>Permission and set-id bits.</summary>
    public int Mode => mode & 0xFFF;

    public FileType Type => (FileType)(mode & 0xF000);

    /// <summary>Nanoseconds of the last change to the file or its inode; nobody can set it back.</summary>
    public long Changed => (changedSeconds * 1_000_000_000) + changedNanoseconds;
}

/// <summary>S_IFMT of a mode.</summary>
internal enum FileType
{
    Fifo = 0x1000,
    CharDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    Symlink = 0xA000,
    Socket = 0xC000,
}
