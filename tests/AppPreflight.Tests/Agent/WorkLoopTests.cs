using System.Collections.Immutable;
using System.Threading.Channels;
using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace AppPreflight.Agent;

[CancelAfter(20_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WorkLoopTests
{
    private readonly CancellationTokenSource end = new();
    private readonly Channel<bool> rounds = Channel.CreateUnbounded<bool>();
    private StateDirectory state;
    private RunQueue queue;
    private Func<IReadOnlyList<InstalledApp>> installed = () => [new("b", "1"), new("a", "1"), new("c", "1")];
    private PreflightReport? last;
    private WorkLoop loop;
    private Task running = Task.CompletedTask;

    [SetUp]
    public void Make()
    {
        state = new();
        queue = new(TimeProvider.System);
        loop = Loop(WorkLoop.LongestRound);
    }

    // a round that comes by itself is too far away for a test, unless the test wants it
    private WorkLoop Loop(TimeSpan round)
    {
        var parts = new AgentParts
        {
            Version = "1",
            RunAsync = null!,
            InstalledAppsAsync = _ => Task.FromResult(installed()),
            EngineEvents = null!,
            AskEngineAsync = null!,
            Appliance = null!,
            ReadConfig = () => new() { Apps = ImmutableDictionary<string, AutoMode>.Empty.Add("c", AutoMode.Off) },
            Address = null!,
            Journal = state.Open(),
            Time = TimeProvider.System,
        };
        var config = new ConfigDesk(parts.ReadConfig, NullLogger.Instance);
        config.Read();
        return new(parts, queue, new(TimeProvider.System), config, NullLogger.Instance)
        {
            Round = round,
            CameRound = () => rounds.Writer.TryWrite(true),
            Last = app => app == last?.App ? last : null,
        };
    }

    [TearDown]
    public async Task EndAsync()
    {
        await end.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        state.Dispose();
    }

    [Test]
    public async Task Looks_at_nothing_before_the_engine_has_answered(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken);
        loop.Take(new("nightly", null));
        await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(queue.Waiting, Is.Empty);
        Assert.That(loop.HasBegun, Is.False);
    }

    [Test]
    public async Task Tells_what_is_installed_before_the_engine_has_answered(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken);
        Assert.That(loop.Installed, Has.Count.EqualTo(3));
        installed = () => [new("a", "2")];
        loop.Take(new("the installed version changed", "a"));
        await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(loop.Installed, Is.EqualTo(new[] { new InstalledApp("a", "2") }));
    }

    [Test]
    public async Task Reads_what_is_installed_once_for_all_that_happened(CancellationToken cancellationToken)
    {
        var reads = 0;
        var apps = installed();
        installed = () => reads++ < 0 ? [] : apps;
        loop.Open();
        foreach (var app in new[] { "a", "b", "c" }) loop.Take(new("image deleted", app));
        await BeginAsync(cancellationToken);
        await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(queue.Waiting.Select(run => run.App), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(reads, Is.EqualTo(2), "at the start, and then");
    }

    [Test]
    public async Task Reads_what_is_installed_again_when_a_run_has_read_another_version(CancellationToken cancellationToken)
    {
        loop = Loop(TimeSpan.FromMilliseconds(20));
        running = loop.RunAsync(end.Token);
        while (loop.Installed is null) await rounds.Reader.ReadAsync(cancellationToken);
        installed = () => [new("a", "2")];
        loop.Saw("a", "1");
        for (var round = 0; round < 3; round++) await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(loop.Installed, Has.Count.EqualTo(3), "nothing new, nothing read");
        loop.Saw("a", "2");
        while (loop.Installed!.Count == 3) await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(loop.Installed, Is.EqualTo(new[] { new InstalledApp("a", "2") }));
        Assert.That(queue.Waiting, Is.Empty, "nothing is run for it");
    }

    [Test]
    public async Task Reads_bytes_again_where_bytes_were_found_altered(CancellationToken cancellationToken)
    {
        var altered = new Finding(FindingCode.StoredLayerAltered, Verdict.Fail, "i", Source.Engine, "");
        last = QueueRig.Report(QueueRig.Repair("a")) with { Verdict = Verdict.Fail, Findings = [altered] };
        loop.Open();
        await BeginAsync(cancellationToken);
        await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(queue.Next!.Request, Is.EqualTo(QueueRig.Check("a") with { Depth = Depth.Content }));
    }

    [Test]
    public async Task Begins_with_what_was_interrupted_and_leaves_alone_what_its_owner_wants_left(CancellationToken cancellationToken)
    {
        state.Open().Append(StateDirectory.Intent(1) with { App = "b" });
        await BeginAsync(cancellationToken);
        loop.Open();
        await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(queue.Waiting.Select(run => (run.Verb, run.App)), Is.EqualTo(new[] { (RunVerb.Repair, "b"), (RunVerb.Check, "a") }));
    }

    [Test]
    public async Task Looks_only_at_the_app_that_is_meant_if_it_is_installed(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken);
        loop.Open();
        await rounds.Reader.ReadAsync(cancellationToken);
        while (queue.Next is { } entry) queue.Refuse(entry, new OperationCanceledException(), keepsBackground: false);
        foreach (var app in new[] { "gone", "c", "a" }) loop.Take(new("image deleted", app));
        while (queue.Waiting.Count == 0) await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That(queue.Waiting.Select(run => (run.App, run.Why)), Is.EqualTo(new[] { ("a", "image deleted") }));
    }

    [Test]
    public async Task Tries_again_when_the_installed_apps_cannot_be_told(CancellationToken cancellationToken)
    {
        installed = () => throw new SourceException(Source.AppCenter, Fault.Changing, "the cache is being replaced");
        await BeginAsync(cancellationToken);
        loop.Open();
        await rounds.Reader.ReadAsync(cancellationToken);
        Assert.That((queue.Waiting.Count, loop.Installed), Is.EqualTo((0, (IReadOnlyList<InstalledApp>?)null)));
        Assert.That(loop.Next, Is.EqualTo(DateTimeOffset.UtcNow.AddMinutes(1)).Within(TimeSpan.FromSeconds(20)));
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        running = loop.RunAsync(end.Token);
        await rounds.Reader.ReadAsync(cancellationToken);
    }
}
