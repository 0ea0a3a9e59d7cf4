using AppPreflight.Apps;
using AppPreflight.Oci;
using AppPreflight.Upgrades;

namespace AppPreflight.Images;

/// <summary>The images that an installed app stands on, and those that its next steps want: what is worth proving before anybody asks.</summary>
public sealed record AppImages(string App, IReadOnlyList<ImageReference> References)
{
    /// <summary>Of every installed app with containers. Asks nobody: of a paid app the steps are those it has with a licence.</summary>
    public static IReadOnlyList<AppImages> Of(AppCatalog catalog, Appliance appliance) =>
        [.. InstalledApps.Of(catalog, appliance).Select(app => Of(catalog, appliance, app.Id))];

    private static AppImages Of(AppCatalog catalog, Appliance appliance, string app)
    {
        var chain = Resolve(catalog, appliance, app);
        var running = chain.Installed is { } release ? ImageRoster.Of(RunningApp.Of(release, HostState.Of(appliance))).Images : [];
        return new(app, [.. running.Concat(ImageRoster.Of(chain).Images).Select(image => image.Reference).Distinct()]);
    }

    private static UpgradeChain Resolve(AppCatalog catalog, Appliance appliance, string app)
    {
        var answers = new Dictionary<string, PermissionAnswer>(StringComparer.Ordinal);
        while (true)
        {
            var chain = ChainResolver.Resolve(catalog, appliance, app, target: null, answers);
            if (chain.Outcome != ChainOutcome.NeedsPermissions || chain.Missing.All(probe => answers.ContainsKey(probe.Url))) return chain;
            foreach (var probe in chain.Missing) answers[probe.Url] = PermissionAnswer.Granted;
        }
    }
}
