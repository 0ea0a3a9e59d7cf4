using System.Diagnostics;
using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>The real program in a real process, stopped, robbed of engine or registry, or met by a second one at exact moments of a repair.</summary>
[NonParallelizable]
internal sealed class InterruptedRunTests
{
    private const string Purge = "DELETE /v1.41/images/";
    private const string PullNext = "tag=2.0.0";
    private const string PullLast = "tag=release3.1.1";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "app-preflight");

    [TestCase(Purge, GateStop.Before)]
    [TestCase(Purge, GateStop.After)]
    [TestCase(PullNext, GateStop.Before)]
    [TestCase(PullNext, GateStop.Middle)]
    [TestCase(PullLast, GateStop.After)]
    [CancelAfter(60_000)]
    public async Task A_killed_repair_is_looked_at_afresh_and_healed_by_the_next(string request, GateStop stop, CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var running = await host.LookAtContainerAsync(cancellationToken);
        await using (var gate = Gate(host, request, stop))
        {
            using var repair = Start(host, "repair", gate.Host);
            await gate.ReachedAsync(cancellationToken);
            repair.Kill();
            await repair.WaitForExitAsync(cancellationToken);
        }

        Assert.That(Marks(host)[^1], Is.EqualTo("intent"), "what it was about to do");
        var (code, report) = await RunAsync(host, "check", cancellationToken);
        Assert.That(Marks(host)[^1], Is.EqualTo("reconciled"), "the next check has looked");
        Assert.That(report["notes"]!.ToJsonString(), Does.Contain("was interrupted"));
        Assert.That(report["bytes"]!["hashed"]!.GetValue<long>(), Is.Positive, "and read the image through");
        if (stop == GateStop.Before) Assert.That(code, Is.EqualTo(1));
        await ExpectHealedAsync(host, running, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_second_run_ends_at_once_and_names_the_first(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        await using var gate = Gate(host, PullNext, GateStop.Before);
        using var first = Start(host, "repair", gate.Host);
        await gate.ReachedAsync(cancellationToken);
        var clock = Stopwatch.StartNew();
        using var second = Start(host, "repair", host.Stage.Engine.Host);
        var complaint = await second.StandardError.ReadToEndAsync(cancellationToken);
        await second.WaitForExitAsync(cancellationToken);
        Assert.That(second.ExitCode, Is.EqualTo(10));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That(complaint, Does.Contain("a repair of ucsschool-kelvin-rest-api is going on").And.Contain($"process {first.Id}"));
        gate.Open();
        Assert.That((await EndAsync(first, cancellationToken)).Code, Is.Zero, "the first one goes on undisturbed");
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    [CancelAfter(60_000)]
    public async Task An_interrupted_pull_ends_clean(string signal, CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var running = await host.LookAtContainerAsync(cancellationToken);
        await using (var gate = Gate(host, PullNext, GateStop.Middle))
        {
            using var repair = Start(host, "repair", gate.Host);
            await gate.ReachedAsync(cancellationToken);
            var clock = Stopwatch.StartNew();
            using var kill = Process.Start("/bin/kill", [$"-{signal}", $"{repair.Id}"]);
            var (code, _) = await EndAsync(repair, cancellationToken);
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
            Assert.That(code, Is.EqualTo(2));
        }

        Assert.That(Marks(host)[^1], Is.EqualTo("outcome"));
        Assert.That(File.Exists(Path.Combine(host.State, "holder")), Is.False, "nobody holds the lock");
        await ExpectHealedAsync(host, running, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_engine_restarted_between_look_and_repair_costs_nothing(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var running = await host.LookAtContainerAsync(cancellationToken);
        await using var gate = Gate(host, Purge, GateStop.Before);
        using var repair = Start(host, "repair", gate.Host);
        await gate.ReachedAsync(cancellationToken);
        await host.Stage.Engine.RestartAsync(cancellationToken);
        gate.Open();
        Assert.That((await EndAsync(repair, cancellationToken)).Code, Is.Zero, "the acts reach the new daemon, and the second look proves them");
        await ExpectHealedAsync(host, running, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_engine_that_dies_in_a_pull_is_no_pass(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var running = await host.LookAtContainerAsync(cancellationToken);
        await using (var gate = Gate(host, PullNext, GateStop.Before))
        {
            using var repair = Start(host, "repair", gate.Host);
            await gate.ReachedAsync(cancellationToken);
            await host.Stage.Engine.KillAsync(cancellationToken);
            gate.Open();
            var (code, report) = await EndAsync(repair, cancellationToken);
            Assert.That(code, Is.EqualTo(1), $"{report}");
            Assert.That(Codes(report), Does.Contain("engine-unreachable").And.Contain("pull-refused"));
            Assert.That(report!["cured"]!.AsArray(), Is.Empty, "nobody could look");
        }

        await host.Stage.SettleAsync(cancellationToken);
        await ExpectHealedAsync(host, running, cancellationToken);
    }

    [TestCase(Purge, GateStop.Before, 1)]
    [TestCase(PullNext, GateStop.Before, 1)]
    [TestCase(PullLast, GateStop.After, 2)]
    [CancelAfter(60_000)]
    public async Task A_registry_that_goes_away_is_no_pass(string request, GateStop stop, int exitCode, CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var running = await host.LookAtContainerAsync(cancellationToken);
        await using (var gate = Gate(host, request, stop))
        {
            using var repair = Start(host, "repair", gate.Host);
            await gate.ReachedAsync(cancellationToken);
            await host.Stage.Registry.StopAsync(cancellationToken);
            gate.Open();
            var (code, report) = await EndAsync(repair, cancellationToken);
            Assert.That(code, Is.EqualTo(exitCode), $"{report}");
            Assert.That(Codes(report), Does.Contain("registry-unreachable"));
        }

        Assert.That(await host.Stage.Engine.Api.FindImageAsync(host.InstalledReference, cancellationToken), Is.Not.Null);
        await host.Stage.SettleAsync(cancellationToken);
        await ExpectHealedAsync(host, running, cancellationToken);
    }

    private static async Task<Appliance> HostAsync(CancellationToken cancellationToken) =>
        await SharedStage.BuildAsync([Damages.Find("stored-layer-rotten")], cancellationToken);

    private static EngineGate Gate(Appliance host, string request, GateStop stop) =>
        new(Path.Combine(host.Stage.Engine.Folder, "gate.sock"), host.Stage.Engine.SocketPath, request, stop);

    private static async Task ExpectHealedAsync(Appliance host, RunningContainer running, CancellationToken cancellationToken)
    {
        var (code, report) = await RunAsync(host, "repair", cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That(await host.LookAtContainerAsync(cancellationToken), Is.EqualTo(running));
        (string Reference, BuiltImage Image)[] wanted =
        [
            (host.InstalledReference, host.Images.Installed), (host.IntermediateReference, host.Images.Intermediate), (host.TargetReference, host.Images.Target),
        ];
        foreach (var (reference, image) in wanted)
            Assert.That(await ImageProof.FaultAsync(host.Stage.Engine, reference, image, cancellationToken), Is.Null);
    }

    private static List<string> Marks(Appliance host) =>
        [.. File.ReadLines(Path.Combine(host.State, "journal.jsonl")).Select(line => JsonNode.Parse(line)!["mark"]!.GetValue<string>())];

    private static List<string> Codes(JsonNode? report) => [.. report!["findings"]!.AsArray().Select(finding => finding!["code"]!.GetValue<string>())];

    private static async Task<(int Code, JsonNode Report)> RunAsync(Appliance host, string verb, CancellationToken cancellationToken)
    {
        using var process = Start(host, verb, host.Stage.Engine.Host);
        var (code, report) = await EndAsync(process, cancellationToken);
        return (code, report ?? throw new AssertionException($"{verb} told nothing"));
    }

    private static async Task<(int Code, JsonNode? Report)> EndAsync(Process process, CancellationToken cancellationToken)
    {
        var complaints = process.StandardError.ReadToEndAsync(cancellationToken);
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        await complaints;
        return (process.ExitCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    // a job in the background (CI) inherits an ignored SIGINT, and a program that is told to ignore it does; env takes that back
    private static Process Start(Appliance host, string verb, string engine) => Process.Start(
        new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,TERM", Program, verb, Appliance.App, "--json", "--root", host.Root, "--host", engine, "--state", host.State])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
