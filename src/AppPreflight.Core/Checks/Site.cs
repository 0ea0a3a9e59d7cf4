using AppPreflight.Apps;
using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>What a sentence for an admin takes from the place where it is said.</summary>
/// <param name="Check">The command that looks again.</param>
public sealed record Site(string Check)
{
    public static readonly Site Anywhere = new("app-preflight check --all --content");

    private const string Prefix = "appcenter/apps/";

    /// <summary>Its files tell which app a container belongs to; null where nobody could read them.</summary>
    public Appliance? Host { get; init; }

    /// <summary>How fast the line to the registries is; 0 when not known.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>The App Center's app that this container belongs to; null for any other.</summary>
    /// <remarks>Sources: appcenter/app.py, ucr_container_key; of a compose app the project bears the app's id (appcenter/docker.py, MultiDocker).</remarks>
    public string? AppOf(ContainerUse container)
    {
        if (Host is null) return null;
        foreach (var (key, value) in Host.Ucr.Values)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            if (AppIn(key, "/container") is { } single && value.Length > 0 && ContainerCheck.IsNamed(container, value)) return single;
            if (value is "installed" or "stalled" && AppIn(key, "/status") is { } composed && container.Project == ContainerCheck.ProjectOf(composed)) return composed;
        }

        return null;
    }

    private static string? AppIn(string key, string suffix) =>
        key.Length > Prefix.Length + suffix.Length && key.EndsWith(suffix, StringComparison.Ordinal) ? key[Prefix.Length..^suffix.Length] : null;
}
