using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>A folder and some of the files in it. It is listed only when its own stamp says that a name came or went.</summary>
/// <param name="members">From a name in the folder to the names below the folder that count: itself, files in it, or none.</param>
internal sealed class StampedFolder(string folder, Func<string, IEnumerable<string>> members)
{
    private const int MostNames = 1000;

    private readonly byte[] path = FileStamp.PathOf(folder);
    private FileStamp stamp;
    private bool isListedTwice;
    private StampedFiles files = new([]);

    /// <returns>Whether anything may have changed.</returns>
    public bool Look()
    {
        var now = FileStamp.Of(path);
        var moved = now != stamp;
        // A file system counts time in ticks of some milliseconds: what came in the tick of the first listing shows in the second.
        if (moved || !isListedTwice)
        {
            isListedTwice = !moved;
            stamp = now;
            files = new([.. Names().SelectMany(members).Select(name => Path.Join(folder, name))]);
        }

        return files.Look() | moved;
    }

    public void WriteTo(StringBuilder text)
    {
        text.Append(folder).Append(' ').Append(stamp).Append('\n');
        files.WriteTo(text);
    }

    private List<string> Names()
    {
        var names = new List<string>();
        try
        {
            names.AddRange(Directory.EnumerateFileSystemEntries(folder).Take(MostNames).Select(name => Path.GetFileName(name)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // the stamp tells what is the matter with the folder
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
