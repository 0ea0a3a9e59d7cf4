using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AppPreflight.Journal;

/// <summary>Keeps pipes and devices from being opened as files: the framework's way to open a pipe waits for a partner for ever.</summary>
internal static partial class RegularFile
{
    private const int ReadNonBlockingCloseOnExec = 0x0 | 0x800 | 0x80000; // O_RDONLY | O_NONBLOCK | O_CLOEXEC

    /// <summary>Says nothing of what is not there or may not be read: whoever opens it next is told so.</summary>
    /// <exception cref="IOException">It is a pipe, a socket or a device.</exception>
    public static void Demand(string path)
    {
        var descriptor = Open(path, ReadNonBlockingCloseOnExec);
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

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
