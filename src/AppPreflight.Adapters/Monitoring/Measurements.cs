using AppPreflight.Checks;
using AppPreflight.Runs;

namespace AppPreflight.Monitoring;

/// <summary>What monitoring is told: the agent's state at one moment.</summary>
internal sealed record Measurements
{
    public required string Version { get; init; }

    /// <summary>When the agent started: the runs are counted from then on.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Whether the configuration in use is the one in the file.</summary>
    public bool IsConfigRead { get; init; } = true;

    /// <summary>Null before the engine was asked.</summary>
    public bool? IsEngineUp { get; init; }

    /// <summary>Null when no run is planned.</summary>
    public DateTimeOffset? NextRun { get; init; }

    /// <summary>The last report of each app.</summary>
    public IReadOnlyList<PreflightReport> Reports { get; init; } = [];

    /// <summary>What the agent read of stored layers by itself since the start.</summary>
    public long ScrubbedBytes { get; init; }

    /// <summary>How much of the stored bytes of each installed app was read through.</summary>
    public IReadOnlyList<AppProof> Proofs { get; init; } = [];

    /// <summary>Runs that ended since the start.</summary>
    public IReadOnlyDictionary<(RunVerb Verb, Verdict Verdict), long> Runs { get; init; } = new Dictionary<(RunVerb, Verdict), long>();
}
