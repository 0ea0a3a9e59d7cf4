using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>What stat(2) tells of a file without opening it. Two equal stamps: nothing was written there or renamed to there in between.</summary>
/// <param name="Fault">errno, when there is nothing to tell; else 0.</param>
/// <remarks>statx(2) rather than the framework's own: it alone tells the inode, and to the nanosecond. No memory is taken.</remarks>
internal readonly partial record struct FileStamp(int Fault, ulong Inode, ulong Size, long Seconds, uint Nanoseconds)
{
    private const int FromWorkingFolder = -100;
    private const uint BasicFields = 0x7ff;

    /// <param name="path">From <see cref="PathOf"/>. Links are followed: what counts is what will be read.</param>
    public static FileStamp Of(byte[] path) =>
        Ask(FromWorkingFolder, path, flags: 0, BasicFields, out var told) == 0
            ? new(0, told.Inode, told.Size, told.ModifiedSeconds, told.ModifiedNanoseconds)
            : new(Marshal.GetLastPInvokeError(), 0, 0, 0, 0);

    /// <summary>The form in which the kernel takes a path; made once for the many times it is asked about.</summary>
    public static byte[] PathOf(string path) => Encoding.UTF8.GetBytes(path + '\0');

    public override string ToString() => Fault != 0
        ? string.Create(CultureInfo.InvariantCulture, $"-{Fault}")
        : string.Create(CultureInfo.InvariantCulture, $"{Inode:x}.{Size:x}.{Seconds:x}.{Nanoseconds:x}");

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Ask(int folder, byte[] path, int flags, uint fields, out Told told);

    /// <summary>The fields that are looked at of <c>struct statx</c>, which is the same on all machines (linux/stat.h).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Told
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;
    }
}
