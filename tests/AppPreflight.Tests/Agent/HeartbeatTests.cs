using System.Threading.Channels;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Agent;

[CancelAfter(10_000)]
internal sealed class HeartbeatTests
{
    private static readonly DateTimeOffset night = new(2026, 11, 21, 1, 59, 45, TimeSpan.Zero);

    [Test]
    public async Task Tells_of_changes_and_of_the_hour_until_it_is_cancelled(CancellationToken cancellationToken)
    {
        var time = new ManualTime(night);
        var schedule = new Schedule(time, 1);
        schedule.Use(new() { Jitter = TimeSpan.Zero });
        var appliance = new Appliance();
        var told = Channel.CreateUnbounded<string>();
        using var stop = new CancellationTokenSource();
        var run = new Heartbeat(appliance, schedule, time)
        {
            Tell = trigger => told.Writer.TryWrite(trigger.Why),
            ConfigChanged = () => told.Writer.TryWrite("config"),
        }.RunAsync(stop.Token);

        appliance.Stamp = new("other", "", "other");
        await BeatAsync();
        await BeatAsync();
        Assert.That(await told.Reader.ReadAsync(cancellationToken), Is.EqualTo("config"));
        Assert.That(await told.Reader.ReadAsync(cancellationToken), Does.StartWith("the App Center's cache"));
        // not before both have come: a beat looks at the clock after the next one may have moved it
        await BeatAsync();
        Assert.That(await told.Reader.ReadAsync(cancellationToken), Is.EqualTo("nightly"));
        await stop.CancelAsync();
        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());

        async Task BeatAsync()
        {
            var taken = appliance.NextLook();
            time.GoOn(Heartbeat.Period);
            await taken.WaitAsync(cancellationToken);
        }
    }

    private sealed class Appliance : IApplianceWatch
    {
        private TaskCompletionSource look = new();

        public ApplianceStamp Stamp { get; set; } = new("", "", "");

        public Task NextLook() => (look = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public ApplianceStamp Take()
        {
            look.TrySetResult();
            return Stamp;
        }
    }
}
