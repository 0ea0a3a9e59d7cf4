using System.Globalization;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class NightlyRuleTests
{
    private static readonly TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private static AgentConfig At(string time, int jitterMinutes = 0) =>
        new() { Nightly = TimeOnly.Parse(time, CultureInfo.InvariantCulture), Jitter = TimeSpan.FromMinutes(jitterMinutes) };

    private static DateTimeOffset Utc(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    [TestCase("02:00", "2026-01-10T00:30Z", "2026-01-10T01:00Z")]
    [TestCase("02:00", "2026-01-10T01:00Z", "2026-01-11T01:00Z")]
    [TestCase("02:00", "2026-07-10T23:59Z", "2026-07-11T00:00Z")]
    [TestCase("00:00", "2026-07-10T21:59Z", "2026-07-10T22:00Z")]
    [TestCase("23:59", "2026-12-31T23:30Z", "2027-01-01T22:59Z")]
    public void Takes_the_time_of_day_as_the_wall_shows_it(string time, string now, string next) =>
        Assert.That(NightlyRule.Next(At(time), berlin, 1, Utc(now), null)!.At, Is.EqualTo(Utc(next)));

    [Test]
    public void Runs_once_in_the_night_that_skips_the_hour()
    {
        // 29 March 2026: 02:00 becomes 03:00
        Assert.That(Nights("02:30", "2026-03-27T12:00Z", 3), Is.EqualTo(new[] { Utc("2026-03-28T01:30Z"), Utc("2026-03-29T01:30Z"), Utc("2026-03-30T00:30Z") }));
    }

    [Test]
    public void Runs_once_in_the_night_that_has_the_hour_twice()
    {
        // 25 October 2026: 03:00 becomes 02:00
        Assert.That(Nights("02:30", "2026-10-23T12:00Z", 3), Is.EqualTo(new[] { Utc("2026-10-24T00:30Z"), Utc("2026-10-25T00:30Z"), Utc("2026-10-26T01:30Z") }));
    }

    [TestCase("Australia/Lord_Howe")]
    [TestCase("Pacific/Apia")]
    [TestCase("America/St_Johns")]
    [TestCase("Pacific/Kiritimati")]
    public void Runs_every_day_of_the_year_once_wherever_it_is(string zone)
    {
        var there = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var (now, done, days) = (Utc("2026-01-01T00:00Z"), (DateOnly?)null, 0);
        while (now < Utc("2027-01-01T00:00Z"))
        {
            var next = NightlyRule.Next(At("02:15", 45), there, 7, now, done)!;
            Assert.That(next.At - now, Is.GreaterThan(TimeSpan.Zero).And.LessThan(TimeSpan.FromHours(49)));
            (now, done, days) = (next.At, next.Day, days + 1);
        }

        Assert.That(days, Is.InRange(365, 366));
    }

    [Test]
    public void Adds_minutes_that_differ_from_host_to_host_and_day_to_day_but_not_from_look_to_look()
    {
        var config = At("02:00", 60);
        var now = Utc("2026-06-01T12:00Z");
        var hosts = Enumerable.Range(0, 100).Select(seed => NightlyRule.Next(config, TimeZoneInfo.Utc, seed, now, null)!.At).ToList();
        Assert.That(hosts, Is.All.InRange(Utc("2026-06-02T02:00Z"), Utc("2026-06-02T03:00Z")));
        Assert.That(hosts.Distinct().Count(), Is.GreaterThan(80));
        Assert.That(Enumerable.Range(0, 30).Select(day => NightlyRule.Next(config, TimeZoneInfo.Utc, 5, now.AddDays(day), null)!.At.TimeOfDay).Distinct().Count(), Is.GreaterThan(20));
        Assert.That(NightlyRule.Next(config, TimeZoneInfo.Utc, 5, now.AddHours(3), null), Is.EqualTo(NightlyRule.Next(config, TimeZoneInfo.Utc, 5, now, null)));
    }

    [Test]
    public void Does_not_forget_a_look_that_jitter_has_put_behind_midnight()
    {
        var config = At("23:30", 720);
        var next = NightlyRule.Next(config, TimeZoneInfo.Utc, 3, Utc("2026-06-01T23:30Z"), null)!;
        Assert.That(NightlyRule.Next(config, TimeZoneInfo.Utc, 3, next.At.AddSeconds(-1), null), Is.EqualTo(next));
        Assert.That(next.Day, Is.EqualTo(new DateOnly(2026, 6, 1)));
    }

    [Test]
    public void Never_runs_when_it_is_off() =>
        Assert.That(NightlyRule.Next(new() { Nightly = null }, berlin, 1, Utc("2026-01-10T00:30Z"), null), Is.Null);

    private static List<DateTimeOffset> Nights(string time, string from, int count)
    {
        var (now, done, nights) = (Utc(from), (DateOnly?)null, new List<DateTimeOffset>());
        while (nights.Count < count)
        {
            var next = NightlyRule.Next(At(time), berlin, 1, now, done)!;
            nights.Add(next.At);
            (now, done) = (next.At, next.Day);
        }

        return nights;
    }
}
