using System.Text;
using AppPreflight.Checks;
using AppPreflight.Cli;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>What agent and command line say to each other.</summary>
[CancelAfter(30_000)]
internal sealed class ControlTalkTests
{
    private static readonly RunRequest Request = new(RunVerb.Repair, "kelvin", "2.0.0") { Depth = Depth.Content };

    private static readonly RunEvent[] Events =
    [
        new RunStarted("20261121T120000Z-abcdef"),
        new PhaseStarted("asking \"the\" registries\n\u2028 für 2 images"),
        new BytesMoved("pull", "a:1", long.MaxValue, null),
        new BytesMoved("hash", "a:1", 0, 12),
        new FindingMade(Samples.Failed.Findings[0]),
        new FindingMade(Samples.Failed.Findings[1] with { Look = Look.Second, Remedy = null }),
        new ActionStarted(RemedyKind.AskOperator, "a:1"),
        new ActionEnded(RemedyKind.Pull, "a:1", ActionOutcome.Failed, "why"),
        new ActionEnded(RemedyKind.Purge, "a:1", ActionOutcome.Done, null),
        new Noted("retry"),
    ];

    [Test]
    public async Task Carries_every_event_in_its_order(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        stage.Work = (_, events, _) =>
        {
            foreach (var one in Events) events.Report(one);
            events.Report(new ChainResolved(null!));
            return Task.FromResult(Samples.Passed);
        };
        using var client = await stage.ConnectAsync(cancellationToken);
        var heard = new Heard();
        await client.RunAsync(Request, heard, cancellationToken);
        Assert.That(heard.Events, Is.EqualTo(Events));
        Assert.That(stage.Requests, Is.EqualTo(new[] { Request }));
    }

    [Test]
    public async Task Carries_a_report_to_the_byte(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        foreach (var report in Samples.All)
        {
            stage.Work = (_, _, _) => Task.FromResult(report);
            var carried = await client.RunAsync(Request, new Heard(), cancellationToken);
            Assert.That(ReportJson.Write(carried), Is.EqualTo(ReportJson.Write(report)));
        }
    }

    [Test]
    public async Task Carries_a_large_report(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        var note = new string('n', 10_000_000);
        stage.Work = (_, _, _) => Task.FromResult(Samples.Passed with { Notes = [note] });
        Assert.That((await client.RunAsync(Request, new Heard(), cancellationToken)).Notes, Is.EqualTo(new[] { note }));
        stage.Work = (_, _, _) => Task.FromResult(Samples.Passed with { Notes = [note, note] });
        Assert.That(async () => await client.RunAsync(Request, new Heard(), cancellationToken), Throws.TypeOf<AgentException>().With.Message.Contains("more than the 16777216 allowed"));
    }

    [Test]
    public async Task Carries_the_status(CancellationToken cancellationToken)
    {
        var full = new AgentStatus
        {
            Version = "0.2.0",
            ProcessId = 7,
            Started = Samples.Noon,
            Engine = new(false, "there is no engine", Samples.Noon.AddHours(1)),
            ConfigFault = "line 3",
            Running = new("run", 8, RunVerb.Gate, "kelvin=2.0.0", Samples.Noon),
            Queue = [new(RunVerb.Check, "kelvin", null, "nightly"), new(RunVerb.Repair, "self", "5", "asked by root")],
            NextRun = Samples.Noon.AddDays(1),
            Installed = [new("kelvin", "1.0"), new("self", "")],
            Scrub = new()
            {
                Budget = new(20_000_000, TimeSpan.FromMinutes(30)),
                Next = Samples.Noon.AddDays(1),
                ReadingSince = Samples.Noon,
                Fault = "the driver is vfs",
                ReadBytes = 5,
                Apps = [new("kelvin", 5, 3, 1, Samples.Noon.AddDays(-2)), new("self", 1, 0, 0, null)],
            },
            Reports = [Samples.Passed, Samples.Failed],
        };
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        foreach (var status in new[] { full, stage.Status, full with { Engine = new(null, "not asked yet", Samples.Noon), Installed = [], Scrub = new() } })
        {
            stage.Status = status;
            var carried = await client.StatusAsync(cancellationToken);
            Assert.That(Text(carried!), Is.EqualTo(Text(status)));
            Assert.That(carried!.Engine, Is.EqualTo(status.Engine));
            Assert.That(carried.Scrub is null ? null : carried.Scrub with { Apps = [] }, Is.EqualTo(status.Scrub is null ? null : status.Scrub with { Apps = [] }));
            Assert.That(carried.Scrub?.Apps, Is.EqualTo(status.Scrub?.Apps));
            Assert.That(carried.Running, Is.EqualTo(status.Running));
            Assert.That(carried.Queue, Is.EqualTo(status.Queue));
            Assert.That(carried.Installed, Is.EqualTo(status.Installed));
            Assert.That(carried.NextRun, Is.EqualTo(status.NextRun));
        }
    }

    [Test]
    public async Task Says_hello_first(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = stage.Raw();
        var hello = await client.HearAsync(cancellationToken);
        Assert.That(hello!.ToJsonString(), Is.EqualTo(
            $$"""{"type":"hello","schema":"app-preflight/control/1","version":"0.1.0","processId":{{Environment.ProcessId}},"root":"{{stage.Address.Root}}","host":"unix:///engine.sock","state":"{{stage.Address.State}}","access":"run"}"""));
    }

    [Test]
    public async Task Passes_over_what_it_does_not_know(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = stage.Raw();
        await client.HearAsync(cancellationToken);
        await client.SayAsync("""{"type":"dance"}""", cancellationToken);
        Assert.That((await client.HearAsync(cancellationToken))!["code"]!.GetValue<string>(), Is.EqualTo("unknown-request"));
        await client.SayAsync("""{"speed":[1,{"a":2}],"type":"run","verb":"check","app":"kelvin","dance":true}""", cancellationToken);
        Assert.That((await client.HearAsync(cancellationToken))!["type"]!.GetValue<string>(), Is.EqualTo("report"));
        Assert.That(stage.Requests, Is.EqualTo(new[] { new RunRequest(RunVerb.Check, "kelvin") }));
    }

    [Test]
    public async Task Tells_who_holds_the_lock(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        foreach (var holder in new[] { new RunHolder("run", 8, RunVerb.Repair, "--all", Samples.Noon), null })
        {
            stage.Work = (_, _, _) => throw new LockHeldException(holder);
            Assert.That(async () => await client.RunAsync(Request, new Heard(), cancellationToken), Throws.TypeOf<LockHeldException>().With.Property("Holder").EqualTo(holder));
        }
    }

    [Test]
    public async Task Tells_why_a_run_could_not_begin(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        stage.Work = (_, _, _) => throw new SourceException(Source.Journal, Fault.Refused, "/state is full");
        Assert.That(async () => await client.RunAsync(Request, new Heard(), cancellationToken),
            Throws.TypeOf<AgentException>().With.Message.EqualTo("/state is full").And.Property("IsFailure").True);
        stage.Work = static async (_, _, _) =>
        {
            await Task.Yield();
            throw new ArithmeticException("secret");
        };
        Assert.That(async () => await client.RunAsync(Request, new Heard(), cancellationToken),
            Throws.TypeOf<AgentException>().With.Message.EqualTo("the agent has a bug (ArithmeticException); its log has more: journalctl -u app-preflight"));
        Assert.That(stage.Log.Single(), Does.Contain("ArithmeticException"));
    }

    [Test]
    public async Task Stops_waiting_on_request_and_leaves_no_trace(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        using var interruption = new CancellationTokenSource();
        var desk = new Waiting();
        stage.Work = desk.RunAsync;
        var run = client.RunAsync(Request, new Heard(), interruption.Token);
        await desk.Begun.Task.WaitAsync(cancellationToken);
        await interruption.CancelAsync();
        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(interruption.Token));
        await desk.Ended.Task.WaitAsync(cancellationToken);
        stage.Work = static (_, _, _) => Task.FromResult(Samples.Passed);
        Assert.That((await client.RunAsync(Request, new Heard(), cancellationToken)).Run, Is.EqualTo(Samples.Passed.Run), "the connection is as good as before");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Stops_a_run_for_everybody_by_its_key(bool isKnown, CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage { KnowsRun = isKnown }.Start();
        using var client = stage.Raw();
        await client.HearAsync(cancellationToken);
        await client.SayAsync("""{"type":"cancel","run":"20261121T120000Z-abcdef"}""", cancellationToken);
        var reply = (await client.HearAsync(cancellationToken))!.ToJsonString();
        Assert.That(reply, Is.EqualTo($$"""{"type":"cancelled","run":"20261121T120000Z-abcdef","found":{{(isKnown ? "true" : "false")}}}"""));
        Assert.That(stage.Cancelled, Is.EqualTo(new[] { "20261121T120000Z-abcdef" }));
    }

    [Test]
    public async Task Tells_a_client_that_its_run_was_stopped_by_another(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        stage.Work = static (_, _, _) => throw new OperationCanceledException();
        Assert.That(async () => await client.RunAsync(Request, new Heard(), cancellationToken), Throws.TypeOf<AgentException>().With.Message.Contains("by somebody else"));
    }

    [Test]
    public async Task A_stopping_agent_tells_its_clients_within_a_second(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        using var idle = stage.Raw();
        await idle.HearAsync(cancellationToken);
        var desk = new Waiting();
        stage.Work = desk.RunAsync;
        var run = client.RunAsync(Request, new Heard(), cancellationToken);
        await desk.Begun.Task.WaitAsync(cancellationToken);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await stage.StopAsync();
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(File.Exists(stage.Address.Socket), Is.False);
        Assert.That(async () => await run, Throws.TypeOf<AgentException>().With.Message.EqualTo("the agent ended during the repair of kelvin; run the command again"));
        Assert.That((await idle.HearAsync(cancellationToken))!["code"]!.GetValue<string>(), Is.EqualTo("stopping"));
        Assert.That(await ControlClient.ConnectAsync(stage.Address, stage.Log.Add, TimeProvider.System, cancellationToken), Is.Null);
    }

    [Test]
    public async Task A_run_that_does_not_stop_holds_up_no_stopping_agent(CancellationToken cancellationToken)
    {
        var stage = new ControlStage().Start();
        var (begun, never) = (new TaskCompletionSource(), new TaskCompletionSource<PreflightReport>());
        stage.Work = (_, _, _) =>
        {
            begun.SetResult();
            return never.Task;
        };
        using var client = stage.Raw();
        await client.SayAsync("""{"type":"run","verb":"check","app":"kelvin"}""", cancellationToken);
        await begun.Task.WaitAsync(cancellationToken);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await stage.DisposeAsync();
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
        never.SetResult(Samples.Passed);
    }

    [Test]
    public async Task An_agent_that_is_killed_in_a_run_is_told_of(CancellationToken cancellationToken)
    {
        using var folder = new FalseAgent("""{"type":"hello","schema":"app-preflight/control/1","root":"ROOT","host":"h","state":"/s"}""");
        using var client = await ControlClient.ConnectAsync(folder.Address, _ => { }, TimeProvider.System, cancellationToken);
        var run = client!.RunAsync(Request, new Heard(), cancellationToken);
        folder.End();
        Assert.That(async () => await run, Throws.TypeOf<AgentException>().With.Message.EqualTo("the agent ended during the repair of kelvin; run the command again"));
    }

    [TestCase("""{"type":"hello","schema":"app-preflight/control/1","root":"/other","host":"h","state":"/s"}""")]
    [TestCase("""{"type":"hello","schema":"app-preflight/control/1","root":"ROOT","host":"other","state":"/s"}""")]
    [TestCase("""{"type":"hello","schema":"app-preflight/control/1","root":"ROOT","host":"h","state":"/other"}""")]
    [TestCase("""{"type":"hello","schema":"app-preflight/control/2","root":"ROOT","host":"h","state":"/s"}""")]
    [TestCase("""{"type":"refused","code":"denied","message":"no"}""")]
    [TestCase("""{"type":"hello","schema":5}""")]
    [TestCase("220 mail.example ESMTP")]
    public async Task Goes_on_without_an_agent_that_is_not_its_own(string hello, CancellationToken cancellationToken)
    {
        using var agent = new FalseAgent(hello);
        var told = new List<string>();
        Assert.That(await ControlClient.ConnectAsync(agent.Address, told.Add, TimeProvider.System, cancellationToken), Is.Null);
        Assert.That(told, Is.Empty);
    }

    [Test]
    public async Task Says_that_an_agent_has_no_place_left(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage { Limits = new() { OwnerPlaces = 1 } }.Start();
        using var first = stage.Raw();
        await first.HearAsync(cancellationToken);
        Assert.That(await ControlClient.ConnectAsync(stage.Address, stage.Log.Add, TimeProvider.System, cancellationToken), Is.Null);
        Assert.That(stage.Log, Is.EqualTo(new[] { "the agent does not answer; this goes on without it" }));
    }

    [Test]
    public async Task Says_once_that_an_agent_does_not_answer(CancellationToken cancellationToken)
    {
        using var agent = new FalseAgent(null);
        var told = new List<string>();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.That(await ControlClient.ConnectAsync(agent.Address, told.Add, TimeProvider.System, cancellationToken), Is.Null);
        Assert.That(told, Is.EqualTo(new[] { "the agent does not answer; this goes on without it" }));
        Assert.That(async () => await ControlClient.AskAsync(agent.Address, TimeProvider.System, cancellationToken), Throws.InstanceOf<IOException>());
        Assert.That(clock.Elapsed, Is.InRange(TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5)));
    }

    private static string Text(AgentStatus status) => Encoding.UTF8.GetString(ControlJson.Status(status).Span);
}
