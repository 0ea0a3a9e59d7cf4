using System.Runtime.InteropServices;

namespace AppPreflight.LayerStore;

/// <summary>
/// The calls of Linux that reading a layer takes and the framework does not have: opening below a folder without following one link,
/// names as bytes, extended attributes, what is cached. Each answers a count or descriptor, or the negative errno.
/// </summary>
[System.Runtime.CompilerServices.SkipLocalsInit]
internal static unsafe partial class SystemCalls
{
    public const int NotPermitted = -1;
    public const int NotThere = -2;
    public const int DeviceFault = -5;
    public const int NoMemory = -12;
    public const int NoAccess = -13;
    public const int NotAFolder = -20;
    public const int IsAFolder = -21;
    public const int TooManyFilesOfAll = -23;
    public const int TooManyFiles = -24;
    public const int NoSuchCall = -38;
    public const int TooManyLinks = -40;
    public const int NoSuchAttribute = -61;
    public const int NotSupported = -95;

    private const int MostPathBytes = 4096;
    private const int NoWait = 0x800; // O_NONBLOCK: a pipe would make an open wait
    private const int CloseOnExec = 0x80000;
    private const int NoLinkFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint BasicStatus = 0x7ff; // STATX_BASIC_STATS
    private const int DoNotNeed = 4; // POSIX_FADV_DONTNEED
    private const int Sequential = 2;
    private const int IdleClass = 3 << 13; // IOPRIO_CLASS_IDLE
    private const int OpenAt2 = 437;

    // include/uapi/linux/openat2.h: RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH
    private const ulong StrictlyBelow = 0x01 | 0x02 | 0x04 | 0x08;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int OnlyFolder = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoAccessTime = 0x40000;
    private static readonly int GetEntries = IsArm ? 61 : 217;
    private static readonly int SetPriority = IsArm ? 30 : 251;

    /// <summary>A folder of this host by its whole path: the one place where links are followed, for a data root may be one.</summary>
    public static int OpenRoot(string path)
    {
        fixed (byte* name = Terminated(System.Text.Encoding.UTF8.GetBytes(path)))
            return Answer(Open(name, OnlyFolder | CloseOnExec));
    }

    /// <summary>Opens a file or folder strictly below another, through no link and into no other file system (openat2(2), Linux 5.6).</summary>
    public static int OpenBelow(int folder, ReadOnlySpan<byte> path, bool isFolder)
    {
        var flags = CloseOnExec | (isFolder ? OnlyFolder : NoWait);
        // reading must not so much as touch an access time, where the kernel lets us
        var opened = OpenBelow(folder, path, flags | NoAccessTime);
        return opened == NotPermitted ? OpenBelow(folder, path, flags) : opened;
    }

    public static int Close(int descriptor) => Answer(CloseFile(descriptor));

    /// <returns>0, or the negative errno.</returns>
    public static int StatusOf(int folder, ReadOnlySpan<byte> name, out FileStatus status)
    {
        status = default;
        Span<byte> text = stackalloc byte[MostPathBytes];
        if (!Terminate(name, text)) return NotThere;
        fixed (byte* start = text)
        fixed (FileStatus* into = &status)
            return Answer(Statx(folder, start, NoLinkFollow, BasicStatus, into));
    }

    public static int StatusOf(int descriptor, out FileStatus status)
    {
        byte nothing = 0;
        const int emptyPath = 0x1000; // AT_EMPTY_PATH
        fixed (FileStatus* into = &status)
            return Answer(Statx(descriptor, &nothing, emptyPath, BasicStatus, into));
    }

    public static int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = ReadFile(descriptor, start, (nuint)buffer.Length);
                const int interrupted = 4;
                if (count >= 0) return (int)count;
                if (Marshal.GetLastPInvokeError() != interrupted) return -Marshal.GetLastPInvokeError();
            }
        }
    }

    /// <summary>Raw entries (struct linux_dirent64) of an open folder; 0 at its end.</summary>
    public static int EntriesOf(int folder, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return Answer((int)SystemCall(GetEntries, folder, start, buffer.Length));
    }

    public static int LinkOf(int folder, ReadOnlySpan<byte> name, Span<byte> target)
    {
        Span<byte> text = stackalloc byte[MostPathBytes];
        if (!Terminate(name, text)) return NotThere;
        fixed (byte* start = text)
        fixed (byte* into = target)
            return Answer((int)ReadLinkAt(folder, start, into, (nuint)target.Length));
    }

    /// <param name="path">Whole, with its terminating zero.</param>
    /// <param name="names">Takes the names, each with a terminating zero.</param>
    public static int AttributesOf(ReadOnlySpan<byte> path, Span<byte> names)
    {
        fixed (byte* start = path)
        fixed (byte* into = names)
            return Answer((int)ListAttributes(start, into, (nuint)names.Length));
    }

    /// <param name="path">Whole, with its terminating zero.</param>
    /// <param name="name">With its terminating zero.</param>
    public static int AttributeOf(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value)
    {
        fixed (byte* start = path)
        fixed (byte* attribute = name)
        fixed (byte* into = value)
            return Answer((int)GetAttribute(start, attribute, into, (nuint)value.Length));
    }

    /// <summary>What is cached of a file and is on the medium already is forgotten: the next read comes from there.</summary>
    public static void DropCached(int descriptor) => _ = Advise(descriptor, 0, 0, DoNotNeed);

    public static void ReadAhead(int descriptor) => _ = Advise(descriptor, 0, 0, Sequential);

    /// <summary>Everything written to the file system of this descriptor is on its medium when this returns.</summary>
    public static int Sync(int descriptor) => Answer(SyncFileSystem(descriptor));

    /// <summary>This thread reads only while nobody else wants the disk.</summary>
    public static void StepBack() => _ = SystemCall(SetPriority, 1, null, IdleClass);

    private static int OpenBelow(int folder, ReadOnlySpan<byte> path, int flags)
    {
        Span<byte> text = stackalloc byte[MostPathBytes];
        if (!Terminate(path, text)) return NotThere;
        var how = new OpenHow { Flags = (ulong)flags, Resolve = StrictlyBelow };
        fixed (byte* start = text)
            return Answer((int)OpenAt(OpenAt2, folder, start, &how, sizeof(OpenHow)));
    }

    // a zero inside would name another file than was meant
    private static bool Terminate(ReadOnlySpan<byte> name, Span<byte> text)
    {
        if (name.Length >= text.Length || name.Contains((byte)0)) return false;
        name.CopyTo(text);
        text[name.Length] = 0;
        return true;
    }

    private static byte[] Terminated(byte[] name) => [.. name, 0];

    private static int Answer(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int folder, byte* path, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint ReadLinkAt(int folder, byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    private static partial nint ListAttributes(byte* path, byte* names, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    private static partial nint GetAttribute(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(int descriptor, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int descriptor);

    // glibc has no function for these two calls of its own
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint OpenAt(nint number, nint folder, byte* path, OpenHow* how, nint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, byte* second, nint third);

    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
