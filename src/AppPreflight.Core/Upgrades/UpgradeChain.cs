using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

public enum ChainOutcome
{
    /// <summary>No further candidate.</summary>
    Complete,

    /// <summary>The last step leads to an installed version seen before; the real system would offer it for ever.</summary>
    Cycle,

    /// <summary>After the last step no version counts as installed.</summary>
    Lost,

    /// <summary>The app is known, but no version of it counts as installed.</summary>
    NotInstalled,

    /// <summary>No visible version at all.</summary>
    NotFound,

    /// <summary>The App Center itself would end in a traceback; <see cref="UpgradeChain.Reason"/> says where.</summary>
    Crash,

    /// <summary>The wanted target is not on the chain; <see cref="UpgradeChain.Reason"/> says why.</summary>
    TargetNotReachable,

    /// <summary>Answers of the registry are missing: see <see cref="UpgradeChain.Missing"/>.</summary>
    NeedsPermissions,
}

/// <summary>The mandatory steps from the installed version to the target, as the App Center computes them, one after the other.</summary>
public sealed record UpgradeChain
{
    public required string App { get; init; }

    public AppRelease? Installed { get; init; }

    public IReadOnlyList<UpgradeStep> Steps { get; init; } = [];

    public required ChainOutcome Outcome { get; init; }

    /// <summary>One sentence to an outcome other than Complete.</summary>
    public string? Reason { get; init; }

    /// <summary>What <c>univention-app upgrade APP</c> does first; its exit code 0 can hide a refusal. Null for an appliance described in YAML.</summary>
    public CommandLineAnswer? CommandLine { get; init; }

    /// <summary>All permission probes the App Center makes on the way, in the order of their first appearance.</summary>
    public IReadOnlyList<PermissionProbe> Probes { get; init; } = [];

    /// <summary>Of a gate that is asked for the installed version: what its containers ought to run on. Else null.</summary>
    public RunningApp? Running { get; init; }

    /// <summary>Permission probes (of paid apps) whose answers the resolver needs before it can go on.</summary>
    public IReadOnlyList<PermissionProbe> Missing { get; init; } = [];
}

/// <summary>The App Center's question whether a paid image may be fetched: GET of this manifest address with the licence's key.</summary>
/// <remarks>Source: appcenter-docker/docker.py, access().</remarks>
public sealed record PermissionProbe(string Url);

public enum StepMode
{
    /// <summary>New container from a new image.</summary>
    Image,

    /// <summary>Update script in the old container; nothing is pulled.</summary>
    App,

    /// <summary>From packages to a container.</summary>
    Docker,

    /// <summary>Packages to packages; no container.</summary>
    Packages,
}

/// <summary>One mandatory step.</summary>
public sealed record UpgradeStep
{
    public required AppRelease Release { get; init; }

    public required StepMode Mode { get; init; }

    /// <summary>Why the mode can't be decided (the real upgrade would break there); then <see cref="Mode"/> is Image.</summary>
    public string? ModeError { get; init; }

    /// <summary>Whether this step contacts the registry.</summary>
    public required bool Pulls { get; init; }

    public required WantedImages Images { get; init; }

    /// <summary>The release that counts as installed afterwards: this one, another one of the same version text, or none (lost).</summary>
    public AppRelease? NowFound { get; init; }

    /// <summary>The App Center's own hard checks that would refuse this step, as far as files on this host decide them.</summary>
    public IReadOnlyList<StepRefusal> Refusals { get; init; } = [];
}

/// <summary>One hard check that says no: the App Center's name of it, and a sentence for a person.</summary>
public sealed record StepRefusal(string Check, string Message);
