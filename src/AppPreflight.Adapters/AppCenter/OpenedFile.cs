using System.Runtime.InteropServices;
using AppPreflight.Images;
using AppPreflight.Ports;
using Microsoft.Win32.SafeHandles;

namespace AppPreflight.AppCenter;

/// <summary>A file of this host that was opened without waiting (a pipe would make one wait), and is read within bounds.</summary>
/// <remarks>The framework's own way to open a file waits at a pipe and throws where there is none: hence open(2) itself.</remarks>
internal sealed partial class OpenedFile : IDisposable
{
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private const int NotPermitted = 1;
    private const int NoSuchFile = 2;
    private const int NoAccess = 13;
    private const int NotAFolder = 20;
    private const int NameTooLong = 36;
    private const int TooManyLinks = 40;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int OnlyFolders = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    private readonly SafeFileHandle handle;
    private readonly string path;

    private OpenedFile(SafeFileHandle handle, string path) => (this.handle, this.path) = (handle, path);

    /// <summary>Null if it does not exist.</summary>
    /// <exception cref="SourceException">Not ours to read (Denied), or any other fault (Malformed).</exception>
    public static SafeFileHandle? Folder(string path) => Open(path, OnlyFolders, out _);

    /// <param name="isLink">Nothing was opened, because the name is a link and those were not to be followed.</param>
    /// <returns>Null if it does not exist.</returns>
    /// <exception cref="SourceException">Not ours to read (Denied), or any other fault (Malformed).</exception>
    public static OpenedFile? Open(string path, bool followLinks, out bool isLink)
    {
        var opened = Open(path, followLinks ? 0 : NoFollow, out var fault);
        isLink = !followLinks && fault == TooManyLinks;
        return opened is null ? null : new(opened, path);
    }

    /// <summary>Where the opened thing really lies, all links resolved.</summary>
    public static string RealPath(SafeFileHandle opened, string path)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/self/fd/{opened.DangerousGetHandle()}", returnFinalTarget: false)!.FullName;
        }
        catch (IOException fault)
        {
            throw Fence.Refusal(path, "can't be located, since /proc is missing", fault);
        }
    }

    public string RealPath() => RealPath(handle, path);

    /// <returns>Null: a folder.</returns>
    public byte[]? ReadAll(int mostBytes) => Read(from: 0, mostBytes) is not { } content ? null
        : content.Length <= mostBytes ? content
        : throw Fence.Refusal(path, $"is larger than {mostBytes} bytes");

    /// <returns>Null: a folder.</returns>
    public byte[]? ReadTail(int mostBytes) =>
        Read(Math.Max(0, Length() - mostBytes), mostBytes) is { } content ? content[..Math.Min(content.Length, mostBytes)] : null;

    /// <summary>The file itself as a stream, which closes it.</summary>
    public Stream Stream(long mostBytes)
    {
        try
        {
            if (Length() > mostBytes)
                throw Fence.Refusal(path, $"is larger than {mostBytes} bytes");
            return new FileStream(handle, FileAccess.Read, bufferSize: 1);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose() => handle.Dispose();

    // One byte more than asked for tells that there is more.
    private byte[]? Read(long from, int mostBytes)
    {
        var content = new byte[Math.Min(Length() - from, mostBytes) + 1];
        var length = 0;
        try
        {
            for (int got; length <= mostBytes && (got = RandomAccess.Read(handle, content.AsSpan(length), from + length)) > 0;)
            {
                length += got;
                if (length == content.Length && length <= mostBytes)
                    Array.Resize(ref content, (int)Math.Min(2L * length, mostBytes + 1L));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? null : throw Fence.Refusal(path, "can't be read", fault);
        }

        Array.Resize(ref content, length);
        return content;
    }

    private long Length()
    {
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException fault)
        {
            throw Fence.Refusal(path, "is no regular file", fault);
        }
    }

    private static SafeFileHandle? Open(string path, int flags, out int fault)
    {
        fault = NoSuchFile;
        if (path.Contains('\0', StringComparison.Ordinal))
            return null;
        var descriptor = OpenFile(path, NonBlockingCloseOnExec | flags);
        if (descriptor >= 0)
            return new(descriptor, ownsHandle: true);
        fault = Marshal.GetLastPInvokeError();
        return fault is NoSuchFile or NotAFolder or TooManyLinks or NameTooLong ? null
            : throw new SourceException(
                Source.AppCenter, fault is NotPermitted or NoAccess ? Fault.Denied : Fault.Malformed, $"{path} can't be opened ({Marshal.GetPInvokeErrorMessage(fault)}).")
            {
                Subject = path,
            };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
