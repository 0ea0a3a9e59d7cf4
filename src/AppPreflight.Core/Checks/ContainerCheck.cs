using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Upgrades;

namespace AppPreflight.Checks;

/// <summary>Whether the containers of an installed app run on the images that its version names now.</summary>
/// <remarks>
/// An upgrade registers the new version before it makes the new container, so the registry alone proves nothing
/// (appcenter-docker/actions/docker_upgrade.py, _install_new_app). Stopped containers count as well: the image is the question here.
/// </remarks>
public static class ContainerCheck
{
    /// <summary>The images of the app that can't be told, so that its containers can't be judged.</summary>
    public static IEnumerable<Finding> Look(RunningApp app, ImageRoster roster)
    {
        var reasons = app.Images.Undecided.Concat(roster.Unusable.Select(name => name.Message));
        if (app.Images.Pulled is null)
            reasons = reasons.Prepend(app.Images.Reason ?? $"The images of {app.App} {app.Version} can't be told ({app.Images.Error})");
        return reasons.Select(reason => new Finding(
            app.IsProject ? FindingCode.ComposeUnreadable : FindingCode.CatalogUnreadable, Verdict.Unknown, $"{app.App}={app.Version}", Source.AppCenter, reason));
    }

    public static IEnumerable<Finding> Look(RunningApp app, ImageRoster roster, EngineState engine)
    {
        var containers = engine.Images.SelectMany(image => image.InUseBy.Select(use => new Standing(use, image))).Where(standing => IsOf(app, standing.Container)).ToList();
        if (roster.Images.Count > 0 && containers.Count == 0)
            return [Absent(app, app.App, $"No container of {app.App} is there")];
        var parts = app is { IsProject: true, Images.Services: { } services }
            ? services.SelectMany(service => OfService(app, service, roster, containers, engine))
            : OfAny(app, roster.Images, containers, engine);
        return [.. parts];
    }

    private static IEnumerable<Finding> OfService(RunningApp app, ServiceImage service, ImageRoster roster, List<Standing> containers, EngineState engine)
    {
        // what the tool does not fetch (other profile) it does not start; a name that only its environment completes may be any of them
        var own = roster.Images.Where(image => ImageReference.TryParse(service.Image ?? "") == image.Reference).ToList();
        var isOpen = service.Image?.Contains('$', StringComparison.Ordinal) == true;
        if (own.Count == 0 && !isOpen)
            return [];
        var here = containers.Where(standing => standing.Container.Service == service.Service).ToList();
        return here.Count == 0
            ? [Absent(app, isOpen ? app.App : $"{own[0].Reference}", $"The service {service.Service} of {app.App} has no container")]
            : OfAny(app, isOpen ? roster.Images : own, here, engine);
    }

    private static IEnumerable<Finding> OfAny(RunningApp app, IReadOnlyList<ImageRequirement> wanted, List<Standing> containers, EngineState engine)
    {
        // an image that is not there is a finding of its own, and no container can be told from it
        var ids = wanted.Select(image => engine.Find(image.Reference)?.Id).ToList();
        if (ids.Contains(null))
            yield break;
        foreach (var (container, image) in containers.Where(standing => !ids.Contains(standing.Image.Id)))
        {
            yield return new(FindingCode.ContainerOnOtherImage, Verdict.Fail, wanted is [var one] ? $"{one.Reference}" : app.App, Source.Engine,
                $"The container {container} was made from {Name(image)}, which is not the image that {app.App} {app.Version} names now")
            {
                Expected = ids is [{ } id] ? $"{id}" : null,
                Observed = $"{image.Id}",
                Remedy = $"univention-app reinitialize {app.App} makes its containers anew; look first why the upgrade did not (/var/log/univention/appcenter.log)",
            };
        }
    }

    private static Finding Absent(RunningApp app, string subject, string message) =>
        new(FindingCode.ContainerAbsent, Verdict.Warn, subject, Source.Engine, message)
        { Remedy = $"docker ps -a; if it ought to run: univention-app start {app.App}" };

    private static bool IsOf(RunningApp app, ContainerUse use) => app.IsProject
        ? use.Project == ProjectOf(app.App)
        : app.Container is { } named && IsNamed(use, named);

    /// <summary>Whether the App Center's registry means this container.</summary>
    internal static bool IsNamed(ContainerUse use, string named) =>
        use.Id == named || use.Name == named || named.Length >= 12 && use.Id.StartsWith(named, StringComparison.Ordinal);

    // docker-compose 1.29 makes the name it is given lower case and drops all but these (compose/cli/command.py, normalize_name)
    internal static string ProjectOf(string app) =>
        new([.. app.ToLowerInvariant().Where(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_')]);

    private static string Name(StoredImage image) => image.Tags.Count > 0 ? image.Tags[0] : image.Id.Short;

    private sealed record Standing(ContainerUse Container, StoredImage Image);
}
