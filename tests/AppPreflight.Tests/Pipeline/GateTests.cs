using System.Diagnostics;
using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary><c>gate</c> as the App Center's hook calls it: the program as it ships, a real engine and a real registry.</summary>
[NonParallelizable]
[CancelAfter(90_000)]
internal sealed class GateTests
{
    private static readonly string Next = $"gate {Appliance.App}=2.0.0";
    private static readonly string Here = $"gate {Appliance.App}=1.10.3";

    [TestCase("stored-layer-rotten", "stored-layer-altered")]
    [TestCase("absent", "image-absent")]
    public async Task Heals_the_step_and_lets_it_pass_without_touching_later_ones(string damage, string cured, CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken, damage);
        var running = await host.LookAtContainerAsync(cancellationToken);
        var (code, report) = await RunAsync(host, Next, cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That((Text(report, "verdict"), Text(report, "installed"), Text(report, "target"), Text(report, "depth")), Is.EqualTo(("pass", "1.10.3", "2.0.0", "content")));
        Assert.That(report["chain"]!.AsArray().Select(step => Text(step!, "version")), Is.EqualTo(new[] { "2.0.0" }));
        Assert.That(report["cured"]!.AsArray().Select(finding => Text(finding!, "code")), Does.Contain(cured));
        Assert.That(await ImageProof.FaultAsync(host.Stage.Engine, host.IntermediateReference, host.Images.Intermediate, cancellationToken), Is.Null);
        Assert.That(await FindAsync(host, host.TargetReference, cancellationToken), Is.Null, "3.1.1 is no matter of this gate");
        Assert.That(await host.LookAtContainerAsync(cancellationToken), Is.EqualTo(running));
        Assert.That(ReportOf(host), Does.Not.Exist, "that one step may be taken says nothing of the steps after it");
    }

    [Test]
    public async Task Refuses_a_step_whose_image_is_rotten_at_the_registry(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken, "served-layer-rotten");
        var start = await host.Stage.Engine.Api.SnapshotAsync(cancellationToken);
        var (code, report) = await RunAsync(host, Next, cancellationToken);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(Executable.CodesOf(report), Is.EqualTo(new[] { "image-absent", "layer-altered" }));
        Assert.That(report["findings"]!.ToJsonString(), Does.Contain($"app-preflight {Next}").And.Not.Contain("app-preflight repair"));
        Assert.That(start.SameAs(await host.Stage.Engine.Api.SnapshotAsync(cancellationToken)), Is.True, "nothing was changed");
        Assert.That(ReportOf(host), Does.Exist, "status tells why");
    }

    [Test]
    public async Task Cannot_tell_without_the_registry(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        await host.Stage.Engine.Api.FetchAsync(host.IntermediateReference, null, cancellationToken);
        await host.Stage.Registry.StopAsync(cancellationToken);
        var (code, report) = await RunAsync(host, Next, cancellationToken);
        Assert.That((code, Text(report, "verdict")), Is.EqualTo((2, "unknown")));
        Assert.That(Executable.CodesOf(report), Is.EqualTo(new[] { "registry-unreachable" }));
    }

    [Test]
    public async Task Goes_straight_to_a_version_that_the_chain_passes_by(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var reference = $"{host.Repository}:1.11.0";
        await host.Stage.Registry.Api.PushAsync(host.RepositoryPath, "1.11.0", host.Images.Intermediate, cancellationToken);
        host.Offer("1.11.0", reference);
        var (code, report) = await RunAsync(host, $"check {Appliance.App}=1.11.0", cancellationToken);
        Assert.That((code, Executable.CodesOf(report).Contains("chain-gap")), Is.EqualTo((1, true)), "not on the chain");

        (code, report) = await RunAsync(host, $"gate {Appliance.App}=1.11.0", cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That((Executable.CodesOf(report).Count, Text(report, "target")), Is.EqualTo((0, "1.11.0")));
        Assert.That((await FindAsync(host, reference, cancellationToken))?.Id, Is.EqualTo(host.Images.Intermediate.ConfigDigest));
    }

    [Test]
    public async Task Lets_an_installation_pass(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        foreach (var key in (string[])["status", "version", "ucs", "image", "container"]) host.Register(key, null);
        var (code, report) = await RunAsync(host, $"gate {Appliance.App}=3.1.1", cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That((report["installed"], Text(report, "target"), Executable.CodesOf(report).Count), Is.EqualTo(((JsonNode?)null, "3.1.1", 0)));
        Assert.That((await FindAsync(host, host.TargetReference, cancellationToken))?.Id, Is.EqualTo(host.Images.Target.ConfigDigest));
    }

    [Test]
    public async Task Looks_afterwards_whether_the_container_runs_on_the_image(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        await host.Stage.Registry.StopAsync(cancellationToken);
        var (code, report) = await RunAsync(host, Here, cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That((Text(report, "depth"), Text(report, "target"), report["chain"]!.AsArray().Count, Executable.CodesOf(report).Count), Is.EqualTo(("claims", "1.10.3", 0, 0)));
        var stored = report["images"]![0]!["stored"]!;
        Assert.That(Text(stored, "id"), Is.EqualTo(host.Images.Installed.ConfigDigest));
        Assert.That(stored["inUseBy"]!.AsArray().Select(use => use!.GetValue<string>()), Is.EqualTo(new[] { $"kelvin{host.Name} (running)" }));
        Assert.That(ReportOf(host), Does.Not.Exist, "the last report on the steps to come stays");
    }

    [Test]
    public async Task Says_when_the_container_stands_on_another_image_and_pulls_nothing(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken, "container-on-old-image");
        var start = await host.Stage.Engine.Api.SnapshotAsync(cancellationToken);
        var (code, report) = await RunAsync(host, Next, cancellationToken);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(Executable.CodesOf(report), Is.EqualTo(new[] { "container-on-other-image" }));
        var finding = report["findings"]![0]!;
        Assert.That((Text(finding, "expected"), Text(finding, "observed")), Is.EqualTo((host.Images.Intermediate.ConfigDigest, host.Images.Installed.ConfigDigest)));
        Assert.That(start.SameAs(await host.Stage.Engine.Api.SnapshotAsync(cancellationToken)), Is.True);
    }

    [TestCase(true, 1, "image-absent")]
    [TestCase(false, 0, "container-absent")]
    public async Task Says_when_image_or_container_are_gone(bool untagged, int exitCode, string expected, CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        if (untagged) await host.Stage.Engine.Api.RemoveImageAsync(host.InstalledReference, force: true, cancellationToken);
        else host.Register("container", new string('a', 64));
        var (code, report) = await RunAsync(host, Here, cancellationToken);
        Assert.That((code, string.Join(' ', Executable.CodesOf(report))), Is.EqualTo((exitCode, expected)));
        Assert.That(Text(report["findings"]![0]!, "remedy"), untagged ? Is.EqualTo($"docker pull {host.InstalledReference}") : Does.Contain("univention-app start"));
    }

    [Test]
    public async Task Refuses_no_step_of_the_same_version_for_what_runs_now(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        host.Register("ucs", "5.0");
        var (code, report) = await RunAsync(host, Here, cancellationToken);
        Assert.That((code, Executable.CodesOf(report).Count), Is.EqualTo((0, 0)), report.ToJsonString());
        Assert.That(report["chain"]!.AsArray().Select(step => (Text(step!, "version"), Text(step!, "ucs"), Text(step!, "mode"))), Is.EqualTo(new[] { ("1.10.3", "5.2", "app") }));

        await host.Stage.Engine.Api.RemoveImageAsync(host.InstalledReference, force: true, cancellationToken);
        (code, report) = await RunAsync(host, Here, cancellationToken);
        Assert.That((code, Text(report, "verdict"), Executable.CodesOf(report).Contains("image-absent")), Is.EqualTo((0, "warn", true)));
    }

    [Test]
    public async Task Tells_the_containers_of_a_compose_project_by_their_labels(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var project = $"web{host.Name}";
        Write(host, $"etc/app-preflight/apps.d/{project}.yaml", $$"""
            id: {{project}}
            name: Web
            installed: { version: "1" }
            versions:
            - version: "1"
              images: [ "{{host.InstalledReference}}" ]

            """);
        var (code, report) = await RunAsync(host, $"gate {project}=1", cancellationToken);
        Assert.That((code, string.Join(' ', Executable.CodesOf(report))), Is.EqualTo((0, "container-absent")), report.ToJsonString());

        await host.Stage.Engine.Api.FetchAsync(host.TargetReference, null, cancellationToken);
        var sound = await ContainerAsync(host, project, host.InstalledReference, cancellationToken);
        (code, report) = await RunAsync(host, $"gate {project}=1", cancellationToken);
        Assert.That((code, Executable.CodesOf(report).Count), Is.EqualTo((0, 0)), report.ToJsonString());

        var other = await ContainerAsync(host, project, host.TargetReference, cancellationToken);
        (code, report) = await RunAsync(host, $"gate {project}=1", cancellationToken);
        Assert.That((code, string.Join(' ', Executable.CodesOf(report))), Is.EqualTo((1, "container-on-other-image")));
        foreach (var id in (string[])[sound, other]) await host.Stage.Engine.Api.RemoveContainerAsync(id, cancellationToken);
    }

    [TestCase("gate no-such-app=1.0", "no catalogue on this host knows an app no-such-app")]
    [TestCase("gate ucsschool-kelvin-rest-api=9.9", "no catalogue on this host lists ucsschool-kelvin-rest-api 9.9")]
    public async Task Does_not_let_pass_what_nobody_offers(string words, string message, CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        var (code, report) = await RunAsync(host, words, cancellationToken);
        Assert.That((code, string.Join(' ', Executable.CodesOf(report)), Text(report["findings"]![0]!, "message")), Is.EqualTo((1, "app-unknown", message)));
    }

    [Test]
    public async Task Waits_until_another_run_gives_the_lock_back(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        await using var held = new EngineGate(Path.Combine(host.Stage.Engine.Folder, "lock.sock"), host.Stage.Engine.SocketPath, "tag=2.0.0", GateStop.Before);
        using var repair = Start(host, $"repair {Appliance.App}", held.Host);
        await held.ReachedAsync(cancellationToken);
        using var waiting = Start(host, Next, host.Stage.Engine.Host);
        Assert.That(await waiting.StandardError.ReadLineAsync(cancellationToken), Does.Match($@"^waiting: a repair of {Appliance.App} is going on, .* by process {repair.Id}$"));
        Assert.That(waiting.HasExited, Is.False);
        held.Open();
        foreach (var process in (Process[])[repair, waiting])
        {
            var said = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            Assert.That(process.ExitCode, Is.Zero, await said);
        }
    }

    [Test]
    public async Task Stops_waiting_when_it_is_told_to(CancellationToken cancellationToken)
    {
        await using var host = await HostAsync(cancellationToken);
        await using var held = new EngineGate(Path.Combine(host.Stage.Engine.Folder, "lock.sock"), host.Stage.Engine.SocketPath, "tag=2.0.0", GateStop.Before);
        using var repair = Start(host, $"repair {Appliance.App}", held.Host);
        await held.ReachedAsync(cancellationToken);
        using var waiting = Start(host, Next, host.Stage.Engine.Host);
        await waiting.StandardError.ReadLineAsync(cancellationToken);
        using var kill = Process.Start("/bin/kill", ["-INT", $"{waiting.Id}"]);
        await waiting.WaitForExitAsync(cancellationToken);
        Assert.That(waiting.ExitCode, Is.EqualTo(2));
        Assert.That(repair.HasExited, Is.False, "the one it waited for goes on");
        repair.Kill();
        await repair.WaitForExitAsync(cancellationToken);
    }

    private static async Task<Appliance> HostAsync(CancellationToken cancellationToken, params string[] damages) =>
        await SharedStage.BuildAsync([.. damages.Select(Damages.Find)], cancellationToken);

    private static Task<(int ExitCode, JsonNode Report)> RunAsync(Appliance host, string words, CancellationToken cancellationToken) =>
        new Executable(ShippedProgram.Find(), host).ReportAsync(words, cancellationToken);

    private static Task<StoredState?> FindAsync(Appliance host, string reference, CancellationToken cancellationToken) =>
        host.Stage.Engine.Api.FindImageAsync(reference, cancellationToken);

    private static Task<string> ContainerAsync(Appliance host, string project, string image, CancellationToken cancellationToken) => host.Stage.Engine.Api.RunAsync(
        $"{project}-{Guid.NewGuid():N}", image, ["/bin/sleep", "2147483647"],
        new() { ["com.docker.compose.project"] = project, ["com.docker.compose.service"] = "web", ["com.docker.compose.oneoff"] = "False" }, cancellationToken);

    private static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();

    private static string ReportOf(Appliance host) => Path.Combine(host.State, $"reports/{Appliance.App}.json");

    private static void Write(Appliance host, string path, string text)
    {
        var full = Path.Combine(host.Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    // a job in the background (CI) inherits an ignored SIGINT; env takes that back
    private static Process Start(Appliance host, string words, string engine) => Process.Start(
        new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,TERM", ShippedProgram.Find(), .. words.Split(' '), "--json", "--root", host.Root, "--host", engine, "--state", host.State])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
