using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>How a step is done, if the old container starts and the app's own update_available script stays silent.</summary>
/// <remarks>Source: appcenter-docker/actions/docker_upgrade.py, _do_it() and _docker_upgrade_mode().</remarks>
internal sealed record StepWay(StepMode Mode, bool Pulls, string? Error = null)
{
    public static StepWay From(AppRelease old, AppRelease release, HostState host)
    {
        if (release.IsDescribed)
            return new(StepMode.Image, Pulls: release.Images is not null);
        if (!release.IsDocker)
            return new(StepMode.Packages, Pulls: false);
        if (!old.IsDocker)
            return new(StepMode.Docker, Pulls: !release.IsPlugin);
        return release.IsPlugin ? new(StepMode.App, Pulls: false) : OfContainers(old, release, host);
    }

    /// <summary>Nothing is installed: whatever the release needs is fetched anew.</summary>
    public static StepWay Install(AppRelease release, HostState host)
    {
        if (release.IsDescribed)
            return new(StepMode.Image, Pulls: release.Images is not null);
        if (!release.IsDocker)
            return new(StepMode.Packages, Pulls: false);
        if (release.IsPlugin)
            return new(StepMode.App, Pulls: false);
        return MainImage.Of(release, host) is { Error: { } error, IsUndecided: false } ? Broken(release, error) : new(StepMode.Image, Pulls: true);
    }

    private static StepWay OfContainers(AppRelease old, AppRelease release, HostState host)
    {
        var running = MainImage.Of(old, host);
        if (running is { Error: { } oldError, IsUndecided: false })
            return Broken(old, oldError);
        if (Keeps(release, running))
            return new(StepMode.App, Pulls: false);
        return MainImage.Of(release, host) is { Error: { } newError, IsUndecided: false }
            ? Broken(release, newError)
            : new(StepMode.Image, Pulls: true);
    }

    // No image on both sides (a compose app whose file is missing) counts as "the same image".
    private static bool Keeps(AppRelease release, MainImage running) =>
        running.Text is { } image
            ? image == release.DockerImage || release.DockerAllowedImages.Contains(image, StringComparer.Ordinal)
            : running.IsNone && release.DockerImage is null;

    private static StepWay Broken(AppRelease release, string error) =>
        new(StepMode.Image, Pulls: false, $"{release.ComponentId}.compose does not tell the image of its main service ({error})");
}
