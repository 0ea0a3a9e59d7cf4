using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Which UCS versions' caches are read, in which order.</summary>
/// <remarks>Source: appcenter/app_cache.py, get_ucs_versions() and AppCenterVersion; ini_parser.py, IniSectionListAttribute.</remarks>
internal static class UcsVersionList
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
    private static List<string> Split(string value)
    {
        var parts = new List<string>();
        var start = 0;
        for (var comma = value.IndexOf(','); comma >= 0; comma = value.IndexOf(',', Math.Max(comma + 1, start)))
        {
            var end = comma;
            while (end > start && PythonText.IsSpace(value[end - 1]))
                end--;
            if (end == 0 || value[end - 1] == '\\')
                end++;
            if (end > comma)
                continue;
            parts.Add(value[start..end]);
            start = comma + 1;
            while (start < value.Length && PythonText.IsSpace(value[start]))
                start++;
        }

        parts.Add(value[start..]);
        return [.. parts.Select(part => part.Replace("\\,", ",", StringComparison.Ordinal))];
    }

    private static void RequireFolderName(string version, string path)
    {
        if (version.StartsWith('/') || version.Contains('\0', StringComparison.Ordinal) || version.Split('/').Contains("..", StringComparer.Ordinal))
            throw Fence.Refusal(path, $"lists '{version}', which leads out of the cache");
    }
}
