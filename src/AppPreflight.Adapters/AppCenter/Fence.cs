using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>A folder that nothing read through it leaves: no name with dots, no link to elsewhere.</summary>
/// <remarks>
/// The check is made on what was opened, not on the name, so a link that changes meanwhile gains nothing. What is absent
/// is null: most of the files that may exist do not, and an exception for each would be the larger part of a short command.
/// </remarks>
internal sealed class Fence
{
    private readonly string real;

    private Fence(string path, string real) => (Path, this.real) = (path, real);

    /// <summary>As it was asked for; for messages.</summary>
    public string Path { get; }

    /// <summary>The folder, or null if it does not exist.</summary>
    public static Fence? Around(string folder)
    {
        using var handle = OpenedFile.Folder(folder);
        return handle is null ? null : new(folder, OpenedFile.RealPath(handle, folder));
    }

    /// <summary>A folder below this one as a fence of its own; null if it does not exist.</summary>
    /// <exception cref="SourceException">It lies elsewhere.</exception>
    public Fence? Enter(string name)
    {
        if (Around(PathOf(name)) is not { } inner)
            return null;
        Require(inner.real, inner.Path);
        return inner;
    }

    /// <summary>A name in this folder as it is told in messages.</summary>
    public string PathOf(string name) => System.IO.Path.Join(Path, name);

    /// <summary>The names in this folder, hidden ones included, in ordinal order; empty if it has vanished.</summary>
    /// <exception cref="SourceException">More than <paramref name="most"/>, or not readable.</exception>
    public IReadOnlyList<string> Names(int most)
    {
        try
        {
            var names = new List<string>();
            foreach (var entry in Directory.EnumerateFileSystemEntries(Path))
            {
                if (names.Count == most)
                    throw Refusal(Path, $"has more than {most} files");
                names.Add(System.IO.Path.GetFileName(entry));
            }

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
        using var file = OpenInside(name);
        return file?.ReadAll(mostBytes);
    }

    /// <summary>The last bytes of a file that may be much longer; null if it does not exist or is a folder.</summary>
    /// <exception cref="SourceException">It lies elsewhere, is no regular file, or is not readable.</exception>
    public byte[]? ReadTail(string name, int mostBytes)
    {
        using var file = OpenInside(name);
        return file?.ReadTail(mostBytes);
    }

    /// <summary>A file below this folder as a stream, of which at most <paramref name="mostBytes"/> exist; null if it does not exist.</summary>
    /// <exception cref="SourceException">It lies elsewhere, is no regular file, is too large, or is not readable.</exception>
    public Stream? Stream(string name, long mostBytes) => OpenInside(name)?.Stream(mostBytes);

    public static SourceException Refusal(string file, string what, Exception? inner = null) =>
        new(Source.AppCenter, Fault.Malformed, $"{file} {what}.", inner) { Subject = file };

    // A plain name that is no link can't lead anywhere; all else is asked where it led.
    private OpenedFile? OpenInside(string name)
    {
        var path = PathOf(name);
        var isPlain = !name.Contains('/', StringComparison.Ordinal);
        if (isPlain && OpenedFile.Open(path, followLinks: false, out var isLink) is var direct && !isLink)
            return direct;
        if (OpenedFile.Open(path, followLinks: true, out _) is not { } file)
            return null;
        try
        {
            Require(file.RealPath(), path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Require(string found, string path)
    {
        var inside = real == "/" || found == real || found.StartsWith(real + "/", StringComparison.Ordinal);
        if (!inside)
            throw Refusal(path, $"leads out of {Path}");
    }
}
