namespace AppPreflight.Upgrades;

/// <summary>Why no installed version is to be seen, in one sentence.</summary>
internal static class AbsenceRule
{
    public static string NotFound(string app, HostState host, AppView all) =>
        all.Of(app).Any()
            ? $"no version of {app} in the App Center's caches supports UCS {host.Ucr["version/version"]}"
            : $"no catalogue on this host knows an app {app}";

    public static string NotInstalled(string app, HostState host, AppView all)
    {
        if (all.Find(app, host) is { } unseen && InstalledRule.IsInstalled(unseen, host))
            return $"{app} {unseen.Version} of the {unseen.Ucs} cache is installed, but it does not support UCS "
                + $"{host.Ucr["version/version"]}: the App Center does not see it and offers no upgrade";
        return RegisteredVersion(app, host) is { } version
            ? $"{app} {version} is registered as installed, but {Absence(app, version, all)}: the App Center offers no upgrade"
            : $"{app} is not installed on this host";
    }

    private static string? RegisteredVersion(string app, HostState host) =>
        host.Versions.GetValueOrDefault(app)
        ?? (host.Ucr[AppKeys.Status(app)] is "installed" or "stalled" ? host.Ucr[AppKeys.Version(app)] : null);

    private static string Absence(string app, string version, AppView all) =>
        all.Of(app).FirstOrDefault(release => release.Version.Text == version) is { } same
            ? $"the {same.Ucs} cache's release of it does not count as installed (UCS version, component or packages differ)"
            : "its catalogue does not list this version (any more)";
}
