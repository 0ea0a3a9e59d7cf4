using System.Globalization;
using System.Text.RegularExpressions;
using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The hard checks that look at other apps and packages of this host.</summary>
/// <remarks>Source: appcenter/install_checks.py, MustHaveNoConflicts* and MustHaveNoUnmetDependencies; appcenter/utils.py, app_ports().</remarks>
internal static partial class NeighbourChecks
{
    public static bool IsAllowedHere(AppRelease release, HostState host) =>
        release.ServerRole.Count == 0 || release.ServerRole.Contains(host.Ucr["server/role"], StringComparer.Ordinal);

    public static StepRefusal? Conflicts(StepCheck step)
    {
        var apps = ConflictedApps(step).Concat(PortHolders(step)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return apps.Count == 0 ? null
            : new("must_have_no_conflicts_apps", $"{step.Release.Id} {step.Release.Version} conflicts with {string.Join(", ", apps)}");
    }

    public static StepRefusal? Packages(StepCheck step)
    {
        var packages = step.Release.ConflictedSystemPackages.Where(step.Host.Packages.Contains).ToList();
        return packages.Count == 0 ? null
            : new("must_have_no_conflicts_packages",
                $"{step.Release.Id} {step.Release.Version} conflicts with the installed packages {string.Join(", ", packages)}");
    }

    // A required app that no cache knows is no obstacle: the App Center asks only for apps it can see.
    public static StepRefusal? Dependencies(StepCheck step)
    {
        var apps = step.Release.RequiredApps.Count == 0 ? [] : step.View.OneOfEach(step.Host)
            .Where(app => step.Release.RequiredApps.Contains(app.Id, StringComparer.Ordinal) && !InstalledRule.IsInstalled(app, step.Host))
            .Select(app => app.Id).ToList();
        return apps.Count == 0 ? null
            : new("must_have_no_unmet_dependencies", $"{step.Release.Id} {step.Release.Version} needs {string.Join(", ", apps)} to be installed");
    }

    // The conflict may be declared on either side.
    private static IEnumerable<string> ConflictedApps(StepCheck step) =>
        step.View.OneOfEach(step.Host)
            .Where(app => step.Release.ConflictedApps.Contains(app.Id, StringComparer.Ordinal)
                || app.ConflictedApps.Contains(step.Release.Id, StringComparer.Ordinal))
            .Where(app => IsAllowedHere(app, step.Host) && InstalledRule.IsInstalled(app, step.Host))
            .Select(app => app.Id);

    private static IEnumerable<string> PortHolders(StepCheck step)
    {
        var wanted = step.Release.PortsExclusive.Concat(Redirected(step.Release)).ToHashSet(StringComparer.Ordinal);
        if (wanted.Count == 0)
            yield break;
        foreach (var (key, value) in step.Host.Ucr.Values)
        {
            if (int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
                && wanted.Contains(number.ToString(CultureInfo.InvariantCulture))
                && PortKey.Match(key) is { Success: true } port && port.Groups["app"].Value != step.Release.Id)
                yield return port.Groups["app"].Value;
        }
    }

    private static IEnumerable<string> Redirected(AppRelease release) =>
        release.IsDocker ? release.PortsRedirection.Select(pair => pair.Split(':', 2)[0]) : [];

    [GeneratedRegex(@"^appcenter/apps/(?<app>.*)/ports/\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PortKey { get; }
}
