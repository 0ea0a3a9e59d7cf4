using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>An installed app, asked after a step: what its containers ought to run on.</summary>
public sealed record RunningApp(string App, AppVersion Version, WantedImages Images)
{
    /// <summary>Its containers are those of the compose project of its name; otherwise it is the one that <see cref="Container"/> names.</summary>
    public bool IsProject { get; init; }

    /// <summary>The container's id in the App Center's registry; null where it has none.</summary>
    public string? Container { get; init; }

    internal static RunningApp Of(AppRelease installed, HostState host) => new(installed.Id, installed.Version, ImagesOf(installed, host))
    {
        IsProject = installed.UsesCompose || installed.IsDescribed,
        Container = host.Ucr[AppKeys.Container(installed.Id)] is { Length: > 0 } id ? id : null,
    };

    // A step of mode app keeps the old containers. The registry's image says so; with compose it is the main one's, and of the
    // other services nobody wrote down what they run on. Source: StateRule; appcenter-docker/actions/docker_upgrade.py, _upgrade_app().
    private static WantedImages ImagesOf(AppRelease installed, HostState host)
    {
        var wanted = StepImages.Of(installed, host);
        var kept = host.Ucr[AppKeys.Image(installed.Id)];
        if (!installed.UsesCompose || string.IsNullOrEmpty(kept) || kept == wanted.Main || !installed.DockerAllowedImages.Contains(kept, StringComparer.Ordinal))
            return wanted;
        return new() { Main = kept, Named = [kept], Pulled = [kept], Services = [new(installed.DockerMainService ?? "", kept)] };
    }
}
