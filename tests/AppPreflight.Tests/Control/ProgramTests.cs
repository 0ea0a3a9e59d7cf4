using System.Diagnostics;
using System.Text;
using AppPreflight.Cli;
using AppPreflight.Images;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>The program as it is built, beside an agent that lives.</summary>
[CancelAfter(60_000)]
internal sealed class ProgramTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "app-preflight");

    [Test]
    public async Task Has_the_agent_run_what_it_is_asked_for(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        stage.Work = static (_, events, _) =>
        {
            events.Report(new Noted("from the agent"));
            return Task.FromResult(Samples.Failed);
        };
        using var process = Start(stage, "repair", "kelvin=2.0.0", "--json");
        var complaints = process.StandardError.ReadToEndAsync(cancellationToken);
        Assert.That(await process.StandardOutput.ReadToEndAsync(cancellationToken), Is.EqualTo(Encoding.UTF8.GetString(ReportJson.Write(Samples.Failed))));
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(await complaints, Is.EqualTo("from the agent\n"));
        Assert.That(process.ExitCode, Is.EqualTo(1));
        Assert.That(stage.Requests, Is.EqualTo(new[] { new RunRequest(RunVerb.Repair, "kelvin", "2.0.0") { Depth = Depth.Content } }));
    }

    [Test]
    public async Task Shows_what_the_agent_knows(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        stage.Status = stage.Status with { Installed = [new(Samples.App, "1.10.3")], Reports = [Samples.Passed] };
        using var process = Start(stage, "status", "--json");
        var status = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(process.ExitCode, Is.Zero);
        Assert.That(status, Does.Contain("Docker Engine 20.10.24").And.Contain($"\"run\": \"{Samples.Passed.Run}\""));
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    public async Task Tells_the_agent_when_it_is_interrupted(string signal, CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        var desk = new Waiting();
        stage.Work = desk.RunAsync;
        using var process = Start(stage, "repair", "kelvin");
        await desk.Begun.Task.WaitAsync(cancellationToken);
        using var kill = Process.Start("/bin/kill", [$"-{signal}", $"{process.Id}"]);
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(process.ExitCode, Is.EqualTo(2));
        await desk.Ended.Task.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task A_killed_command_stops_its_run(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        var desk = new Waiting();
        stage.Work = desk.RunAsync;
        using var process = Start(stage, "repair", "kelvin");
        await desk.Begun.Task.WaitAsync(cancellationToken);
        process.Kill();
        await desk.Ended.Task.WaitAsync(cancellationToken);
        await stage.DownToAsync(0, cancellationToken);
    }

    [Test]
    public async Task Runs_here_what_names_other_logins_than_the_agents(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var process = Start(stage, ["DOCKER_CONFIG=/nowhere"], "check", "kelvin");
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(stage.Requests, Is.Empty);
        Assert.That(process.ExitCode, Is.Not.Zero, "there is no such app here");
    }

    private static Process Start(ControlStage stage, params string[] arguments) => Start(stage, ["-u", "DOCKER_CONFIG"], arguments);

    // a job in the background (CI) inherits an ignored SIGINT; env takes that back
    private static Process Start(ControlStage stage, string[] environment, params string[] arguments) => Process.Start(
        new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,TERM", .. environment, Program, .. arguments,
            "--root", stage.Address.Root, "--host", stage.Address.Host, "--state", stage.Address.State])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
