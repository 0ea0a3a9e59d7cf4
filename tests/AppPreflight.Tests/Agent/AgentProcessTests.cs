using System.Text.Json.Nodes;
using AppPreflight.Checks;
using AppPreflight.Journal;
using AppPreflight.Pipeline;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Agent;

/// <summary>The shipped program as systemd runs it: started, watched, reloaded, stopped and killed, with a real engine and registry.</summary>
[NonParallelizable]
[CancelAfter(90_000)]
internal sealed class AgentProcessTests
{
    private const string PullNext = "tag=2.0.0";
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private DatagramListener systemd;
    private DirectoryInfo folder;

    [SetUp]
    public void Listen()
    {
        systemd = new();
        folder = Directory.CreateTempSubdirectory("app-preflight-agent-");
    }

    [TearDown]
    public async Task CleanAsync()
    {
        await systemd.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Test]
    public async Task Heals_by_itself_and_says_when_it_is_done(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        await using var agent = AgentProcess.Start(host, systemd);
        await systemd.HearAsync("READY=1", cancellationToken);
        await systemd.HearAsync("STATUS=repairing", cancellationToken);
        await systemd.HearAsync("STATUS=idle, next look", cancellationToken);
        var status = await agent.StatusAsync(cancellationToken);
        Assert.That(status.Reports.Select(report => (report.App, report.Verdict)), Is.EqualTo(new[] { (Appliance.App, Verdict.Pass) }));
        Assert.That((status.ProcessId, status.Engine.Answers, status.ConfigFault), Is.EqualTo((agent.Id, (bool?)true, (string?)null)));
        Assert.That(await ImageProof.FaultAsync(host.Stage.Engine, host.TargetReference, host.Images.Target, cancellationToken), Is.Null);
        await ExpectStopAsync(agent, "TERM", cancellationToken);
        Assert.That(systemd.Rest(), Does.Contain("STOPPING=1"));
    }

    [Test]
    public async Task Tells_a_tag_that_was_pushed_again_as_a_warning_and_goes_on_telling_it(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("tag-recompressed")], cancellationToken);
        await using var agent = AgentProcess.Start(host, systemd);
        await systemd.HearAsync("READY=1", cancellationToken);
        await systemd.HearAsync("STATUS=repairing", cancellationToken);
        await systemd.HearAsync("STATUS=idle, next look", cancellationToken);
        var report = (await agent.StatusAsync(cancellationToken)).Reports.Single();
        var finding = report.Findings.Single();
        Assert.That((report.Verdict, finding.Code, finding.Verdict, finding.Grade), Is.EqualTo((Verdict.Warn, FindingCode.TagMoved, Verdict.Warn, (TagGrade?)TagGrade.SameImage)));
        await ExpectStopAsync(agent, "TERM", cancellationToken);

        // the day after, so to speak: nothing to heal, and the same warning
        var program = new Executable(ShippedProgram.Find(), host);
        var (code, check) = await program.ReportAsync($"check {Appliance.App}", cancellationToken);
        Assert.That((code, string.Join(' ', Executable.CodesOf(check))), Is.EqualTo((0, "tag-moved")));
        Assert.That(await program.SayAsync("status", cancellationToken), Does.Contain("warning, checked").And.Contain("pushed again"));
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task Ends_clean_in_a_pull(string signal, CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        await using var gate = new EngineGate(Path.Combine(host.Stage.Engine.Folder, "gate.sock"), host.Stage.Engine.SocketPath, PullNext, GateStop.Middle);
        await using var agent = AgentProcess.Start(host, systemd, gate.Host);
        await gate.ReachedAsync(cancellationToken);
        await ExpectStopAsync(agent, signal, cancellationToken);
        Assert.That(LastMark(host), Is.EqualTo("outcome"));
        Assert.That(File.Exists(Path.Combine(host.State, "holder")), Is.False, "nobody holds the lock");
    }

    [Test]
    public async Task Ends_while_the_engine_is_absent(CancellationToken cancellationToken)
    {
        await using var agent = StartAlone();
        await systemd.HearAsync("STATUS=waiting for the engine", cancellationToken);
        var status = await agent.StatusAsync(cancellationToken);
        Assert.That((status.Engine.Answers, status.Reports.Count), Is.EqualTo(((bool?)false, 0)));
        await ExpectStopAsync(agent, "TERM", cancellationToken);
    }

    [Test]
    public async Task Ends_as_soon_as_it_is_there(CancellationToken cancellationToken)
    {
        await using var agent = StartAlone();
        await systemd.HearAsync("READY=1", cancellationToken);
        await ExpectStopAsync(agent, "TERM", cancellationToken);
    }

    [Test]
    public async Task Feeds_the_watchdog(CancellationToken cancellationToken)
    {
        await using var agent = StartAlone();
        for (var i = 0; i < 3; i++) await systemd.HearAsync("WATCHDOG=1", cancellationToken);
    }

    [Test]
    public async Task Lets_no_second_agent_in(CancellationToken cancellationToken)
    {
        await using var agent = StartAlone();
        await systemd.HearAsync("READY=1", cancellationToken);
        await using var other = new DatagramListener();
        await using var second = StartAlone(other);
        var (code, said, _) = await second.EndAsync(cancellationToken);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(said, Does.StartWith("app-preflight: ").And.Contain("agent").And.Not.Contain("   at "));
        Assert.That(other.Rest(), Is.Empty);
        Assert.That((await agent.StatusAsync(cancellationToken)).ProcessId, Is.EqualTo(agent.Id), "the first one has not noticed");
    }

    [Test]
    public async Task Keeps_the_last_good_configuration_and_says_what_is_wrong(CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder.FullName, "root/etc/app-preflight/config.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, "auto: sometimes\n", cancellationToken);
        await using var agent = StartAlone();
        await systemd.HearAsync("READY=1", cancellationToken);
        Assert.That((await agent.StatusAsync(cancellationToken)).ConfigFault, Does.Contain("config.yaml").And.Contain("sometimes"));
        await File.WriteAllTextAsync(file, "auto: check\nnightly: off\n", cancellationToken);
        await ReloadAsync(agent, cancellationToken);
        var status = await agent.StatusAsync(cancellationToken);
        Assert.That((status.ConfigFault, status.NextRun), Is.EqualTo(((string?)null, (DateTimeOffset?)null)));
        await File.WriteAllTextAsync(file, "nightly: [", cancellationToken);
        await ReloadAsync(agent, cancellationToken);
        status = await agent.StatusAsync(cancellationToken);
        Assert.That(status.ConfigFault, Does.Contain("config.yaml"));
        Assert.That(status.NextRun, Is.Null, "nightly: off is still in force");
    }

    [Test]
    public async Task Looks_and_changes_nothing_until_there_is_a_good_configuration(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var file = Path.Combine(host.Root, "etc/app-preflight/config.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, "auto: sometimes\n", cancellationToken);
        await using var agent = AgentProcess.Start(host, systemd);
        await systemd.HearAsync("STATUS=idle", cancellationToken);
        var report = (await agent.StatusAsync(cancellationToken)).Reports.Single();
        Assert.That((report.Verdict, report.Findings.Select(finding => finding.Code).Distinct()), Is.EqualTo((Verdict.Fail, new[] { FindingCode.ImageAbsent })));
        Assert.That(File.Exists(Path.Combine(host.State, "journal.jsonl")), Is.False, "no act");
    }

    [Test]
    public async Task Looks_again_when_the_engine_comes_back(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        await using var agent = AgentProcess.Start(host, systemd);
        await systemd.HearAsync("STATUS=idle", cancellationToken);
        var before = (await agent.StatusAsync(cancellationToken)).Reports.Single().Run;
        await host.Stage.Engine.StopAsync(cancellationToken);
        await systemd.HearAsync("STATUS=waiting for the engine", cancellationToken);
        await host.Stage.Engine.StartAgainAsync(cancellationToken);
        await systemd.HearAsync("STATUS=checking", cancellationToken);
        await systemd.HearAsync("STATUS=idle", cancellationToken);
        var status = await agent.StatusAsync(cancellationToken);
        Assert.That(status.Engine.Answers, Is.True);
        Assert.That((status.Reports.Single().Run == before, status.Reports.Single().Verdict), Is.EqualTo((false, Verdict.Pass)));
    }

    [Test]
    [CancelAfter(240_000)]
    public async Task Finds_a_flipped_bit_at_night_and_heals_it_by_itself(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var file = Path.Combine(host.Root, "etc/app-preflight/config.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, "nightly: off\n", cancellationToken);
        await using var agent = AgentProcess.Start(host, systemd);
        await systemd.HearAsync("STATUS=idle", cancellationToken);
        var before = (await agent.StatusAsync(cancellationToken)).Reports.Single();
        Spoiler.FlipBit(Spoiler.StoredFilePath(host.Stage.Engine, host.Images.Intermediate, host.Images.Intermediate.Layers.Count - 1, KelvinImages.TopFile));

        // the night begins with the next minute; what was proved just now by the repair is left for another one
        File.Delete(Path.Combine(host.State, "proofs.json"));
        await File.WriteAllTextAsync(file, $"nightly: \"{DateTime.Now.AddSeconds(70):HH:mm}\"\njitter: 0\n", cancellationToken);
        await ReloadAsync(agent, cancellationToken);
        await systemd.HearAsync("STATUS=reading stored layers", cancellationToken);
        await systemd.HearAsync("STATUS=repairing", cancellationToken);
        await systemd.HearAsync("STATUS=idle", cancellationToken);

        var status = await agent.StatusAsync(cancellationToken);
        var report = status.Reports.Single();
        Assert.That((before.Verdict, report.Verdict), Is.EqualTo((Verdict.Pass, Verdict.Pass)));
        Assert.That(report.Cured.Select(finding => finding.Code), Does.Contain(FindingCode.StoredLayerAltered));
        Assert.That(await ImageProof.FaultAsync(host.Stage.Engine, host.IntermediateReference, host.Images.Intermediate, cancellationToken), Is.Null);
        agent.Signal("TERM");
        var (_, said, _) = await agent.EndAsync(cancellationToken);
        Assert.That(said, Does.Contain($"scrub: {host.IntermediateReference}: the stored layer sha256:").And.Contain($"is not as it was pulled: {KelvinImages.TopFile} (content)"));
    }

    [Test]
    [CancelAfter(300_000)]
    public async Task Loses_nothing_when_it_is_killed_at_20_random_moments_of_a_repair(CancellationToken cancellationToken)
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var container = await host.LookAtContainerAsync(cancellationToken);
        var interrupted = 0;
        for (var round = 1; round <= 20; round++)
        {
            await ForgetAsync(host, cancellationToken);
            await using (var killed = AgentProcess.Start(host, systemd))
            {
                await systemd.HearAsync("STATUS=repairing", cancellationToken);
                // the one wait by the clock: what is tested is a moment nobody chose
                await Task.Delay(random.Next(600), cancellationToken);
                killed.Kill();
                await killed.EndAsync(cancellationToken);
            }

            systemd.Rest();
            if (new JournalDirectory(host.State).Unfinished().Count > 0) interrupted++;
            Assert.That(await ImageProof.FaultAsync(host.Stage.Engine, host.InstalledReference, host.Images.Installed, cancellationToken), Is.Null, $"round {round}: the installed version");
            await using var next = AgentProcess.Start(host, systemd);
            await systemd.HearAsync("STATUS=idle", cancellationToken);
            Assert.That((await next.StatusAsync(cancellationToken)).Reports.Single().Verdict, Is.EqualTo(Verdict.Pass), $"round {round}");
            Assert.That(new JournalDirectory(host.State).Unfinished(), Is.Empty, $"round {round}: reconciled");
            Assert.That(await host.LookAtContainerAsync(cancellationToken), Is.EqualTo(container));
            await ExpectStopAsync(next, "TERM", cancellationToken);
            systemd.Rest();
        }

        Assert.That(await ImageProof.FaultAsync(host.Stage.Engine, host.TargetReference, host.Images.Target, cancellationToken), Is.Null);
        Assert.That(interrupted, Is.Positive, "at least one act was under way");
        TestContext.Out.WriteLine($"seed {Seed}: {interrupted} of 20 left an act open");
    }

    private AgentProcess StartAlone(DatagramListener? listener = null)
    {
        var root = Directory.CreateDirectory(Path.Combine(folder.FullName, "root")).FullName;
        return AgentProcess.Start(root, $"unix://{folder.FullName}/nothing.sock", Path.Combine(folder.FullName, "state"), listener ?? systemd);
    }

    private async Task ReloadAsync(AgentProcess agent, CancellationToken cancellationToken)
    {
        agent.Signal("HUP");
        await systemd.HearAsync("RELOADING=1", cancellationToken);
        await systemd.HearAsync("READY=1", cancellationToken);
    }

    private static async Task ExpectStopAsync(AgentProcess agent, string signal, CancellationToken cancellationToken)
    {
        agent.Signal(signal);
        var (code, said, after) = await agent.EndAsync(cancellationToken);
        Assert.That(code, Is.Zero, said);
        Assert.That(after, Is.LessThan(StopLimit));
        Assert.That(File.Exists(agent.Address.Socket), Is.False, "the socket is gone");
    }

    // what the repair has pulled; then there is something to repair again
    private static async Task ForgetAsync(Appliance host, CancellationToken cancellationToken)
    {
        foreach (var reference in new[] { host.IntermediateReference, host.TargetReference })
            if (await host.Stage.Engine.Api.FindImageAsync(reference, cancellationToken) is not null) await host.Stage.Engine.Api.RemoveImageAsync(reference, force: false, cancellationToken);
    }

    private static string LastMark(Appliance host) =>
        JsonNode.Parse(File.ReadLines(Path.Combine(host.State, "journal.jsonl")).Last())!["mark"]!.GetValue<string>();
}
