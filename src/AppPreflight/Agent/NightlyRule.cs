using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>One look of the nightly kind: the day it belongs to, and when it begins.</summary>
internal sealed record NightlyLook(DateOnly Day, DateTimeOffset At);

/// <summary>When the nightly look begins: a time of day on the wall, and some minutes more that differ from host to host and day to day.</summary>
internal static class NightlyRule
{
    /// <param name="seed">Of this host, or of this start of the agent.</param>
    /// <param name="done">The day whose look is over; it and those before it are not repeated.</param>
    /// <returns>The first look after <paramref name="now"/>; null for never.</returns>
    public static NightlyLook? Next(AgentConfig config, TimeZoneInfo zone, int seed, DateTimeOffset now, DateOnly? done)
    {
        if (config.Nightly is not { } time) return null;
        // yesterday's may begin today: a late hour and much jitter
        var yesterday = DayOf(now, zone).AddDays(-1);
        for (var day = yesterday; day <= yesterday.AddDays(3); day = day.AddDays(1))
        {
            var at = Instant(day.ToDateTime(time), zone) + Jitter(config.Jitter, seed, day);
            if (at > now && !(day <= done)) return new(day, at);
        }

        return null;
    }

    public static DateOnly DayOf(DateTimeOffset now, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);

    /// <summary>
    /// A time that the clock skips (summer time begins) is taken as if it had not been changed yet; of one that comes twice (it ends),
    /// the first counts.
    /// </summary>
    private static DateTimeOffset Instant(DateTime wall, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(wall) ? zone.GetAmbiguousTimeOffsets(wall).Max()
            : zone.IsInvalidTime(wall) ? zone.GetUtcOffset(wall.AddDays(-1))
            : zone.GetUtcOffset(wall);
        return new(wall, offset);
    }

    private static TimeSpan Jitter(TimeSpan most, int seed, DateOnly day) =>
        TimeSpan.FromSeconds(Math.Floor(most.TotalSeconds * new Random(unchecked((seed * 397) ^ day.DayNumber)).NextDouble()));
}
