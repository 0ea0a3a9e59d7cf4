using System.Buffers.Binary;
using System.Runtime.InteropServices;
using AppPreflight.Images;
using Microsoft.Win32.SafeHandles;

namespace AppPreflight.Layouts;

/// <summary>Opens files of strangers: without waiting for a partner at a pipe, and nothing but regular files.</summary>
internal static unsafe partial class RegularFile
{
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000; // O_NONBLOCK | O_CLOEXEC
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint TypeAndMode = 3; // STATX_TYPE | STATX_MODE
    private const int StatusBytes = 256;
    private const int ModeAt = 28;
    private const int TypeBits = 0xf000;
    private const int Regular = 0x8000;
    private const int FolderType = 0x4000;

    private const int NotPermitted = 1;
    private const int NotThere = 2;
    private const int NoAccess = 13;
    private const int NotAFolder = 20;
    private const int NameTooLong = 36;
    private const int TooManyLinks = 40;

    /// <returns>Null if there is nothing of that name, or a folder.</returns>
    /// <exception cref="Ports.SourceException">Denied, Unreachable; Refused: a pipe, a socket, a device.</exception>
    public static FileStream? Open(string path, Complaint complaint)
    {
        if (Descriptor(path, complaint) is not { } handle) return null;
        try
        {
            var type = TypeOf(handle);
            if (type == Regular) return new(handle, FileAccess.Read, bufferSize: 0);
            handle.Dispose();
            return type == FolderType ? null : throw complaint.Of(Fault.Refused, $"is or holds something that is no regular file ({Path.GetFileName(path)})");
        }
        catch (IOException fault)
        {
            handle.Dispose();
            throw complaint.Of(Fault.Unreachable, $"can't be read ({fault.Message})", fault);
        }
    }

    /// <summary>Where an opened thing really lies, all links resolved.</summary>
    public static string RealPath(SafeFileHandle opened) => File.ResolveLinkTarget($"/proc/self/fd/{opened.DangerousGetHandle()}", returnFinalTarget: false)!.FullName;

    /// <returns>Null if there is nothing of that name.</returns>
    public static SafeFileHandle? Descriptor(string path, Complaint complaint)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) return null;
        var descriptor = Open(path, NonBlockingCloseOnExec);
        if (descriptor >= 0) return new(descriptor, ownsHandle: true);
        var fault = Marshal.GetLastPInvokeError();
        return fault is NotThere or NotAFolder or NameTooLong or TooManyLinks ? null
            : throw complaint.Of(fault is NotPermitted or NoAccess ? Fault.Denied : Fault.Unreachable, $"can't be opened ({Marshal.GetPInvokeErrorMessage(fault)})");
    }

    private static int TypeOf(SafeFileHandle handle)
    {
        Span<byte> status = stackalloc byte[StatusBytes];
        byte nothing = 0;
        fixed (byte* into = status)
        {
            if (Statx((int)handle.DangerousGetHandle(), &nothing, EmptyPath, TypeAndMode, into) != 0)
                throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(status[ModeAt..]) & TypeBits;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, byte* path, int flags, uint mask, byte* status);
}
