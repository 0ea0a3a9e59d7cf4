using AppPreflight.Apps;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What the agent knows at this moment. Its JSON form: docs/formats.md, "The control socket".</summary>
internal sealed record AgentStatus
{
    public required string Version { get; init; }

    public required int ProcessId { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required EngineContact Engine { get; init; }

    /// <summary>Why the configuration file is not the one in use; null when it is.</summary>
    public string? ConfigFault { get; init; }

    /// <summary>The run in progress, this agent's or another process's.</summary>
    public RunHolder? Running { get; init; }

    /// <summary>Who waits, first come first.</summary>
    public IReadOnlyList<QueuedRun> Queue { get; init; } = [];

    /// <summary>When the agent looks next by itself; null when it never does.</summary>
    public DateTimeOffset? NextRun { get; init; }

    /// <summary>Null when the agent is an older one.</summary>
    public ScrubStatus? Scrub { get; init; }

    /// <summary>Null while the App Center's files could not be read.</summary>
    public IReadOnlyList<InstalledApp>? Installed { get; init; }

    /// <summary>The last report of each app, by app.</summary>
    public IReadOnlyList<PreflightReport> Reports { get; init; } = [];
}

/// <param name="Answers">Whether the engine answered when it was last asked; null before it was.</param>
/// <param name="Says">"Docker Engine 20.10.24", or the sentence that came instead of an answer.</param>
/// <param name="Since">Since when it is so.</param>
internal sealed record EngineContact(bool? Answers, string Says, DateTimeOffset Since);

/// <param name="Why">"asked by root", "nightly", "the App Center's cache changed" ...</param>
internal sealed record QueuedRun(RunVerb Verb, string App, string? Target, string Why);

/// <summary>What the agent reads of stored layers by itself.</summary>
internal sealed record ScrubStatus
{
    /// <summary>Null when the owner wants none.</summary>
    public ScrubBudget? Budget { get; init; }

    /// <summary>When it begins next; null for never.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>Since when it is reading right now; null when it is not.</summary>
    public DateTimeOffset? ReadingSince { get; init; }

    /// <summary>Why it could not read when it tried last; null when it could.</summary>
    public string? Fault { get; init; }

    /// <summary>Since the agent's start.</summary>
    public long ReadBytes { get; init; }

    /// <summary>By app; empty before it has looked.</summary>
    public IReadOnlyList<AppProof> Apps { get; init; } = [];
}
