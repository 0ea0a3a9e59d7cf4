using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>An open folder. Everything is reached from it, through no link and never out of it.</summary>
internal sealed class Folder : IDisposable
{
    private const int EntryBuffer = 32 << 10;

    private int descriptor;
    private byte[]? place;

    private Folder(int descriptor) => this.descriptor = descriptor;

    /// <summary>Its own status: of the folder that was opened, whatever its name means by now.</summary>
    public FileStatus Status => SystemCalls.StatusOf(descriptor, out FileStatus status) == 0 ? status : default;

    /// <exception cref="SourceException">Denied, or Missing: there is no such folder.</exception>
    public static Folder Open(string path)
    {
        var opened = SystemCalls.OpenRoot(path);
        return opened >= 0 ? new(opened) : throw Fault(opened, path);
    }

    /// <returns>Null where there is no such folder (a file, a link).</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public Folder? TryOpen(ReadOnlySpan<byte> path)
    {
        var opened = SystemCalls.OpenBelow(descriptor, path, isFolder: true);
        Demand(opened, path);
        return opened >= 0 ? new(opened) : null;
    }

    public Folder? TryOpen(string path) => TryOpen(Encoding.UTF8.GetBytes(path));

    /// <returns>A descriptor to be closed by the caller, or the negative errno.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public int OpenFile(ReadOnlySpan<byte> path)
    {
        var opened = SystemCalls.OpenBelow(descriptor, path, isFolder: false);
        Demand(opened, path);
        return opened;
    }

    /// <summary>A small file, whole.</summary>
    /// <returns>Null when it is not there, is no file or is larger than <paramref name="mostBytes"/>.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public byte[]? ReadSmall(string path, int mostBytes)
    {
        using var file = TryReadable(path, isFromMedium: false);
        if (file is null) return null;
        var buffer = new byte[mostBytes + 1];
        try
        {
            var count = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return count <= mostBytes ? buffer[..count] : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <returns>Null when it is not there or no file.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public FileDescriptorStream? TryReadable(string path, bool isFromMedium)
    {
        var opened = OpenFile(Encoding.UTF8.GetBytes(path));
        if (opened < 0) return null;
        if (SystemCalls.StatusOf(opened, out FileStatus status) != 0 || status.Type != FileType.Regular)
        {
            _ = SystemCalls.Close(opened);
            return null;
        }

        if (isFromMedium) SystemCalls.DropCached(opened);
        return new(opened);
    }

    /// <returns>0 or the negative errno.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public int StatusOf(ReadOnlySpan<byte> name, out FileStatus status)
    {
        var result = SystemCalls.StatusOf(descriptor, name, out status);
        Demand(result, name);
        return result;
    }

    /// <returns>The link's target; null when it can't be read.</returns>
    public byte[]? LinkOf(ReadOnlySpan<byte> name)
    {
        Span<byte> target = stackalloc byte[4096];
        var length = SystemCalls.LinkOf(descriptor, name, target);
        return length < 0 ? null : target[..length].ToArray();
    }

    /// <summary>Names in it, in no order, as bytes; of very many only the first, and a few more than <paramref name="most"/>.</summary>
    /// <exception cref="IOException">The medium failed.</exception>
    public List<byte[]> Names(int most = int.MaxValue)
    {
        var names = new List<byte[]>();
        var buffer = ArrayPool<byte>.Shared.Rent(EntryBuffer);
        try
        {
            for (int count; names.Count < most && (count = SystemCalls.EntriesOf(descriptor, buffer)) != 0;)
            {
                if (count < 0) throw new IOException("a folder can't be listed");
                Take(buffer.AsSpan(0, count), names);
            }

            return names;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The way to a name in it for the calls that take a path only (extended attributes), with its terminating zero.</summary>
    public int PathTo(ReadOnlySpan<byte> name, Span<byte> path)
    {
        place ??= Encoding.ASCII.GetBytes($"/proc/self/fd/{descriptor}/");
        var start = place.Length;
        if (start + name.Length >= path.Length) return 0;
        place.CopyTo(path);
        name.CopyTo(path[start..]);
        path[start + name.Length] = 0;
        return start + name.Length + 1;
    }

    /// <exception cref="SourceException">The file system can't be synced.</exception>
    public void Sync()
    {
        if (SystemCalls.Sync(descriptor) < 0) throw new SourceException(Source.Engine, Images.Fault.Refused, "the file system of the engine's data root can't be synced");
    }

    public void Dispose()
    {
        if (descriptor >= 0) _ = SystemCalls.Close(descriptor);
        descriptor = -1;
    }

    // struct linux_dirent64: inode 8, offset 8, length of this entry 2, type 1, name with its terminating zero
    private static void Take(ReadOnlySpan<byte> entries, List<byte[]> names)
    {
        const int nameAt = 19;
        while (entries.Length > nameAt)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(entries[16..]);
            if (length <= nameAt || length > entries.Length) return;
            var name = entries[nameAt..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) names.Add(name.ToArray());
            entries = entries[length..];
        }
    }

    // what this user may not read says nothing about the layer
    private static void Demand(int result, ReadOnlySpan<byte> path)
    {
        if (result is SystemCalls.NoMemory or SystemCalls.TooManyFiles or SystemCalls.TooManyFilesOfAll)
            throw new SourceException(Source.Engine, Images.Fault.Unreachable, "this process is out of memory or file descriptors");
        if (result is SystemCalls.NoAccess or SystemCalls.NotPermitted or SystemCalls.NoSuchCall) throw Fault(result, LayerPath.Show(path));
    }

    private static SourceException Fault(int result, string path) => result switch
    {
        SystemCalls.NoAccess or SystemCalls.NotPermitted => new(Source.Engine, Images.Fault.Denied, $"this user may not read {Oci.Quote.Short(path)} of the engine's store"),
        SystemCalls.NoSuchCall => new(Source.Engine, Images.Fault.Unsupported, "the kernel is older than 5.6"),
        _ => new(Source.Engine, Images.Fault.Missing, $"there is no folder {Oci.Quote.Short(path)} on this host"),
    };
}
