using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The App Center's own hard checks of an upgrade, as far as files on this host decide them; all that refuse, in its order.</summary>
/// <remarks>
/// Left out: kernel, architecture and memory (the machine's), a running package operation (the moment's) and
/// RequiredAppsInDomain of an app that is not installed here (LDAP's). Source: appcenter/install_checks.py.
/// </remarks>
internal static class HardChecks
{
    public static IEnumerable<StepRefusal> Refusals(StepCheck step) =>
        step.Release.IsDescribed ? [] : All(step).OfType<StepRefusal>();

    private static IEnumerable<StepRefusal?> All(StepCheck step) =>
    [
        ServerRole(step),
        AppVersion(step),
        CandidateIsNewer(step),
        UcsVersionCheck.Refusal(step.Release, step.Host.Ucr),
        InstallPermissions(step),
        NeighbourChecks.Conflicts(step),
        NeighbourChecks.Packages(step),
        NeighbourChecks.Dependencies(step),
        License(step),
        DockerSwitch(step),
        DockerInDocker(step),
        Vote(step),
        Pin(step),
        Prudence(step),
    ];

    private static StepRefusal? ServerRole(StepCheck step)
    {
        var role = step.Host.Ucr["server/role"] ?? "(unknown)";
        return NeighbourChecks.IsAllowedHere(step.Release, step.Host) ? null
            : new("must_have_correct_server_role",
                $"{Named(step)} is not for this server's role {role}; it needs one of {string.Join(", ", step.Release.ServerRole)}");
    }

    private static StepRefusal? AppVersion(StepCheck step) =>
        step.Release.RequiredAppVersionUpgrade is { } required && required > step.Old.Version
            ? new("must_have_fitting_app_version", $"{Named(step)} needs at least version {required} to be installed first")
            : null;

    private static StepRefusal? CandidateIsNewer(StepCheck step) =>
        InstalledRule.IsInstalled(step.Old, step.Host) && ReleaseOrder.Instance.Compare(step.Old, step.Release) < 0 ? null
            : new("must_have_candidate", $"{step.Release.Id} is not installed, or nothing newer than it is available");

    private static StepRefusal? InstallPermissions(StepCheck step) =>
        step.Permitted ? null
            : new("must_have_install_permissions", $"{Named(step)} has to be bought, or its registry did not answer the permission probe");

    private static StepRefusal? License(StepCheck step) =>
        step.Release.NotifyVendor && step.Host.Ucr["uuid/license"] is null
            ? new("must_have_valid_license", "the UCS licence has no key identification (uuid/license is not set)")
            : null;

    private static StepRefusal? DockerSwitch(StepCheck step) =>
        step.Release.IsDocker && !step.Host.Ucr.IsTrue("appcenter/docker", whenUnset: true)
            ? new("must_not_be_docker_if_docker_is_disabled", "Docker apps are switched off (appcenter/docker)")
            : null;

    private static StepRefusal? DockerInDocker(StepCheck step) =>
        step.Release.IsDocker && step.Host.InContainer
            ? new("must_not_be_docker_in_docker", "this system itself runs in a container (docker/container/uuid is set)")
            : null;

    private static StepRefusal? Vote(StepCheck step) =>
        step.Release.VoteForApp == true
            ? new("must_not_be_vote_for_app", $"{Named(step)} can only be voted for, not installed")
            : null;

    private static StepRefusal? Pin(StepCheck step) =>
        step.Host.Ucr.IsTrue(AppKeys.Pinned(step.Release.Id))
            ? new("must_not_be_pinned",
                $"{step.Release.Id} is pinned; `univention-app pin {step.Release.Id} --revert` allows upgrades again")
            : null;

    // A migration link lets the release be offered, but only a promise that the migration works lets it pass.
    private static StepRefusal? Prudence(StepCheck step) =>
        step.Release.IsDocker && step.Release.DockerMigrationWorks != true && IsPrudent(step)
            ? new("shall_not_be_docker_if_discouraged",
                $"{Named(step)} is not approved to take over the data of the package version{Guide(step.Release)}")
            : null;

    private static bool IsPrudent(StepCheck step) =>
        step.Host.Ucr.IsTrue(AppKeys.Prudence(step.Release.Id))
        || (step.Release.IsPlugin && step.Host.Ucr.IsTrue(AppKeys.Prudence(step.Release.PluginOf!)));

    private static string Guide(AppRelease release) =>
        string.IsNullOrEmpty(release.DockerMigrationLink) ? "" : $"; see {release.DockerMigrationLink}";

    private static string Named(StepCheck step) => $"{step.Release.Id} {step.Release.Version}";
}
