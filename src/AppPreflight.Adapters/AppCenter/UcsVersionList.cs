using System.Text.RegularExpressions;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Which UCS versions' caches are read, in which order.</summary>
/// <remarks>Source: appcenter/app_cache.py, get_ucs_versions() and AppCenterVersion; ini_parser.py, IniSectionListAttribute.</remarks>
internal static partial class UcsVersionList
{
    public const string File = ".ucs.ini";
    private const string Always = "5.0";
    private const int Most = 64;

    /// <param name="ini">The file .ucs.ini; an unreadable one (a gateway's block page) counts as empty.</param>
    /// <param name="current">This system's UCS version, or the next one while a release update runs.</param>
    /// <exception cref="SourceException">A name that makes no folder, or too many.</exception>
    public static IReadOnlyList<string> For(IniFile ini, string path, string current)
    {
        var listed = ini.Sections.Contains(current, StringComparer.Ordinal) ? ini.Get(current, "supporteducsversions") : null;
        var versions = listed is null ? [current] : Split(listed);
        if (versions.Count > Most)
            throw Fence.Refusal(path, $"lists more than {Most} UCS versions");
        foreach (var version in versions)
            RequireFolderName(version, path);
        return versions.Contains(Always, StringComparer.Ordinal) ? versions : [.. versions, Always];
    }

    // Not the list syntax of apps: a backslash escapes a comma, a comma at the very start does not split,
    // and an empty value is a list of one empty name (whose folder is the server's own).
    private static List<string> Split(string value) =>
        [.. Comma.Split(value).Select(part => part.Replace("\\,", ",", StringComparison.Ordinal))];

    private static void RequireFolderName(string version, string path)
    {
        if (version.StartsWith('/') || version.Contains('\0', StringComparison.Ordinal) || version.Split('/').Contains("..", StringComparer.Ordinal))
            throw Fence.Refusal(path, $"lists '{version}', which leads out of the cache");
    }

    [GeneratedRegex(@"(?<=[^\\])[\s\u001C-\u001F]*,[\s\u001C-\u001F]*", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comma { get; }
}
