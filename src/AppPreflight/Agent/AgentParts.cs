using AppPreflight.Apps;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>What the agent needs of the rest of the program; Composition fills it.</summary>
internal sealed record AgentParts
{
    public required string Version { get; init; }

    /// <summary>One run. The agent holds the lock for it.</summary>
    public required Func<RunRequest, IProgress<RunEvent>, CancellationToken, Task<PreflightReport>> RunAsync { get; init; }

    /// <summary>Throws <see cref="SourceException"/>.</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<InstalledApp>>> InstalledAppsAsync { get; init; }

    /// <summary>What goes on in the engine, across its restarts, until cancelled.</summary>
    public required Func<CancellationToken, IAsyncEnumerable<EngineEvent>> EngineEvents { get; init; }

    /// <summary>The engine's version. Throws <see cref="SourceException"/>.</summary>
    public required Func<CancellationToken, Task<string>> AskEngineAsync { get; init; }

    public required IApplianceWatch Appliance { get; init; }

    /// <summary>Reads the configuration file. Throws <see cref="SourceException"/>.</summary>
    public required Func<AgentConfig> ReadConfig { get; init; }

    public required AgentAddress Address { get; init; }

    /// <summary>Of this start: spreads the nightly looks of many hosts.</summary>
    public int Seed { get; init; } = Random.Shared.Next();

    public required IJournal Journal { get; init; }

    /// <summary>Null for an agent that reads no stored layers by itself.</summary>
    public LayerScrub? Scrub { get; init; }

    public required TimeProvider Time { get; init; }

    public int ProcessId { get; init; } = Environment.ProcessId;
}
