using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>What the search for the next release found: a release, nothing, a question for the registry, or a traceback.</summary>
internal sealed record Candidate(AppRelease? Release, bool Permitted = true)
{
    public PermissionProbe? Missing { get; init; }

    public string? Crash { get; init; }
}

/// <summary>Which release the App Center offers next.</summary>
/// <remarks>
/// The list is searched backwards, so caches that stand later in it (older UCS versions) are tried first: a newer release
/// of the old cache wins over a still newer one of the new cache. Source: appcenter/app_cache.py, find_candidate().
/// </remarks>
internal sealed class CandidateRule(
    AppView view, IReadOnlyDictionary<string, PermissionAnswer> answers, ICollection<PermissionProbe> asked)
{
    public Candidate Next(AppRelease installed, HostState host)
    {
        AppRelease? notPermitted = null;
        foreach (var release in view.Of(installed.Id).Reverse().Where(release => IsOffered(release, installed, host)))
        {
            var permission = PermissionRule.Of(release, host, answers, asked);
            if (permission.Granted is not { } granted)
                return new(null) { Missing = permission.Missing, Crash = permission.Crash };
            if (granted)
                return new(release);
            notPermitted ??= release;
        }

        return new(notPermitted, Permitted: false);
    }

    private static bool IsOffered(AppRelease release, AppRelease installed, HostState host) =>
        !IsHiddenByPrudence(release, installed, host)
        && ReleaseOrder.Instance.Compare(release, installed) > 0
        && (release.RequiredAppVersionUpgrade is not { } gate || gate <= installed.Version);

    // Package users are not led into a container unless somebody vouches for the migration of their data.
    private static bool IsHiddenByPrudence(AppRelease release, AppRelease installed, HostState host) =>
        release.IsDocker && !installed.IsDocker
        && host.Ucr.IsTrue(AppKeys.Prudence(installed.Id))
        && release.DockerMigrationWorks != true && string.IsNullOrEmpty(release.DockerMigrationLink);
}
