using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AppPreflight.Journal;

/// <summary>Keeps pipes and devices from being opened as files: the framework's way to open a pipe waits for a partner for ever.</summary>
internal static partial class RegularFile
{
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000; // O_NONBLOCK | O_CLOEXEC
    private const int Create = 0x40; // O_CREAT
    private const int Truncate = 0x200; // O_TRUNC
    private const int NotThere = 2;
    private const int NotPermitted = 1;
    private const int Denied = 13;

    /// <summary>
    /// Opens without any lock. The framework takes a shared flock(2) whatever share it is told, and so fails for as long as somebody
    /// who may merely read the file holds an exclusive one.
    /// </summary>
    /// <param name="mode">Open, OpenOrCreate or Create.</param>
    /// <param name="created">The mode of a file that is made.</param>
    /// <exception cref="IOException">With errno as HResult; of one that is not there <see cref="FileNotFoundException"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">Not for this user.</exception>
    public static FileStream OpenUnlocked(string path, FileMode mode, FileAccess access, UnixFileMode created)
    {
        Demand(path);
        var flags = ((int)access - 1) | NonBlockingCloseOnExec | (mode == FileMode.Open ? 0 : Create) | (mode == FileMode.Create ? Truncate : 0);
        var descriptor = Open(path, flags, (int)created);
        if (descriptor >= 0) return new(new SafeFileHandle(descriptor, ownsHandle: true), access, bufferSize: 0);
        var error = Marshal.GetLastPInvokeError();
        var said = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'";
        throw error switch
        {
            NotThere => new FileNotFoundException(said, path),
            Denied or NotPermitted => new UnauthorizedAccessException(said),
            _ => new IOException(said, error),
        };
    }

    /// <summary>Says nothing of what is not there or may not be read: whoever opens it next is told so.</summary>
    /// <exception cref="IOException">It is a pipe, a socket or a device.</exception>
    public static void Demand(string path)
    {
        var descriptor = Open(path, NonBlockingCloseOnExec, 0);
        if (descriptor < 0) return;
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            _ = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException e)
        {
            throw new IOException($"{path} is no regular file", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags, int mode);
}
