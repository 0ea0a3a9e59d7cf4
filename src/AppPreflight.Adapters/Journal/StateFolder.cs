using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Journal;

/// <summary>One folder for state: its owner may write, its group (adm, where the agent made it) may read; files in it are replaced whole, and its faults have sentences.</summary>
internal sealed class StateFolder(string path)
{
    // errno values of Linux, which .NET hands on as HResult where it has no exception class of its own
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int QuotaUsedUp = 122;

    /// <summary>0640.</summary>
    public const UnixFileMode ReadableByGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    public string FullName { get; } = Path.GetFullPath(path);

    public bool Exists => Directory.Exists(FullName);

    public string this[string name] => Path.Combine(FullName, name);

    /// <exception cref="SourceException">It is missing and can't be made.</exception>
    public void Make() => Guard("used", () => Directory.CreateDirectory(FullName, ReadableByGroup | UnixFileMode.UserExecute | UnixFileMode.GroupExecute));

    /// <summary>Opens without locking anybody out, or being locked out.</summary>
    /// <exception cref="IOException">Also: what lies there is no regular file.</exception>
    public FileStream Open(string name, FileMode mode, FileAccess access) => RegularFile.OpenUnlocked(this[name], mode, access, ReadableByGroup);

    /// <summary>The whole of a file.</summary>
    /// <exception cref="FormatException">It is larger than that.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public byte[] Read(string name, int most)
    {
        using var file = Open(name, FileMode.Open, FileAccess.Read);
        if (file.Length > most) throw new FormatException($"it is larger than {most >> 20} MiB");
        var bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>After this the file holds either its old bytes or these, also when the power fails in between.</summary>
    /// <exception cref="IOException">The bytes could not be written; the old file is untouched.</exception>
    public void Replace(string name, ReadOnlySpan<byte> bytes)
    {
        var temporary = name + ".tmp";
        try
        {
            using (var file = Open(temporary, FileMode.Create, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(this[temporary], this[name], overwrite: true);
            FolderFlush.ToDisk(FullName);
        }
        catch
        {
            // a full disk must not be kept full by our own leftovers; that this fails too changes nothing
            TryDelete(temporary);
            throw;
        }
    }

    public void TryDelete(string name)
    {
        try
        {
            File.Delete(this[name]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Runs an act on the folder; what the file system objects becomes one sentence.</summary>
    /// <param name="done">What can't be done then: "read", "written", "used".</param>
    /// <exception cref="SourceException">The file system said no.</exception>
    public T Guard<T>(string done, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException(Sentence(done, e), e);
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public void Guard(string done, Action act) => Guard(done, () =>
    {
        act();
        return true;
    });

    private SourceFault Sentence(string done, Exception e)
    {
        var fault = e is UnauthorizedAccessException ? Fault.Denied : Fault.Refused;
        return new(Source.Journal, fault, $"the state directory {FullName} can't be {done}: {Why(e)}") { Subject = FullName };
    }

    private static string Why(Exception e) => (e, e.HResult) switch
    {
        (UnauthorizedAccessException, _) => "permission denied (run as root, or name another one with --state)",
        (_, NoSpace) => "no space left on the device",
        (_, ReadOnly) => "its file system is read-only",
        (_, QuotaUsedUp) => "its disk quota is used up",
        (DirectoryNotFoundException or FileNotFoundException, _) => "it is not there",
        _ => Oci.Quote.Short(e.Message),
    };
}
