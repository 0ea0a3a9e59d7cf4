using AppPreflight.Agent;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

internal sealed class TransferRateTests
{
    [Test]
    public void Counts_the_time_in_which_anything_is_going_on_once()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        var rate = new TransferRate(time);
        using (rate.Begin())
        {
            time.GoOn(TimeSpan.FromSeconds(1));
            using (rate.Begin()) time.GoOn(TimeSpan.FromSeconds(1));
        }

        time.GoOn(TimeSpan.FromHours(1));
        rate.Add(10_000_000);
        Assert.That(rate.BytesPerSecond, Is.EqualTo(5_000_000));
    }

    [Test]
    public void Says_nothing_of_a_few_bytes()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        var rate = new TransferRate(time);
        using (rate.Begin()) time.GoOn(TimeSpan.FromSeconds(1));
        rate.Add(1000);
        Assert.That(rate.BytesPerSecond, Is.Null);
    }
}
