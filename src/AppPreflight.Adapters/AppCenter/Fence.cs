using System.Runtime.InteropServices;
using AppPreflight.Images;
using AppPreflight.Ports;
using Microsoft.Win32.SafeHandles;

namespace AppPreflight.AppCenter;

/// <summary>A folder that nothing read through it leaves: no name with dots, no link to elsewhere.</summary>
/// <remarks>
/// The check is made on what was opened, not on the name, so a link that changes meanwhile gains nothing. Opening never
/// waits (a pipe would), and only regular files are read.
/// </remarks>
internal sealed partial class Fence
{
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;
    private const int NoSuchFile = 2;
    private const int NotPermitted = 1;
    private const int NoAccess = 13;
    private const int NotAFolder = 20;
    private const int TooManyLinks = 40;
    private const int NameTooLong = 36;

    private readonly string real;

    private Fence(string path, string real) => (Path, this.real) = (path, real);

    /// <summary>As it was asked for; for messages.</summary>
    public string Path { get; }

    /// <summary>The folder, or null if it does not exist.</summary>
    public static Fence? Around(string folder)
    {
        using var handle = Open(folder);
        return handle is not null && Directory.Exists(folder) ? new(folder, RealPath(handle)) : null;
    }

    /// <summary>A folder below this one as a fence of its own; null if it does not exist.</summary>
    /// <exception cref="SourceException">It lies elsewhere.</exception>
    public Fence? Enter(string name)
    {
        if (Around(System.IO.Path.Join(Path, name)) is not { } inner)
            return null;
        Require(inner.real, inner.Path);
        return inner;
    }

    /// <summary>The names in a folder below this one, hidden ones included, in ordinal order; empty if it does not exist.</summary>
    /// <exception cref="SourceException">More than <paramref name="most"/>, or not readable.</exception>
    public IReadOnlyList<string> Names(int most)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(Path).Take(most + 1).Select(name => System.IO.Path.GetFileName(name)).ToList();
            if (names.Count > most)
                throw Refusal(Path, $"has more than {most} files");
            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault is DirectoryNotFoundException ? [] : throw Refusal(Path, "can't be listed", fault);
        }
    }

    /// <summary>The bytes of a file below this folder; null if it does not exist or is a folder.</summary>
    /// <exception cref="SourceException">It lies elsewhere, is no regular file, is too large, or is not readable.</exception>
    public byte[]? Read(string name, int mostBytes)
    {
        var path = System.IO.Path.Join(Path, name);
        using var handle = OpenInside(name, path);
        return handle is null ? null : ReadAll(handle, path, mostBytes);
    }

    /// <summary>A file below this folder as a stream, of which at most <paramref name="mostBytes"/> exist; null if it does not exist.</summary>
    public Stream? Stream(string name, long mostBytes)
    {
        var path = System.IO.Path.Join(Path, name);
        var handle = OpenInside(name, path);
        if (handle is null)
            return null;
        try
        {
            if (Length(handle, path) > mostBytes)
                throw Refusal(path, $"is larger than {mostBytes} bytes");
            return new FileStream(handle, FileAccess.Read, bufferSize: 1);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static SourceException Refusal(string file, string what, Exception? inner = null) =>
        new(Source.AppCenter, Fault.Malformed, $"{file} {what}.", inner) { Subject = file };

    // A plain name that is no link can't lead anywhere; all else is asked where it led.
    private SafeFileHandle? OpenInside(string name, string path)
    {
        if (!name.Contains('/', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal)
            && OpenFile(path, NonBlockingCloseOnExec | NoFollow) is >= 0 and var descriptor)
            return new(descriptor, ownsHandle: true);
        var handle = Open(path);
        if (handle is null)
            return null;
        try
        {
            Require(RealPath(handle), path);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private void Require(string found, string path)
    {
        var inside = real == "/" || found == real || found.StartsWith(real + "/", StringComparison.Ordinal);
        if (!inside)
            throw Refusal(path, $"leads out of {Path}");
    }

    private static byte[]? ReadAll(SafeFileHandle handle, string path, int mostBytes)
    {
        var content = new byte[(int)Math.Min(Length(handle, path), mostBytes) + 1];
        var length = 0;
        try
        {
            for (int got; (got = RandomAccess.Read(handle, content.AsSpan(length), length)) > 0;)
            {
                length += got;
                if (length > mostBytes)
                    throw Refusal(path, $"is larger than {mostBytes} bytes");
                if (length == content.Length)
                    Array.Resize(ref content, (int)Math.Min(2L * length, mostBytes + 1L));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? null : throw Refusal(path, "can't be read", fault);
        }

        Array.Resize(ref content, length);
        return content;
    }

    private static long Length(SafeFileHandle handle, string path)
    {
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException fault)
        {
            throw Refusal(path, "is no regular file", fault);
        }
    }

    private static SafeFileHandle? Open(string path)
    {
        var descriptor = path.Contains('\0', StringComparison.Ordinal) ? -1 : OpenFile(path, NonBlockingCloseOnExec);
        if (descriptor >= 0)
            return new(descriptor, ownsHandle: true);
        var fault = Marshal.GetLastPInvokeError();
        return path.Contains('\0', StringComparison.Ordinal) || fault is NoSuchFile or NotAFolder or TooManyLinks or NameTooLong ? null
            : throw new SourceException(
                Source.AppCenter, fault is NotPermitted or NoAccess ? Fault.Denied : Fault.Malformed, $"{path} can't be opened ({Marshal.GetPInvokeErrorMessage(fault)}).")
            {
                Subject = path,
            };
    }

    private static string RealPath(SafeFileHandle handle) =>
        File.ResolveLinkTarget($"/proc/self/fd/{handle.DangerousGetHandle()}", returnFinalTarget: false)?.FullName ?? "";

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
