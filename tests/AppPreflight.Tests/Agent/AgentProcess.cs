using System.Diagnostics;
using AppPreflight.Control;
using AppPreflight.Pipeline;
using AppPreflight.Rehearsal;

namespace AppPreflight.Agent;

/// <summary>The shipped agent in a process of its own, with this test in systemd's place.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task<string> complaints;

    private AgentProcess(AgentAddress address, Process process)
    {
        (Address, this.process) = (address, process);
        complaints = process.StandardError.ReadToEndAsync();
    }

    public AgentAddress Address { get; }

    public int Id => process.Id;

    /// <summary>Starts it; what it tells systemd arrives at the listener.</summary>
    public static AgentProcess Start(string root, string engine, string state, DatagramListener systemd, int watchdogMicroseconds = 1_000_000)
    {
        // env takes back an ignored SIGINT that a background job inherits
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,TERM,HUP", ShippedProgram.Find(), "agent", "--root", root, "--host", engine, "--state", state])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in new[] { "JOURNAL_STREAM", "WATCHDOG_PID", "DOCKER_CONFIG" }) start.Environment.Remove(name);
        start.Environment["NOTIFY_SOCKET"] = systemd.Address;
        start.Environment["WATCHDOG_USEC"] = $"{watchdogMicroseconds}";
        return new(new(root, engine, state), Process.Start(start)!);
    }

    public static AgentProcess Start(Appliance host, DatagramListener systemd, string? engine = null) =>
        Start(host.Root, engine ?? host.Stage.Engine.Host, host.State, systemd);

    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Kill() => process.Kill();

    /// <returns>Its exit code, what it said, and how long that took from now.</returns>
    public async Task<(int Code, string Said, TimeSpan After)> EndAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await complaints, clock.Elapsed);
    }

    public async Task<AgentStatus> StatusAsync(CancellationToken cancellationToken) =>
        await ControlClient.AskAsync(Address, TimeProvider.System, cancellationToken) ?? throw new InvalidOperationException("the agent does not answer");

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
