using AppPreflight.AppCenter;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;
using static AppPreflight.Agent.QueueRig;

namespace AppPreflight.Agent;

[CancelAfter(20_000)]
internal sealed class RunQueueTests
{
    private static readonly RunHolder other = new("o", 4711, RunVerb.Repair, "etherpad", DateTimeOffset.UnixEpoch);

    [Test]
    public async Task Runs_gates_first_then_what_was_asked_then_its_own(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        Task[] asked = [rig.AskAsync(Check("first"), cancellationToken: cancellationToken)];
        var first = await rig.NextAsync(cancellationToken);
        rig.Queue.Add(Check("own1"), "nightly");
        rig.Queue.Add(Check("own2"), "nightly");
        asked = [.. asked, .. new[] { Repair("asked1"), Check("asked2"), Gate("gate1"), Gate("gate2") }.Select(request => rig.AskAsync(request, cancellationToken: cancellationToken))];
        Assert.That(rig.Queue.Waiting.Select(run => run.App), Is.EqualTo(new[] { "gate1", "gate2", "asked1", "asked2", "own1", "own2" }));
        first.End();
        var order = new List<string>();
        while (order.Count < 6)
        {
            var run = await rig.NextAsync(cancellationToken);
            order.Add(run.Request.App);
            run.End();
        }

        Assert.That(order, Is.EqualTo(new[] { "gate1", "gate2", "asked1", "asked2", "own1", "own2" }));
        await Task.WhenAll(asked);
    }

    [Test]
    public async Task Makes_one_run_of_equal_requests_and_tells_who_joins_its_key(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        var one = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        var run = await rig.NextAsync(cancellationToken);
        var words = new Words();
        var two = rig.AskAsync(Check("a"), words, cancellationToken);
        run.Events.Report(new PhaseStarted("looking"));
        Assert.That(await words.NextAsync(cancellationToken), Is.EqualTo(new RunStarted("run-of-a")));
        Assert.That(await words.NextAsync(cancellationToken), Is.EqualTo(new PhaseStarted("looking")));
        run.End();
        Assert.That(await two, Is.SameAs(await one));
        Assert.That(rig.Ended, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Keeps_requests_apart_that_differ_in_anything(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        _ = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        await rig.NextAsync(cancellationToken);
        foreach (var request in new[] { Check("a") with { Depth = Depth.Content }, Check("a") with { Target = "2" }, Repair("a"), Check("b"), Check("b") })
            _ = rig.AskAsync(request, cancellationToken: cancellationToken);
        Assert.That(rig.Queue.Waiting, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Looks_again_when_something_changed_during_its_own_look(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        rig.Queue.Add(Check("a"), "nightly");
        var run = await rig.NextAsync(cancellationToken);
        rig.Queue.Add(Check("a"), "cache");
        rig.Queue.Add(Check("a"), "cache again");
        Assert.That(rig.Queue.Waiting.Select(waiting => waiting.Why), Is.EqualTo(new[] { "cache" }));
        run.End();
        (await rig.NextAsync(cancellationToken)).End();
    }

    [Test]
    public async Task Stops_its_own_run_for_a_gate_and_takes_it_up_again(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        rig.Queue.Add(Repair("a"), "nightly");
        var own = await rig.NextAsync(cancellationToken);
        var words = new Words();
        var gate = rig.AskAsync(Gate("b"), words, cancellationToken);
        var run = await rig.NextAsync(cancellationToken);
        Assert.That(own.Stop.IsCancellationRequested);
        Assert.That(run.Request, Is.EqualTo(Gate("b")));
        Assert.That(words.Rest()[0], Is.EqualTo(new Noted("waiting: a repair of a is going on")));
        run.End();
        await gate;
        Assert.That((await rig.NextAsync(cancellationToken)).Request, Is.EqualTo(Repair("a")));
    }

    [Test]
    public async Task Makes_way_for_a_gate_when_the_last_guest_of_its_own_run_leaves(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        rig.Queue.Add(Repair("a"), "nightly");
        var own = await rig.NextAsync(cancellationToken);
        using var leaving = new CancellationTokenSource();
        _ = rig.AskAsync(Repair("a"), cancellationToken: leaving.Token);
        var gate = rig.AskAsync(Gate("b"), cancellationToken: cancellationToken);
        Assert.That(own.Stop.IsCancellationRequested, Is.False);
        await leaving.CancelAsync();
        var run = await rig.NextAsync(cancellationToken);
        Assert.That(run.Request, Is.EqualTo(Gate("b")));
        run.End();
        await gate;
        Assert.That((await rig.NextAsync(cancellationToken)).Request, Is.EqualTo(Repair("a")), "it comes again");
    }

    [Test]
    public async Task Lets_a_gate_wait_for_what_somebody_asked_for_and_says_so_once(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        var asked = rig.AskAsync(Repair("a"), cancellationToken: cancellationToken);
        var run = await rig.NextAsync(cancellationToken);
        var words = new Words();
        var gate = rig.AskAsync(Gate("b"), words, cancellationToken);
        Assert.That(run.Stop.IsCancellationRequested, Is.False);
        run.End();
        await asked;
        (await rig.NextAsync(cancellationToken)).End();
        await gate;
        Assert.That(words.Rest().OfType<Noted>().Select(note => note.Message), Is.EqualTo(new[] { "waiting: a repair of a is going on" }));
    }

    [Test]
    public async Task Goes_on_while_one_waits_and_stops_when_the_last_has_left(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        using var one = new CancellationTokenSource();
        using var two = new CancellationTokenSource();
        var first = rig.AskAsync(Check("a"), cancellationToken: one.Token);
        var second = rig.AskAsync(Check("a"), cancellationToken: two.Token);
        var run = await rig.NextAsync(cancellationToken);
        await one.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(run.Stop.IsCancellationRequested, Is.False);
        await two.CancelAsync();
        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await run.Outcome.Task.WaitAsync(run.Stop), Throws.InstanceOf<OperationCanceledException>());
        // whoever asks after that gets a run of his own
        _ = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        Assert.That(await rig.NextAsync(cancellationToken), Is.Not.SameAs(run));
    }

    [Test]
    public async Task Drops_what_nobody_waits_for_any_more(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        _ = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        await rig.NextAsync(cancellationToken);
        using var leaving = new CancellationTokenSource();
        _ = rig.AskAsync(Check("b"), cancellationToken: leaving.Token);
        rig.Queue.Add(Check("c"), "nightly");
        _ = rig.AskAsync(Check("c"), cancellationToken: leaving.Token);
        await leaving.CancelAsync();
        Assert.That(rig.Queue.Waiting.Select(run => run.App), Is.EqualTo(new[] { "c" }), "the agent's own stays");
    }

    [Test]
    public async Task Goes_on_with_its_own_run_when_a_guest_leaves_it(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        rig.Queue.Add(Check("a"), "nightly");
        var run = await rig.NextAsync(cancellationToken);
        using var leaving = new CancellationTokenSource();
        var guest = rig.AskAsync(Check("a"), cancellationToken: leaving.Token);
        await leaving.CancelAsync();
        Assert.That(async () => await guest, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(run.Stop.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Tells_who_asks_that_another_process_runs(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig(new EagerClock(_ => { })) { Attempt = () => new(null, other) };
        Assert.That(async () => await rig.AskAsync(Repair("a"), cancellationToken: cancellationToken),
            Throws.TypeOf<LockHeldException>().With.Property(nameof(LockHeldException.Holder)).EqualTo(other));
        Assert.That(rig.Queue.Waiting, Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Waits_for_another_process_with_gates_and_its_own(bool isGate, CancellationToken cancellationToken)
    {
        var waits = 0;
        await using var rig = new QueueRig(new EagerClock(count => waits = count));
        var attempts = 0;
        rig.Attempt = () => ++attempts <= 3 ? new(null, other) : new(new MemoryStream(), null);
        var words = new Words();
        if (isGate) _ = rig.AskAsync(Gate("a"), words, cancellationToken);
        else rig.Queue.Add(Check("a"), "nightly");
        await rig.NextAsync(cancellationToken);
        Assert.That(attempts, Is.EqualTo(4));
        if (isGate) Assert.That(words.Rest()[0], Is.EqualTo(new Noted("waiting: a repair of etherpad by process 4711 is going on")));
    }

    [Test]
    public async Task Survives_a_bug_in_a_run(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        var asked = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        (await rig.NextAsync(cancellationToken)).Outcome.SetException(new KeyNotFoundException("k"));
        Assert.That(async () => await asked, Throws.InvalidOperationException.With.Message.Contains("bug in app-preflight 1 (KeyNotFoundException)"));
        Assert.That(rig.Log, Has.Some.Contains("met a bug"));
        var next = rig.AskAsync(Check("b"), cancellationToken: cancellationToken);
        (await rig.NextAsync(cancellationToken)).End();
        await next;
    }

    [Test]
    public async Task Stops_a_run_by_its_key_for_all(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        rig.Queue.Add(Check("a"), "nightly");
        await rig.NextAsync(cancellationToken);
        var asked = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        Assert.That(rig.Queue.Cancel("another"), Is.False);
        Assert.That(rig.Queue.Cancel("run-of-a"), Is.True);
        Assert.That(async () => await asked, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(rig.Queue.Waiting, Is.Empty, "it does not come again");
    }

    [Test]
    public async Task Takes_no_more_than_it_can_hold(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        rig.Queue.Add(Check("a"), "nightly");
        await rig.NextAsync(cancellationToken);
        for (var i = 0; i < RunQueue.Longest; i++) Assert.That(rig.Queue.Add(Check($"{i}"), "nightly"), Is.True);
        Assert.That(rig.Queue.Add(Check("one more"), "nightly"), Is.False);
        Assert.That(async () => await rig.AskAsync(Check("one more"), cancellationToken: cancellationToken), Throws.TypeOf<SourceException>());
        Assert.That(rig.Queue.Add(Check("7"), "nightly"), Is.True, "what waits already needs no place");
    }

    [Test]
    public async Task Stops_a_run_that_tells_nothing_and_calls_it_unknown(CancellationToken cancellationToken)
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        await using var rig = new QueueRig(time);
        var asked = rig.AskAsync(Repair("a"), cancellationToken: cancellationToken);
        var run = await rig.NextAsync(cancellationToken);
        time.GoOn(TimeSpan.FromMinutes(14));
        run.Events.Report(new PhaseStarted("still here"));
        time.GoOn(TimeSpan.FromMinutes(14));
        rig.Queue.StopSilent(WorkLoop.IdleLimit);
        Assert.That(run.Stop.IsCancellationRequested, Is.False);
        time.GoOn(TimeSpan.FromMinutes(1));
        Assert.That(rig.Queue.StopSilent(WorkLoop.IdleLimit), Is.EqualTo(TimeSpan.FromMinutes(15)));
        var report = await asked;
        Assert.That((report.Verdict, report.Run), Is.EqualTo((Verdict.Unknown, "run-of-a")));
        Assert.That(report.Notes, Has.Some.Contains("idle limit"));
        Assert.That(rig.Saved, Is.EqualTo(new[] { report }));
    }

    [Test]
    public async Task Checks_without_a_lock_on_a_full_disk_and_repairs_nothing(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig { Attempt = () => throw new SourceException(Source.Journal, Fault.Refused, "no space left") };
        Assert.That(async () => await rig.AskAsync(Repair("a"), cancellationToken: cancellationToken), Throws.TypeOf<SourceException>().With.Message.EqualTo("no space left"));
        var check = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        (await rig.NextAsync(cancellationToken)).End();
        await check;
        Assert.That(rig.Log.Where(line => line.Contains("no space left")), Has.Exactly(1).Items, "told once");
    }

    [Test]
    public async Task Dismisses_all_who_wait_when_the_agent_ends(CancellationToken cancellationToken)
    {
        await using var rig = new QueueRig();
        var running = rig.AskAsync(Check("a"), cancellationToken: cancellationToken);
        await rig.NextAsync(cancellationToken);
        var waiting = rig.AskAsync(Check("b"), cancellationToken: cancellationToken);
        await rig.EndAsync();
        Assert.That(async () => await running, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await rig.AskAsync(Check("c"), cancellationToken: cancellationToken), Throws.InstanceOf<OperationCanceledException>());
    }
}
