using AppPreflight.Ports;

namespace AppPreflight.Agent;

/// <param name="Config">The agent's configuration is another one: read it again.</param>
internal sealed record StampNews(IReadOnlyList<Trigger> Triggers, bool Config);

/// <summary>From stamp to stamp: what has changed on this host, once it has settled.</summary>
/// <param name="first">How things are at the start; nothing to react to.</param>
internal sealed class StampRule(ApplianceStamp first)
{
    public static readonly TimeSpan LongestUnrest = TimeSpan.FromSeconds(120);

    private static readonly StampNews none = new([], Config: false);

    private readonly Settled caches = new(first.Caches, LongestUnrest);
    private readonly Settled appKeys = new(first.AppKeys, LongestUnrest);
    private readonly Settled config = new(first.Config, LongestUnrest);

    /// <param name="now">Of a clock that nobody can set.</param>
    public StampNews Look(ApplianceStamp stamp, TimeSpan now)
    {
        var hasNewConfig = config.Look(stamp.Config, now) is not null;
        var oldKeys = appKeys.Look(stamp.AppKeys, now);
        // every app is looked at anyway then
        if (caches.Look(stamp.Caches, now) is not null) return new([new("the App Center's cache or apps.d changed", null)], hasNewConfig);
        if (oldKeys is not null) return new(AppKeyChange.Between(oldKeys, stamp.AppKeys), hasNewConfig);
        return hasNewConfig ? none with { Config = true } : none;
    }
}
