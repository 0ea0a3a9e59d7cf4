using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class OwnRunsTests
{
    private readonly ManualTime time = new(new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));

    [Test]
    public void Owns_an_app_until_its_last_run_has_ended_and_a_moment_longer()
    {
        var own = new OwnRuns(time);
        var (first, second) = (own.Begin("a"), own.Begin("a"));
        first.Dispose();
        first.Dispose();
        time.GoOn(TimeSpan.FromHours(1));
        Assert.That((own.IsOwn("a"), own.IsOwn("b")), Is.EqualTo((true, false)));
        second.Dispose();
        time.GoOn(OwnRuns.Echo);
        Assert.That(own.IsOwn("a"), Is.True);
        time.GoOn(TimeSpan.FromTicks(1));
        Assert.That(own.IsOwn("a"), Is.False);
    }

    [Test]
    public void Heeds_no_wall_clock()
    {
        var own = new OwnRuns(time);
        own.Begin("a").Dispose();
        time.SetWall(time.GetUtcNow().AddYears(1));
        Assert.That(own.IsOwn("a"), Is.True);
    }
}
