using System.Runtime.InteropServices;

namespace AppPreflight.Docker;

/// <summary>Room left on the file system of the engine's data root: one statvfs(3), nothing below the folder is read.</summary>
/// <param name="Bytes">For non-root use.</param>
/// <param name="Inodes">Null when the file system has no such limit (btrfs).</param>
internal sealed partial record DataRootSpace(long Bytes, long? Inodes)
{
    /// <returns>Null when it can't be told: no such folder here, or not a 64-bit machine (the struct's layout is that of LP64).</returns>
    public static DataRootSpace? Of(string folder)
    {
        if (!Environment.Is64BitProcess || StatVfs(folder, out var space) != 0) return null;
        var bytes = UInt128.Min((UInt128)space.AvailableBlocks * space.FragmentSize, long.MaxValue);
        return new((long)bytes, space.Files == 0 ? null : (long)Math.Min(space.AvailableFiles, long.MaxValue));
    }

    [LibraryImport("libc", EntryPoint = "statvfs", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatVfs(string path, out FileSystemSpace space);

    /// <summary>struct statvfs of glibc and musl on LP64, with room for its spare words.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private readonly struct FileSystemSpace
    {
        private readonly ulong blockSize;
        public readonly ulong FragmentSize;
        private readonly ulong blocks;
        private readonly ulong freeBlocks;
        public readonly ulong AvailableBlocks;
        public readonly ulong Files;
        private readonly ulong freeFiles;
        public readonly ulong AvailableFiles;
    }
}
