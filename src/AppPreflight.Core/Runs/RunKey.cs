using System.Globalization;
using System.Text.RegularExpressions;

namespace AppPreflight.Runs;

/// <summary>The form of a run's key: "20261121T120000Z-0a1b2c", its start and a random tail. Sortable by time, and a file's name as it stands.</summary>
public static partial class RunKey
{
    public static bool IsWellFormed(string? text) => text is not null && Form().IsMatch(text);

    /// <summary>Which key comes first at that time: keys of runs that began later sort behind it.</summary>
    public static string FirstAt(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z-'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
