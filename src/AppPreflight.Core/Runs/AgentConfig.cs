using System.Collections.Immutable;

namespace AppPreflight.Runs;

/// <summary>What the agent does by itself about what it finds.</summary>
public enum AutoMode
{
    /// <summary>Look; where something does not match, repair.</summary>
    Heal,

    /// <summary>Look and report.</summary>
    Check,

    /// <summary>Nothing: only what somebody asks for.</summary>
    Off,
}

/// <summary>What the owner of this appliance wishes of the agent: <c>/etc/app-preflight/config.yaml</c>, app-preflight.yaml(5).</summary>
public sealed record AgentConfig
{
    public AutoMode Auto { get; init; } = AutoMode.Heal;

    /// <summary>Of single apps, by id.</summary>
    public ImmutableDictionary<string, AutoMode> Apps { get; init; } = [];

    /// <summary>Local time of the nightly look at every app; null for none.</summary>
    public TimeOnly? Nightly { get; init; } = new TimeOnly(2, 0);

    /// <summary>The nightly look begins up to this much later, so that not all appliances ask the registry at once.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The node exporter's folder for text files, written to when it is there; null for never.</summary>
    public string? MetricsFolder { get; init; } = "/var/lib/prometheus/node-exporter";

    /// <summary>What reading stored layers may take of a night; null for no such reading.</summary>
    public ScrubBudget? Scrub { get; init; } = new(20_000_000, TimeSpan.FromMinutes(30));

    public AutoMode Of(string app) => Apps.GetValueOrDefault(app, Auto);
}

/// <summary>How fast stored layers are read in the background, and for how long in one night.</summary>
public sealed record ScrubBudget(long BytesPerSecond, TimeSpan Length);
