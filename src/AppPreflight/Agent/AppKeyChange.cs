using AppPreflight.Apps;

namespace AppPreflight.Agent;

/// <summary>What a change of the App Center's keys in UCR means for each app.</summary>
/// <remarks>Lines are <c>appcenter/apps/APP/KEY: value</c>; any other (an unreadable registry) concerns all apps.</remarks>
internal static class AppKeyChange
{
    private const string Prefix = "appcenter/apps/";

    public static IReadOnlyList<Trigger> Between(string before, string after)
    {
        var (old, now) = (Lines(before), Lines(after));
        var changed = old.Keys.Union(now.Keys, StringComparer.Ordinal)
            .Where(key => old.GetValueOrDefault(key) != now.GetValueOrDefault(key))
            .Select(AppOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return changed.Contains("", StringComparer.Ordinal)
            ? [new("the registry (UCR) could not be read, or can be again", null)]
            : [.. changed.Select(app => Of(app, old, now)).OfType<Trigger>().Distinct()];
    }

    // Of an app that is gone there is nothing to look at: the look at all apps finds out which are left.
    private static Trigger? Of(string app, Dictionary<string, string> old, Dictionary<string, string> now)
    {
        var (version, status, offer) = ($"{Prefix}{app}/version", $"{Prefix}{app}/status", $"{Prefix}{app}/update/available");
        if (!IsInstalled(now, status)) return IsInstalled(old, status) ? new("an app was removed", null) : null;
        if (old.GetValueOrDefault(version) != now.GetValueOrDefault(version)) return new("the installed version changed", app);
        if (old.GetValueOrDefault(status) != now.GetValueOrDefault(status)) return new("the app's status changed", app);
        return new(UcrValues.IsTrueWord(now.GetValueOrDefault(offer) ?? "") ? "an update is available" : "an update is no longer offered", app);
    }

    private static bool IsInstalled(Dictionary<string, string> keys, string status) => keys.GetValueOrDefault(status) is "installed" or "stalled";

    private static Dictionary<string, string> Lines(string text)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            lines[colon < 0 ? line : line[..colon]] = colon < 0 ? "" : line[(colon + 2)..];
        }

        return lines;
    }

    private static string AppOf(string key)
    {
        var rest = key.StartsWith(Prefix, StringComparison.Ordinal) ? key[Prefix.Length..] : "";
        return rest.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? rest[..slash] : "";
    }
}
