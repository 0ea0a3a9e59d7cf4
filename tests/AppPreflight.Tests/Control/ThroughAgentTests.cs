using AppPreflight.Cli;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>The same command, run here and by the agent: nobody can tell which.</summary>
[CancelAfter(30_000)]
internal sealed class ThroughAgentTests
{
    private static readonly RunEvent[] Events =
    [
        new RunStarted("run"), new PhaseStarted("looking"), new FindingMade(Samples.Failed.Findings[0]), new ActionStarted(RemedyKind.Pull, "a:1"),
        new ActionEnded(RemedyKind.Pull, "a:1", ActionOutcome.Failed, "why"), new Noted("a note"),
    ];

    private static readonly PreflightReport[] Reports = [.. Samples.All];

    [TestCase("check", "kelvin")]
    [TestCase("check", "kelvin=2.0.0", "--json")]
    [TestCase("check", "kelvin", "--content", "--verbose")]
    [TestCase("repair", "kelvin")]
    [TestCase("repair", "kelvin", "--json", "--verbose")]
    [TestCase("gate", "kelvin=2.0.0", "--json")]
    [TestCase("gate", "kelvin=2.0.0")]
    [TestCase("check", "--all")]
    [TestCase("repair", "--all", "--json")]
    public async Task Says_and_does_the_same(params string[] arguments)
    {
        foreach (var report in Reports)
        {
            await using var agent = new ControlStage().Start();
            agent.Work = (_, events, _) =>
            {
                foreach (var one in Events) events.Report(one);
                return Task.FromResult(report);
            };
            var (here, there) = (Stage(report), Stage(report));
            there.Agent = agent.Address;
            var code = here.Run(arguments);
            Assert.That(there.Run(arguments), Is.EqualTo(code));
            Assert.That(there.Output.ToString(), Is.EqualTo(here.Output.ToString()));
            Assert.That(there.Error.ToString(), Is.EqualTo(here.Error.ToString()));
            Assert.That(agent.Requests, Is.EqualTo(here.Requests));
            Assert.That(there.Requests, Is.Empty, "nothing ran here");
        }
    }

    [TestCase("check")]
    [TestCase("repair")]
    public async Task A_held_lock_is_told_as_here(string verb)
    {
        var holder = new RunHolder("other", 4712, RunVerb.Repair, "--all", Samples.Noon.AddMinutes(-3));
        await using var agent = new ControlStage().Start();
        agent.Work = (_, _, _) => throw new LockHeldException(holder);
        foreach (string[] arguments in new[] { [verb, "kelvin"], [verb, "--all", "--json"], new[] { verb, "kelvin", "--json" } })
        {
            var (here, there) = (Stage(Samples.Passed), Stage(Samples.Passed));
            (here.Holder, there.Agent) = (holder, agent.Address);
            Assert.That(here.Run(arguments), Is.EqualTo(10));
            Assert.That(there.Run(arguments), Is.EqualTo(10));
            Assert.That(there.Output.ToString(), Is.EqualTo(here.Output.ToString()).And.Empty);
            Assert.That(there.Error.ToString(), Is.EqualTo(here.Error.ToString()));
        }
    }

    [TestCase("check", 0)]
    [TestCase("repair", 2)]
    public async Task An_unusable_state_directory_is_told_as_here(string verb, int code)
    {
        var fault = new SourceException(Source.Journal, Fault.Refused, "/state can't be written: it is full");
        await using var agent = new ControlStage().Start();
        agent.Work = (_, _, _) => throw fault;
        var (here, there) = (Stage(Samples.Passed), Stage(Samples.Passed));
        (here.LockFault, there.LockFault, there.Agent) = (fault, fault, agent.Address);
        Assert.That(here.Run(verb, "kelvin"), Is.EqualTo(code));
        Assert.That(there.Run(verb, "kelvin"), Is.EqualTo(code));
        Assert.That(there.Output.ToString(), Is.EqualTo(here.Output.ToString()));
        Assert.That(there.Error.ToString(), Is.EqualTo(here.Error.ToString()));
    }

    [Test]
    public async Task An_interruption_reaches_the_agent_and_ends_as_here(CancellationToken cancellationToken)
    {
        await using var agent = new ControlStage().Start();
        var desk = new Waiting();
        agent.Work = desk.RunAsync;
        var stage = Stage(Samples.Passed);
        stage.Agent = agent.Address;
        var run = Task.Run(() => stage.Run("repair", "kelvin"), cancellationToken);
        await desk.Begun.Task.WaitAsync(cancellationToken);
        await stage.Interruption.CancelAsync();
        Assert.That(await run, Is.EqualTo(2));
        Assert.That(stage.Error.ToString(), Does.EndWith("app-preflight: stopped; nothing half done is left behind: run 'app-preflight repair kelvin' again\n"));
        await desk.Ended.Task.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task An_agent_that_ends_in_the_middle_of_all_leaves_what_is_finished()
    {
        await using var agent = new ControlStage().Start();
        agent.Work = (request, _, _) => request.App == "a" ? Task.FromResult(Samples.Passed with { App = "a" }) : throw new OperationCanceledException();
        var stage = Stage(Samples.Passed);
        stage.Agent = agent.Address;
        Assert.That(stage.Run("check", "--all", "--json"), Is.EqualTo(2));
        Assert.That(stage.Output.ToString(), Does.Contain("\"app\": \"a\"").And.Not.Contain("\"app\": \"b\""));
        Assert.That(stage.Error.ToString(), Does.EndWith("app-preflight: the run was stopped by somebody else\n"));
    }

    [Test]
    public async Task The_chain_and_an_image_are_looked_at_here()
    {
        await using var agent = new ControlStage().Start();
        var stage = Stage(Samples.Passed);
        stage.Agent = agent.Address;
        stage.Answers.Enqueue(Samples.Passed);
        Assert.That(stage.Run("chain", "kelvin"), Is.Zero);
        Assert.That(stage.Run("verify", "postgres:15"), Is.Zero);
        Assert.That(agent.Requests, Is.Empty);
    }

    private static Stage Stage(PreflightReport report)
    {
        var stage = new Stage { Installed = ["a", "b"], Events = Events };
        stage.Answers.Enqueue(report);
        stage.Answers.Enqueue(report);
        return stage;
    }
}
