using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AppPreflight.Hardware;

/// <summary>One of the kernel's trees of small files. Reads nothing that lies outside of it, whatever links say, waits for nobody, and never throws.</summary>
internal sealed partial class KernelFolder(string path)
{
    private const int MostEntries = 512;
    private const int LongestPath = 4096;
    private const int NonBlockingNoLinkCloseOnExec = 0x800 | 0x20000 | 0x80000; // O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC on amd64

    private readonly string? real = RealPath(path);

    /// <summary>The name of a file as a sign gives it.</summary>
    public string this[string name] => Path.Combine(path, name);

    /// <summary>Names in a folder, links and files alike, in order; none where it can't be read or lies elsewhere.</summary>
    public IReadOnlyList<string> Names(string folder)
    {
        if (Inside(folder) is not { } place) return [];
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(place).Take(MostEntries).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether there is such an entry within this tree.</summary>
    public bool Has(string name) => Inside(name) is not null;

    /// <summary>A counter: decimal, or hex behind 0x. Null where there is none to be read.</summary>
    public ulong? Number(string name)
    {
        var text = Text(name, 64)?.Trim();
        if (text is null) return null;
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The beginning of a file, or its end; null where it is no regular file or can't be read.</summary>
    /// <param name="most">Bytes.</param>
    public string? Text(string name, int most, bool fromEnd = false)
    {
        if (Inside(name) is not { } place) return null;
        try
        {
            var descriptor = Open(place, NonBlockingNoLinkCloseOnExec);
            if (descriptor < 0) return null;
            using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            // throws for a pipe or a terminal; the kernel's own files have lengths that mean nothing
            var length = RandomAccess.GetLength(handle);
            return Encoding.UTF8.GetString(Read(handle, fromEnd ? Math.Max(0, length - most) : 0, most));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    private static ReadOnlySpan<byte> Read(SafeFileHandle handle, long start, int most)
    {
        var bytes = new byte[Math.Min(most, 4096)];
        for (var count = 0; ;)
        {
            var came = RandomAccess.Read(handle, bytes.AsSpan(count), start + count);
            count += came;
            if (came == 0 || count == most) return bytes.AsSpan(0, count);
            if (count == bytes.Length) Array.Resize(ref bytes, Math.Min(most, bytes.Length * 4));
        }
    }

    // sysfs is made of links, all of them inside: what leads out is not the kernel's
    private string? Inside(string name) =>
        real is not null && RealPath(Path.Combine(path, name)) is { } place && (place == real || place.StartsWith(real + "/", StringComparison.Ordinal)) ? place : null;

    private static string? RealPath(string name)
    {
        var buffer = new byte[LongestPath];
        return Resolve(name, ref buffer[0]) == 0 ? null : Encoding.UTF8.GetString(buffer, 0, Array.IndexOf(buffer, (byte)0));
    }

    // realpath(3): at most PATH_MAX bytes, the final zero among them
    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Resolve(string path, ref byte resolved);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
