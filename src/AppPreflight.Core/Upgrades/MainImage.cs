using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The image of a release's main container: <see cref="Text"/>, or nothing, or why it can't be read.</summary>
/// <remarks>Source: appcenter/app.py, App.get_docker_image_name().</remarks>
internal sealed record MainImage(string? Text, string? Error)
{
    /// <summary>There is none, as opposed to something that is no text, or a text that only a code block knows.</summary>
    public bool IsNone { get; init; }

    /// <summary>A code block of the compose file would have to be run to tell.</summary>
    public bool IsUndecided { get; init; }

    /// <summary>As the App Center names it now: the registry's override counts for the installed release, but not with compose.</summary>
    public static MainImage Of(AppRelease release, HostState host)
    {
        if (release.UsesCompose && release.Images is { } rule)
        {
            var wanted = rule.For(host.Ucr);
            return new(wanted.Main, wanted.MainError)
            {
                IsNone = wanted is { Main: null, MainError: null, Undecided: [] }
                    && wanted.Services?.FirstOrDefault(service => service.Service == release.DockerMainService) is { OtherType: null },
                IsUndecided = wanted is { Main: null, Undecided: not [] },
            };
        }

        var overriding = InstalledRule.IsInstalled(release, host) ? host.Ucr[AppKeys.Image(release.Id)] : null;
        var image = string.IsNullOrEmpty(overriding) ? release.DockerImage : overriding;
        return new(image, null) { IsNone = image is null };
    }
}
