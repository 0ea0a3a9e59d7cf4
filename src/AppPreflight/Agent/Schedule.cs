using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>
/// Keeps the nightly hour by looking at the wall clock every few seconds: no long timer, which a suspended host would oversleep
/// and a clock that is set would mislead.
/// </summary>
/// <param name="seed">Of this host, or of this start of the agent.</param>
internal sealed class Schedule(TimeProvider time, int seed)
{
    private static readonly TimeSpan Leap = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private AgentConfig? config;
    private NightlyLook? next;
    private DateOnly? done;
    private DateTimeOffset lastLook;

    /// <summary>When the nightly look begins next; null when it is off.</summary>
    public DateTimeOffset? NextRun
    {
        get
        {
            lock (gate) return next?.At;
        }
    }

    /// <summary>At the start, and whenever the configuration was read afresh.</summary>
    public void Use(AgentConfig wished)
    {
        lock (gate)
        {
            // who sets another hour waits for that one, whatever ran today
            if (wished.Nightly != config?.Nightly) done = null;
            config = wished;
            Plan(time.GetUtcNow());
        }
    }

    /// <summary>Whether the nightly look is due. True once for each, and once for all those that a suspended host has missed.</summary>
    public bool IsDue()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            var isDue = next is not null && next.At <= now;
            if (isDue) done = next!.Day;
            if (isDue || now < lastLook || now - lastLook > Leap) Plan(now);
            lastLook = now;
            return isDue;
        }
    }

    private void Plan(DateTimeOffset now)
    {
        if (config is null) return;
        // the host's zone may have been set since
        TimeZoneInfo.ClearCachedData();
        var zone = time.LocalTimeZone;
        // a day that has not come yet is over only by a clock that was wrong
        if (done > NightlyRule.DayOf(now, zone)) done = null;
        next = NightlyRule.Next(config, zone, seed, now, done);
    }
}
