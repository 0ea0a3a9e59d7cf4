using System.Diagnostics;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>What the program tells an operator to type, typed: docker's own client against the real engine.</summary>
[NonParallelizable]
internal sealed class OperatorCommandsTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task Heals_a_rotten_base_layer_under_a_running_container_when_its_commands_are_typed(CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([Damages.Find("stored-base-layer-rotten")], cancellationToken);
        await TypeAndPassAsync(appliance, cancellationToken);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Heals_it_too_where_images_were_built_on_it_and_stopped_containers_stand_on_them(CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([Damages.Find("stored-base-layer-rotten")], cancellationToken);
        var api = appliance.Stage.Engine.Api;
        // a child with the layers of its parent and one that is stopped; a second name; one that has no name at all
        await DockerAsync(appliance, $"create --name {appliance.Name}-stopped {appliance.IntermediateReference} /bin/true", cancellationToken);
        await DockerAsync(appliance, $"commit {appliance.Name}-stopped {appliance.Repository}:mine", cancellationToken);
        await DockerAsync(appliance, $"commit {appliance.Name}-stopped", cancellationToken);
        await DockerAsync(appliance, $"create --name {appliance.Name}-child {appliance.Repository}:mine /bin/true", cancellationToken);
        await api.TagAsync(appliance.Images.Intermediate.ConfigDigest, $"{appliance.Name}-alias:1", cancellationToken);
        await TypeAndPassAsync(appliance, cancellationToken);
    }

    private static async Task TypeAndPassAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var program = new Executable(ShippedProgram.Find(), appliance);
        var (_, report) = await program.ReportAsync($"check {Appliance.App} --content", cancellationToken);
        var asked = report["actions"]!.AsArray().First(action => action!["commands"]!.AsArray().Count > 0)!;
        var commands = asked["commands"]!.AsArray().Select(command => command!.GetValue<string>()).ToList();
        Assert.That(report["reach"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(commands[^2..], Is.EqualTo(new[] { $"univention-app reinitialize {Appliance.App}", $"app-preflight check {Appliance.App} --content" }));

        foreach (var command in commands.Where(command => command.StartsWith("docker ", StringComparison.Ordinal)))
            await DockerAsync(appliance, command["docker ".Length..], cancellationToken);

        var (_, after) = await program.ReportAsync($"check {Appliance.App} --content", cancellationToken);
        Assert.That(Executable.CodesOf(after), Is.EqualTo(new[] { "image-absent" }), "3.1.1, which never was there");
        Assert.That(after["reach"]!.AsArray(), Is.Empty);
        Assert.That(await ImageProof.FaultAsync(appliance.Stage.Engine, appliance.InstalledReference, appliance.Images.Installed, cancellationToken), Is.Null);
        // in place of the App Center, which is not here
        await DockerAsync(appliance, $"run -d --network none --security-opt apparmor=unconfined --name again{appliance.Name} {appliance.InstalledReference} /bin/sleep 60", cancellationToken);
        await DockerAsync(appliance, $"rm -f again{appliance.Name}", cancellationToken);
        Assert.That((await program.ReportAsync($"repair {Appliance.App}", cancellationToken)).ExitCode, Is.Zero);
    }

    private static async Task DockerAsync(Appliance appliance, string words, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Programs.Docker, ["-H", appliance.Stage.Engine.Host, .. words.Split(' ')])
        { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var docker = Process.Start(start)!;
        var said = docker.StandardError.ReadToEndAsync(cancellationToken);
        await docker.StandardOutput.ReadToEndAsync(cancellationToken);
        await docker.WaitForExitAsync(cancellationToken);
        Assert.That(docker.ExitCode, Is.Zero, $"docker {words}: {await said}");
    }
}
