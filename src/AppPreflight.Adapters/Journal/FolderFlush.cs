using System.Runtime.InteropServices;

namespace AppPreflight.Journal;

/// <summary>Brings a rename to disk: .NET can flush files, but opens no folders.</summary>
/// <remarks>Source: fsync(2), "does not necessarily ensure that the entry in the directory ... has also reached disk".</remarks>
internal static partial class FolderFlush
{
    private const int ReadOnlyFolderCloseOnExec = 0x0 | 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC on amd64

    /// <summary>As far as the file system can: some refuse to flush folders, and then nothing better is to be had.</summary>
    public static void ToDisk(string folder)
    {
        var descriptor = Open(folder, ReadOnlyFolderCloseOnExec);
        if (descriptor < 0) return;
        _ = Flush(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
