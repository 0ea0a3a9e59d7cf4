using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ScheduleTests
{
    private static readonly DateTimeOffset noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly AgentConfig atTwo = new() { Nightly = new(2, 0), Jitter = TimeSpan.Zero };

    private readonly ManualTime time = new(noon);
    private readonly Schedule schedule;

    public ScheduleTests()
    {
        schedule = new(time, seed: 4);
        schedule.Use(atTwo);
    }

    private int Due(TimeSpan span)
    {
        var count = 0;
        for (var end = time.GetUtcNow() + span; time.GetUtcNow() < end; time.GoOn(Heartbeat.Period)) count += schedule.IsDue() ? 1 : 0;
        return count;
    }

    [Test]
    public void Is_due_once_a_night()
    {
        Assert.That(schedule.NextRun, Is.EqualTo(noon.AddHours(14)));
        Assert.That(Due(TimeSpan.FromDays(3)), Is.EqualTo(3));
        Assert.That(schedule.NextRun, Is.EqualTo(noon.AddHours(14 + 72)));
    }

    [Test]
    public void Is_due_once_after_a_week_of_sleep()
    {
        Due(TimeSpan.FromMinutes(1));
        time.SetWall(noon.AddDays(7));
        Assert.That(Due(TimeSpan.FromHours(1)), Is.EqualTo(1));
        Assert.That(schedule.NextRun, Is.EqualTo(noon.AddDays(7).AddHours(14)));
    }

    [Test]
    public void Does_not_wait_for_years_when_the_clock_was_set_back()
    {
        time.SetWall(noon.AddYears(3));
        Due(TimeSpan.FromDays(1));
        time.SetWall(noon);
        Due(TimeSpan.FromSeconds(5));
        Assert.That(schedule.NextRun, Is.EqualTo(noon.AddHours(14)));
        Assert.That(Due(TimeSpan.FromDays(1)), Is.EqualTo(1));
    }

    [Test]
    public void Is_not_due_again_when_the_clock_is_set_back_over_the_hour()
    {
        Assert.That(Due(TimeSpan.FromHours(14.5)), Is.EqualTo(1));
        time.SetWall(noon.AddHours(13.9));
        Assert.That(Due(TimeSpan.FromHours(3)), Is.Zero);
    }

    [Test]
    public void Follows_a_new_configuration()
    {
        schedule.Use(atTwo with { Nightly = new(15, 30) });
        Assert.That(schedule.NextRun, Is.EqualTo(noon.AddHours(3.5)));
        Assert.That(Due(TimeSpan.FromHours(4)), Is.EqualTo(1));
        schedule.Use(atTwo with { Nightly = new(17, 0) });
        Assert.That(schedule.NextRun, Is.EqualTo(noon.AddHours(5)), "another hour of the same day");
        schedule.Use(atTwo with { Nightly = null });
        Assert.That(schedule.NextRun, Is.Null);
        Assert.That(Due(TimeSpan.FromDays(2)), Is.Zero);
    }
}
