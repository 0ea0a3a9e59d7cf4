using System.Formats.Tar;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Whether a cache directory is half-way between two archives.</summary>
/// <remarks>
/// The App Center deletes all visible files, unpacks <c>.tmp.tar</c>, and renames it to <c>.all.tar</c> then (actions/update.py). A
/// reader that is done before the next file comes sees no file change, and yet a chain without its last steps, or half an INI file.
/// While there is a <c>.tmp.tar</c>, which a broken download may leave behind as well, the files have to be those of one archive.
/// </remarks>
internal static class Unpacking
{
    private const string Old = ".all.tar";
    private const string New = ".tmp.tar";
    private const long MostBytes = 1L << 30;
    private const int MostEntries = 100_000;

    /// <param name="names">All that lies in the folder.</param>
    public static bool IsGoingOn(Fence folder, IReadOnlyList<string> names)
    {
        if (!names.Contains(New)) return false;
        var archives = new[] { Old, New }.Select(name => SizesIn(folder, name)).OfType<Dictionary<string, long>>().ToList();
        return archives.Count > 0 && !archives.Exists(sizes => IsUnpacked(folder, names, sizes));
    }

    private static bool IsUnpacked(Fence folder, IReadOnlyList<string> names, Dictionary<string, long> sizes) =>
        names.All(name => !name.EndsWith(".ini", StringComparison.Ordinal) || name[0] == '.' || sizes.ContainsKey(name))
        && sizes.All(entry => new FileInfo(folder.PathOf(entry.Key)) is { Exists: true } file && file.Length == entry.Value);

    /// <returns>Null when it is not there, or is no archive as a whole: one that is still coming down says nothing.</returns>
    private static Dictionary<string, long>? SizesIn(Fence folder, string archive)
    {
        try
        {
            using var file = folder.Stream(archive, MostBytes);
            if (file is null) return null;
            using var reader = new TarReader(file);
            var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
            while (sizes.Count < MostEntries && reader.GetNextEntry() is { } entry)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && name.Length > 0 && name[0] != '.' && name.IndexOfAny(['/', '\0']) < 0)
                    sizes[name] = entry.Length;
            }

            return sizes.Count > 0 ? sizes : null;
        }
        catch (Exception fault) when (fault is SourceException or IOException or FormatException or InvalidDataException or NotSupportedException or ArgumentException or OverflowException)
        {
            return null;
        }
    }
}
