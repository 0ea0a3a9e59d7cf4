using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The image of a release's main container: <see cref="Text"/>, or nothing, or why it can't be read.</summary>
/// <remarks>Source: appcenter/app.py, App.get_docker_image_name().</remarks>
internal sealed record MainImage(string? Text, string? Error)
{
    /// <summary>As the App Center names it now: the registry's override counts for the installed release, but not with compose.</summary>
    public static MainImage Of(AppRelease release, HostState host)
    {
        if (release.UsesCompose && release.Images is { } rule)
        {
            var wanted = rule.For(host.Ucr);
            return new(wanted.Main, wanted.MainError);
        }

        var overriding = InstalledRule.IsInstalled(release, host) ? host.Ucr[AppKeys.Image(release.Id)] : null;
        return new(string.IsNullOrEmpty(overriding) ? release.DockerImage : overriding, null);
    }
}
