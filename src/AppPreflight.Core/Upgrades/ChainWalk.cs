using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>One simulated passage from the installed release to the last candidate (or to a target).</summary>
internal sealed class ChainWalk
{
    private readonly string app;
    private readonly List<PermissionProbe> asked = [];
    private readonly List<UpgradeStep> steps = [];
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly CandidateRule candidates;

    public ChainWalk(AppCatalog catalog, HostState host, string app, IReadOnlyDictionary<string, PermissionAnswer> permissions)
    {
        this.app = app;
        All = AppView.OfAll(catalog);
        Supported = AppView.OfSupported(catalog, host.Ucr);
        candidates = new(Supported, permissions, asked);
    }

    public AppView All { get; }

    public AppView Supported { get; }

    public UpgradeChain Go(HostState host, AppVersion? target)
    {
        var commandLine = All.Of(app).Any(release => release.IsDescribed) ? null
            : CommandLineRule.Answer(app, host, All, Supported, candidates);
        var installed = Supported.Find(app, host);
        var chain = installed is null ? End(ChainOutcome.NotFound, AbsenceRule.NotFound(app, host, All))
            : !InstalledRule.IsInstalled(installed, host) ? End(ChainOutcome.NotInstalled, AbsenceRule.NotInstalled(app, host, All))
            : Climb(installed, host, target) with { Installed = installed };
        return chain with { CommandLine = commandLine, Probes = asked };
    }

    private UpgradeChain Climb(AppRelease installed, HostState host, AppVersion? target)
    {
        seen.Add(Identity(installed));
        while (true)
        {
            var candidate = candidates.Next(installed, host);
            if (candidate.Crash is { } crash)
                return End(ChainOutcome.Crash, $"the App Center's search for an upgrade ends in a traceback: {crash}");
            if (candidate.Missing is { } probe)
                return End(ChainOutcome.NeedsPermissions, $"the registry has to be asked for {probe.Url}") with { Missing = [probe] };
            if (candidate.Release is not { } release)
                return End(ChainOutcome.Complete, null);

            var step = Step(installed, release, host, candidate.Permitted);
            host = StateRule.After(host, step, All.Of(app));
            var found = Installed(host);
            steps.Add(step with { NowFound = found });
            if (found is null)
                return End(ChainOutcome.Lost, $"after the step to {release.Version} no version of {app} counts as installed");
            if (release.Version.Text == target?.Text)
                return End(ChainOutcome.Complete, null);
            if (!seen.Add(Identity(found)))
                return End(ChainOutcome.Cycle, Circle(release, found));
            installed = found;
        }
    }

    private UpgradeStep Step(AppRelease installed, AppRelease release, HostState host, bool permitted)
    {
        var way = StepWay.From(installed, release, host);
        return new()
        {
            Release = release,
            Mode = way.Mode,
            ModeError = way.Error,
            Pulls = way.Pulls,
            Images = StepImages.Of(release, host),
            Refusals = [.. HardChecks.Refusals(new(installed, release, host, Supported) { Permitted = permitted })],
        };
    }

    private AppRelease? Installed(HostState host) =>
        Supported.Find(app, host) is { } found && InstalledRule.IsInstalled(found, host) ? found : null;

    private UpgradeChain End(ChainOutcome outcome, string? reason) =>
        new() { App = app, Outcome = outcome, Reason = reason, Steps = [.. steps] };

    private static string Circle(AppRelease release, AppRelease found) =>
        $"after the step to {release.Version} ({release.ComponentId}) the version {found.Version} ({found.ComponentId}) counts as installed again: "
        + "the App Center would offer the same upgrade for ever";

    private static string Identity(AppRelease release) => $"{release.Ucs}/{release.ComponentId}={release.Version.Text}";
}
