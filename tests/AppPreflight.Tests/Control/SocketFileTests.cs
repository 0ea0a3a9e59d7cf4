using System.Diagnostics;
using System.Net.Sockets;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>One agent at a time, and a socket only of those it is for.</summary>
[CancelAfter(30_000)]
internal sealed class SocketFileTests
{
    [Test]
    public async Task Is_for_its_owner_and_the_group_that_may_read()
    {
        await using var stage = new ControlStage().Start();
        Assert.That(File.GetUnixFileMode(stage.Address.Socket),
            Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite));
        Assert.That(await SayAsync("/usr/bin/stat", "-c", "%U:%G", stage.Address.Socket), Is.EqualTo("root:adm\n"));
        Assert.That(stage.Log, Is.Empty);
    }

    [Test]
    public async Task Takes_the_place_of_a_killed_agent(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage();
        Directory.CreateDirectory(stage.Address.Folder);
        // what a killed process leaves: a bound file that nobody listens on
        var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(stage.Address.Socket));
        dead.SafeHandle.Dispose();
        Assert.That(File.Exists(stage.Address.Socket));
        stage.Start();
        using var client = await stage.ConnectAsync(cancellationToken);
        Assert.That(await client.StatusAsync(cancellationToken), Is.Not.Null);
    }

    [Test]
    public async Task Leaves_a_living_agent_its_socket(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var second = stage.New();
        Assert.That(second.Open, Throws.TypeOf<SourceException>().With.Message.EqualTo($"another agent answers on {stage.Address.Socket}"));
        // also one that keeps to no lock
        File.Delete(Path.Combine(stage.Address.Folder, "agent.lock"));
        Assert.That(second.Open, Throws.TypeOf<SourceException>().With.Message.EqualTo($"another agent answers on {stage.Address.Socket}"));
        using var client = await stage.ConnectAsync(cancellationToken);
        Assert.That(await client.StatusAsync(cancellationToken), Is.Not.Null, "the first one lives on");
    }

    [Test]
    public async Task Of_many_that_start_together_one_lives()
    {
        await using var stage = new ControlStage();
        var servers = Enumerable.Range(0, 20).Select(_ => stage.New()).ToList();
        var living = 0;
        Parallel.ForEach(servers, server =>
        {
            try
            {
                server.Open();
                Interlocked.Increment(ref living);
            }
            catch (SourceException)
            {
                // not this one
            }
        });
        Assert.That(living, Is.EqualTo(1));
        foreach (var server in servers) server.Dispose();
        Assert.That(File.Exists(stage.Address.Socket), Is.False);
    }

    [Test]
    public async Task Says_when_the_path_is_too_long_for_a_socket()
    {
        await using var stage = new ControlStage();
        var root = "/" + new string('r', 100);
        using var server = new ControlServer(stage, new(root, "h", "/s"), "0", stage.Log.Add, TimeProvider.System);
        Assert.That(server.Open, Throws.TypeOf<SourceException>().With.Message.EqualTo(
            $"the control socket can't be at {root}/run/app-preflight/control.sock: a socket's path has at most 107 bytes, this one has 132; choose a shorter --root"));
    }

    [Test]
    public async Task Says_when_its_folder_can_not_be_used()
    {
        await using var stage = new ControlStage();
        await File.WriteAllTextAsync(Path.Combine(stage.Address.Root, "run"), "a file");
        using var server = stage.New();
        Assert.That(server.Open, Throws.TypeOf<SourceException>().With.Message.StartsWith($"the control socket {stage.Address.Socket} can't be made: "));
    }

    private static async Task<string> SayAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }
}
