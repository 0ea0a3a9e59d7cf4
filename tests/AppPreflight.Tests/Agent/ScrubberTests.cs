using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

[CancelAfter(20_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ScrubberTests : IAsyncDisposable
{
    private readonly ScrubRig rig = new();

    public ValueTask DisposeAsync() => rig.DisposeAsync();

    [Test]
    public async Task Reads_every_layer_once_at_the_wished_rate_and_remembers_each_at_once(CancellationToken cancellationToken)
    {
        rig.Scrubber.BeginNight();
        var read = new List<ChainId>();
        for (var i = 0; i < 3; i++)
        {
            var layer = await rig.LayerAsync(cancellationToken);
            Assert.That(rig.Remembered.Select(note => note.Chain), Is.EqualTo(read));
            Assert.That((layer.Pace.IsBackground, layer.Pace.BytesPerSecond), Is.EqualTo((true, (long?)1000)));
            read.Add(layer.Chain);
            layer.IsSound();
        }

        await rig.OverAsync(cancellationToken);
        Assert.That(read, Is.EquivalentTo(ScrubRig.Chains));
        Assert.That(rig.Remembered.All(note => note is { IsSound: true, Way: ProofWay.LayerStore, Stamp: "new-1", SizeBytes: 3000 }), Is.True);
        Assert.That(rig.Queue.Waiting, Is.Empty);
        Assert.That(rig.Log, Has.Some.StartsWith("scrub: 3 stored layers (9000 bytes) read in ").And.Some.EndsWith(", 0 of them damaged, 0 left for another night"));
        var status = rig.Scrubber.Status;
        Assert.That((status.ReadBytes, status.ReadingSince, status.Fault), Is.EqualTo((9000L, (DateTimeOffset?)null, (string?)null)));
        Assert.That(status.Apps.Select(app => (app.App, app.Layers, app.Proved, app.Damaged)), Is.EqualTo(new[] { (ScrubRig.App, 3, 3, 0) }));
    }

    [Test]
    public async Task Gives_way_at_once_to_whoever_comes_and_goes_on_with_the_rest_when_he_has_gone(CancellationToken cancellationToken)
    {
        rig.Scrubber.BeginNight();
        (await rig.LayerAsync(cancellationToken)).IsSound();
        var second = await rig.LayerAsync(cancellationToken);

        rig.Queue.Add(QueueRig.Check("other"), "asked for");
        // no time goes by
        while (rig.Scrubber.Status.ReadingSince is not null) await Task.Delay(1, cancellationToken);
        for (var i = 0; i < 100; i++) await rig.StepAsync(cancellationToken);
        Assert.That(rig.Scrubber.Status.ReadingSince, Is.Null, "somebody waits");
        rig.Queue.Refuse(rig.Queue.Next!, new OperationCanceledException(), keepsBackground: false);

        var again = await rig.LayerAsync(cancellationToken);
        Assert.That(again.Chain, Is.EqualTo(second.Chain));
        again.IsSound();
        (await rig.LayerAsync(cancellationToken)).IsSound();
        await rig.OverAsync(cancellationToken);
        Assert.That(rig.Remembered.Select(note => note.Chain), Is.EquivalentTo(ScrubRig.Chains));
    }

    [Test]
    public async Task Gives_way_to_a_run_of_another_process(CancellationToken cancellationToken)
    {
        rig.Scrubber.BeginNight();
        await rig.LayerAsync(cancellationToken);
        rig.Holder = new("r", 7, RunVerb.Verify, "x", rig.Time.GetUtcNow());
        while (rig.Scrubber.Status.ReadingSince is not null) await rig.StepAsync(cancellationToken);
        for (var i = 0; i < 100; i++) await rig.StepAsync(cancellationToken);
        Assert.That(rig.Scrubber.Status.ReadingSince, Is.Null);
        rig.Holder = null;
        await rig.LayerAsync(cancellationToken);
    }

    [Test]
    public async Task Lets_the_nightly_look_go_first(CancellationToken cancellationToken)
    {
        rig.Scrubber.BeginNight();
        var begun = rig.Time.GetUtcNow();
        await rig.LayerAsync(cancellationToken);
        Assert.That(rig.Time.GetUtcNow() - begun, Is.GreaterThanOrEqualTo(Scrubber.Quiet));
    }

    [Test]
    public async Task Stops_amid_a_layer_when_the_budget_is_spent_and_takes_another_first_the_next_night(CancellationToken cancellationToken)
    {
        rig.Config = rig.Config with { Scrub = new(1000, TimeSpan.FromMinutes(1)) };
        rig.Reload();
        rig.Scrubber.BeginNight();
        var large = await rig.LayerAsync(cancellationToken);
        await rig.OverAsync(cancellationToken);
        Assert.That(rig.Remembered, Is.Empty);
        rig.Scrubber.BeginNight();
        Assert.That((await rig.LayerAsync(cancellationToken)).Chain, Is.Not.EqualTo(large.Chain));
    }

    [Test]
    public async Task Spends_no_more_than_the_budget_in_one_night(CancellationToken cancellationToken)
    {
        rig.Config = rig.Config with { Scrub = new(1000, TimeSpan.FromMinutes(1)) };
        rig.Reload();
        rig.Scrubber.BeginNight();
        await rig.LayerAsync(cancellationToken);
        var begun = rig.Time.GetUtcNow();
        await rig.OverAsync(cancellationToken);
        Assert.That(rig.Time.GetUtcNow() - begun, Is.EqualTo(TimeSpan.FromMinutes(1)).Within(TimeSpan.FromSeconds(20)));
    }

    [TestCase(AutoMode.Heal, RunVerb.Repair)]
    [TestCase(AutoMode.Check, RunVerb.Check)]
    public async Task Makes_a_damaged_layer_a_run_of_its_app_and_names_the_file(AutoMode auto, RunVerb verb, CancellationToken cancellationToken)
    {
        rig.Config = rig.Config with { Auto = auto };
        rig.Reload();
        rig.Scrubber.BeginNight();
        var layer = await rig.LayerAsync(cancellationToken);
        layer.IsDamaged(new LayerDamage(DamageKind.Content, "usr/bin/x"), new LayerDamage(DamageKind.Mode, "etc/y"));
        while (rig.Queue.Next is null) await Task.Delay(1, cancellationToken);
        Assert.That(rig.Queue.Next.Request, Is.EqualTo(new RunRequest(verb, ScrubRig.App) { Depth = Depth.Content }));
        Assert.That(rig.Log, Has.Some.EqualTo($"scrub: {Values.Name}: the stored layer {layer.Chain.Value.Short} is not as it was pulled: usr/bin/x (content) and 1 more"));
        Assert.That(rig.Remembered.Single().IsSound, Is.False);
        while (rig.Scrubber.Status.ReadingSince is not null) await Task.Delay(1, cancellationToken);
        Assert.That(rig.Scrubber.Status.Apps.Single().Damaged, Is.EqualTo(1));
    }

    [Test]
    public async Task Takes_a_proof_of_another_pull_for_none(CancellationToken cancellationToken)
    {
        foreach (var chain in ScrubRig.Chains)
        {
            rig.Memory[chain] = new(chain, rig.Time.GetUtcNow().AddHours(-1), IsSound: true, ProofWay.LayerStore, IsFromMedium: false, 1, "old-1");
            rig.Stamps[chain] = "old-";
        }

        rig.Stamps[ScrubRig.Chains[1]] = "new-";
        rig.Scrubber.BeginNight();
        var layer = await rig.LayerAsync(cancellationToken);
        Assert.That(layer.Pace.Only, Is.EqualTo(new[] { ScrubRig.Chains[1] }));
    }

    [Test]
    public async Task Says_once_why_it_can_t_read_here(CancellationToken cancellationToken)
    {
        rig.Obstacle = new(Source.Engine, Fault.Unsupported, "the engine's storage driver is vfs");
        for (var night = 0; night < 3; night++)
        {
            rig.Scrubber.BeginNight();
            await rig.OverAsync(cancellationToken);
        }

        Assert.That(rig.Log, Is.EqualTo(new[] { "scrub: stored layers can't be read: the engine's storage driver is vfs" }));
        Assert.That(rig.Scrubber.Status.Fault, Is.EqualTo("the engine's storage driver is vfs"));
    }

    [Test]
    public async Task Reads_nothing_where_the_owner_wants_none(CancellationToken cancellationToken)
    {
        rig.Config = rig.Config with { Scrub = null };
        rig.Reload();
        rig.Scrubber.BeginNight();
        await rig.OverAsync(cancellationToken);
        Assert.That((rig.Remembered.Count(), rig.Scrubber.Status.Apps.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Tells_after_a_run_what_that_has_proved(CancellationToken cancellationToken)
    {
        var at = rig.Time.GetUtcNow().AddDays(-2);
        rig.Memory[ScrubRig.Chains[0]] = new(ScrubRig.Chains[0], at, IsSound: true, ProofWay.LayerStore, IsFromMedium: false, 1, "");
        rig.Scrubber.LookAgain();
        await rig.OverAsync(cancellationToken);
        Assert.That(rig.Scrubber.Status.Apps, Is.EqualTo(new[] { new AppProof(ScrubRig.App, 3, 1, 0, at) }));
        Assert.That(rig.Remembered, Is.Empty);
    }
}
