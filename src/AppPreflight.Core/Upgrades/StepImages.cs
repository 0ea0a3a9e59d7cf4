using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The images one step asks for, with the registry as it is at that step.</summary>
internal static class StepImages
{
    private static readonly WantedImages None = new() { Named = [], Pulled = [] };

    public static WantedImages Of(AppRelease release, HostState host)
    {
        if (release.IsDescribed)
            return release.Images?.For(host.Ucr) ?? None;
        if (!release.IsDocker || release.IsPlugin)
            return None;
        return release.UsesCompose && release.Images is { } rule ? rule.For(host.Ucr) : OfOneContainer(release, host);
    }

    private static WantedImages OfOneContainer(AppRelease release, HostState host) =>
        MainImage.Of(release, host).Text is { Length: > 0 } image
            ? new NamedImages([image]).For(host.Ucr)
            : new() { Error = "no-image", Reason = $"{release.ComponentId} is a Docker app, but names no image and has no compose file" };
}
