using System.Net;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The private engine comes and goes without a trace, and its containers outlive its daemon.</summary>
[NonParallelizable]
internal sealed class EngineTests
{
    private static bool SomethingLeft(string folder) =>
        Directory.Exists(folder)
        || ControlGroups(Supervisor.GroupOf(folder)).Any()
        || File.ReadAllText("/proc/self/mounts").Contains(folder, StringComparison.Ordinal)
        || Directory.EnumerateDirectories("/proc").Any(process => CommandLine(process).Contains(folder, StringComparison.Ordinal));

    private static IEnumerable<string> ControlGroups(string name) =>
        Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup")
            .Select(controller => Path.Combine(controller, name)).Where(Directory.Exists);

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Is_the_engine_of_the_target_system_and_takes_further_configuration(CancellationToken cancellationToken)
    {
        var options = new EngineOptions
        {
            Configuration = new() { ["registry-mirrors"] = new JsonArray("http://127.0.0.1:1/") },
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HTTPS_PROXY"] = "http://127.0.0.1:2" },
        };
        await using var engine = await Engine.StartAsync(options, cancellationToken);
        var answer = await engine.Api.GetAsync("/info", cancellationToken);
        Assert.That(answer["ServerVersion"]!.GetValue<string>(), Does.StartWith("20.10.24"));
        Assert.That(answer["Driver"]!.GetValue<string>(), Is.EqualTo("overlay2"));
        Assert.That(answer["DockerRootDir"]!.GetValue<string>(), Is.EqualTo(engine.DataRoot));
        Assert.That(answer["HttpsProxy"]!.GetValue<string>(), Is.EqualTo("http://127.0.0.1:2"));
        Assert.That(answer["RegistryConfig"]!["Mirrors"]![0]!.GetValue<string>(), Is.EqualTo("http://127.0.0.1:1/"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Leaves_no_process_no_mount_and_no_file_behind(CancellationToken cancellationToken)
    {
        var stage = await Stage.OpenAsync(new(), cancellationToken);
        await Appliance.BuildAsync(stage, new("gone") { LayerSizeBytes = 1000 }, cancellationToken);
        var (engine, registry) = (stage.Engine.Folder, stage.Registry.Folder);
        Assert.That(SomethingLeft(engine) && SomethingLeft(registry), Is.True, "they ran");
        Assert.That(ControlGroups(Supervisor.GroupOf(engine)), Is.Not.Empty, "and the container had a control group of ours");

        await stage.DisposeAsync();

        Assert.That(SomethingLeft(engine), Is.False);
        Assert.That(SomethingLeft(registry), Is.False);
    }

    [TestCase(false)]
    [TestCase(true)]
    [CancelAfter(60_000)]
    public async Task Container_runs_on_through_a_restart_and_a_crash_of_the_daemon(bool crash, CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        var engine = appliance.Stage.Engine;
        var before = await appliance.LookAtContainerAsync(cancellationToken);

        await (crash ? engine.KillAsync(cancellationToken) : engine.StopAsync(cancellationToken));
        Assert.That(await engine.Api.PingAsync(cancellationToken), Is.False);
        await engine.StartAgainAsync(cancellationToken);

        Assert.That(await appliance.LookAtContainerAsync(cancellationToken), Is.EqualTo(before));
        Assert.That(before.Running, Is.True);
    }

    [Test]
    [CancelAfter(60_000)]
    public void Says_why_when_the_daemon_does_not_come_up(CancellationToken cancellationToken)
    {
        var nonsense = new EngineOptions { Configuration = new() { ["no-such-option"] = true } };
        Assert.That(
            async () => await Engine.StartAsync(nonsense, cancellationToken),
            Throws.TypeOf<RehearsalException>().With.Message.Contain("no-such-option"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Tells_an_unknown_image_from_a_refusal(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        Assert.That(await stage.Engine.Api.FindImageAsync("no-such-image:1", cancellationToken), Is.Null);
        Assert.That(
            async () => await stage.Engine.Api.RemoveImageAsync("no-such-image:1", force: false, cancellationToken),
            Throws.TypeOf<EngineRefusedException>().With.Property(nameof(EngineRefusedException.Status)).EqualTo(HttpStatusCode.NotFound));
    }
}
