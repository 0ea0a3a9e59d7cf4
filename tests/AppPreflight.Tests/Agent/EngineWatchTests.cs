using System.Threading.Channels;
using AppPreflight.Images;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(10_000)]
internal sealed class EngineWatchTests
{
    private static readonly EngineEvent connected = new("engine", "connected", "", "", default);

    // what is written is read before the write returns: no waiting in these tests
    private readonly Channel<EngineEvent> events = Channel.CreateUnbounded<EngineEvent>(new() { AllowSynchronousContinuations = true, SingleReader = true });
    private readonly ManualTime time = new(new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
    private readonly List<Trigger> told = [];
    private readonly OwnRuns own;
    private readonly EngineWatch watch;

    public EngineWatchTests()
    {
        own = new(time);
        watch = new(own, time, told.Add) { Images = new([Report("a", "ex.test/a:1"), Report("b", "ex.test/b:1")]) };
    }

    private static PreflightReport Report(string app, string image) => new()
    {
        Run = "r",
        App = app,
        Depth = Depth.Claims,
        Verdict = default,
        Started = default,
        Finished = default,
        Images = [new(image, [], null, null)],
    };

    private void Pull(string app) => events.Writer.TryWrite(new("image", "pull", $"ex.test/{app}:1", $"ex.test/{app}", default));

    private void GoOn(double seconds) => time.GoOn(TimeSpan.FromSeconds(seconds));

    // NUnit's own context would have each event wait until the test itself waits
    private Task Start(CancellationToken cancellationToken)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        return watch.RunAsync(events.Reader.ReadAllAsync(CancellationToken.None), cancellationToken);
    }

    private static async Task EndAsync(Task run, ChannelWriter<EngineEvent> writer)
    {
        writer.Complete();
        await run;
    }

    [Test]
    public async Task Tells_of_a_pull_when_it_has_become_quiet(CancellationToken cancellationToken)
    {
        var run = Start(cancellationToken);
        Pull("a");
        GoOn(2.9);
        Assert.That(told, Is.Empty);
        GoOn(0.1);
        Assert.That(told, Is.EqualTo(new[] { new Trigger("ex.test/a:1 was pulled", "a") }));
        await EndAsync(run, events.Writer);
    }

    [Test]
    public async Task Folds_what_happens_to_one_app(CancellationToken cancellationToken)
    {
        var run = Start(cancellationToken);
        for (var i = 0; i < 5; i++)
        {
            Pull("a");
            events.Writer.TryWrite(new("image", "tag", "x", "ex.test/a:1", default));
            Pull("b");
            GoOn(2);
        }

        GoOn(3);
        Assert.That(told, Is.EquivalentTo(new[] { new Trigger("images changed in the engine", "a"), new Trigger("ex.test/b:1 was pulled", "b") }));
        await EndAsync(run, events.Writer);
    }

    [Test]
    public async Task Tells_of_what_never_becomes_quiet_after_half_a_minute(CancellationToken cancellationToken)
    {
        var run = Start(cancellationToken);
        for (var i = 0; i < 61; i++)
        {
            Pull("a");
            GoOn(1);
        }

        Assert.That(told, Has.Count.EqualTo(2));
        await EndAsync(run, events.Writer);
    }

    [Test]
    public async Task Passes_over_its_own_runs_and_their_echo_but_not_over_other_apps(CancellationToken cancellationToken)
    {
        var run = Start(cancellationToken);
        using (own.Begin("a"))
        {
            Pull("a");
            Pull("b");
        }

        GoOn(1);
        Pull("a");
        GoOn(10);
        Assert.That(told.Select(trigger => trigger.App), Is.EqualTo(new[] { "b" }));
        Pull("a");
        GoOn(3);
        Assert.That(told.Select(trigger => trigger.App), Is.EqualTo(new[] { "b", "a" }));
        await EndAsync(run, events.Writer);
    }

    [Test]
    public async Task Tells_of_an_engine_that_is_back_but_not_of_the_first_contact(CancellationToken cancellationToken)
    {
        var run = Start(cancellationToken);
        Assert.That(watch.Connected.IsCompleted, Is.False);
        events.Writer.TryWrite(connected);
        Assert.That(watch.Connected.IsCompletedSuccessfully, Is.True);
        GoOn(60);
        Assert.That(told, Is.Empty);
        events.Writer.TryWrite(connected);
        Pull("a");
        GoOn(3);
        Assert.That(told, Is.EqualTo(new[] { new Trigger("the engine is back", null) }), "which looks at a as well");
        await EndAsync(run, events.Writer);
    }

    [Test]
    public async Task Follows_the_images_of_the_newest_reports(CancellationToken cancellationToken)
    {
        var run = Start(cancellationToken);
        watch.Images = new([Report("b", "ex.test/b:1")]);
        Pull("a");
        GoOn(60);
        Assert.That(told, Is.Empty);
        await EndAsync(run, events.Writer);
    }

    [Test]
    public void Ends_when_it_is_cancelled_and_tells_nothing_afterwards()
    {
        using var stop = new CancellationTokenSource();
        var run = Start(stop.Token);
        Pull("a");
        stop.Cancel();
        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
        GoOn(60);
        Assert.That(told, Is.Empty);
    }
}
