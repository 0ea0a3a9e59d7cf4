using AppPreflight.Apps;
using AppPreflight.Oci;

namespace AppPreflight.AppCenter;

/// <summary>The keys of UCR that tell which apps are installed and offered, as a text: one <c>key: value</c> a line, in ordinal order.</summary>
internal static class AppKeyLines
{
    private const string Prefix = "appcenter/apps/";
    private const int MostKeys = 10_000;
    private static readonly string[] endings = ["/version", "/status", "/update/available"];

    public static string Of(UcrValues registry) =>
        string.Join('\n', registry.Values
            .Where(pair => IsAppKey(pair.Key))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Take(MostKeys)
            .Select(pair => $"{pair.Key}: {Quote.Short(pair.Value)}"));

    /// <summary>A line that can't be taken for a key's.</summary>
    public static string Unreadable(string why) => "! " + Quote.Short(why);

    private static bool IsAppKey(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal)
        && Array.Find(endings, ending => key.EndsWith(ending, StringComparison.Ordinal)) is { } ending
        && key.Length > Prefix.Length + ending.Length
        && ReleaseAttribute.IsId(key[Prefix.Length..^ending.Length]);
}
