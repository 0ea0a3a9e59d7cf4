using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>Files that are looked at again and again: what stat tells of each, and whether it has changed since the last look.</summary>
internal sealed class StampedFiles(IEnumerable<string> paths)
{
    private readonly (string Name, byte[] Path)[] files = [.. paths.Select(path => (path, FileStamp.PathOf(path)))];
    private FileStamp[] stamps = [];

    /// <returns>Whether anything changed; true of the first look.</returns>
    public bool Look()
    {
        var changed = stamps.Length != files.Length;
        if (changed) stamps = new FileStamp[files.Length];
        for (var i = 0; i < files.Length; i++)
        {
            var now = FileStamp.Of(files[i].Path);
            changed |= now != stamps[i];
            stamps[i] = now;
        }

        return changed;
    }

    /// <summary>One line for each file.</summary>
    public void WriteTo(StringBuilder text)
    {
        for (var i = 0; i < files.Length; i++) text.Append(files[i].Name).Append(' ').Append(stamps[i]).Append('\n');
    }
}
