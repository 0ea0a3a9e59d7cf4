using System.Diagnostics;
using AppPreflight.Cli;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>Who may what, by the kernel's word: each case is a process of another user.</summary>
[CancelAfter(60_000)]
internal sealed class PeerTests
{
    /// <summary>Sends its arguments, one line each, COUNT times over connections of their own, and prints what comes.</summary>
    private const string Client = """
        import socket, sys
        path, count, lines = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
        kept = []
        for _ in range(count):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(20)
            try:
                s.connect(path)
            except PermissionError:
                print("EACCES")
                continue
            kept.append(s)
            answers = s.makefile("rb")
            def hear():
                line = answers.readline()
                print(line.decode()[:40].split(',"run"')[0].strip() if line else "END")
                return line
            if b'"refused"' in hear():
                hear()
                continue
            for line in lines:
                s.sendall(line.encode() + b"\n")
                hear()
        sys.stdout.flush()
        sys.stdin.read()
        """;

    private const string Status = """{"type":"status"}""";
    private const string Run = """{"type":"run","verb":"check","app":"kelvin"}""";
    private const string Cancel = """{"type":"cancel","run":"r"}""";

    [TestCase("--regid=nogroup", "--groups=adm")]
    [TestCase("--regid=adm", "--clear-groups")]
    public async Task A_member_of_adm_may_read_and_not_run(string group, string groups)
    {
        await using var stage = new ControlStage().Start();
        using var client = Start(stage, 1, [group, groups], Status, Run, Cancel, Status);
        Assert.That(await HearAsync(client, 5), Is.EqualTo(new[]
        {
            """{"type":"hello","schema":"app-preflight/""", """{"type":"status","status":{"version":"0.""",
            """{"type":"refused","code":"denied","messa""", """{"type":"refused","code":"denied","messa""", """{"type":"status","status":{"version":"0.""",
        }));
        await EndAsync(client);
        Assert.That(stage.Requests, Is.Empty);
        Assert.That(stage.Cancelled, Is.Empty);
    }

    [Test]
    public async Task A_reader_among_many_groups_is_found()
    {
        await using var stage = new ControlStage().Start();
        var many = string.Join(',', Enumerable.Range(1000, 3000)) + ",adm";
        using var client = Start(stage, 1, ["--regid=nogroup", $"--groups={many}"], Status);
        Assert.That((await HearAsync(client, 2))[1], Does.StartWith("""{"type":"status","""));
        await EndAsync(client);
    }

    [Test]
    public async Task Anybody_else_gets_nothing()
    {
        await using var stage = new ControlStage().Start();
        using var client = Start(stage, 1, ["--regid=nogroup", "--clear-groups"], Status);
        Assert.That(await HearAsync(client, 1), Is.EqualTo(new[] { "EACCES" }));
        await EndAsync(client);
    }

    [Test]
    public async Task Anybody_else_is_denied_even_where_the_file_lets_them_in()
    {
        await using var stage = new ControlStage().Start();
        File.SetUnixFileMode(stage.Address.Socket, (UnixFileMode)0b110_110_110);
        using var client = Start(stage, 1, ["--regid=nogroup", "--clear-groups"], Status);
        Assert.That(await HearAsync(client, 2), Is.EqualTo(new[] { """{"type":"refused","code":"denied","messa""", "END" }));
        await EndAsync(client);
    }

    [Test]
    public async Task A_readers_thousand_connections_keep_no_place_of_roots(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var flood = Start(stage, 1000, ["--regid=nogroup", "--groups=adm"]);
        var answers = await HearAsync(flood, stage.Limits.PlacesPerUser + (2 * (1000 - stage.Limits.PlacesPerUser)));
        Assert.That(answers.Count(answer => answer.Contains("hello", StringComparison.Ordinal)), Is.EqualTo(stage.Limits.PlacesPerUser));
        Assert.That(answers.Count(answer => answer.Contains("\"busy\"", StringComparison.Ordinal)), Is.EqualTo(1000 - stage.Limits.PlacesPerUser));
        Assert.That(stage.Server.Connections, Is.EqualTo(stage.Limits.PlacesPerUser));
        using var client = await stage.ConnectAsync(cancellationToken);
        Assert.That((await client.RunAsync(new(RunVerb.Check, "kelvin"), new Heard(), cancellationToken)).Run, Is.EqualTo(Samples.Passed.Run));
        await EndAsync(flood);
    }

    [Test]
    public void Readers_together_leave_root_its_places()
    {
        var places = new Places(new() { OwnerPlaces = 2, ReaderPlaces = 5, PlacesPerUser = 2 });
        var readers = Enumerable.Range(1000, 10).SelectMany(user => Enumerable.Repeat(new Peer((uint)user, Access.Read), 3));
        Assert.That(readers.Count(places.TryTake), Is.EqualTo(5));
        var root = new Peer(0, Access.Run);
        Assert.That(Enumerable.Repeat(root, 3).Count(places.TryTake), Is.EqualTo(2));
        Assert.That(places.Taken, Is.EqualTo(7));
        places.Return(root);
        places.Return(new(1000, Access.Read));
        Assert.That(places.TryTake(new(1009, Access.Read)), "a place that is given back is another's");
        Assert.That(places.TryTake(root));
    }

    [Test]
    public void Knows_the_group_that_may_read() => Assert.That(Peer.ReadersGroup(), Is.EqualTo(4), "Debian's adm");

    private static Process Start(ControlStage stage, int count, string[] identity, params string[] lines) => Process.Start(
        new ProcessStartInfo("/usr/bin/setpriv", ["--reuid=nobody", .. identity, "/usr/bin/python3", "-c", Client, stage.Address.Socket, $"{count}", .. lines])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        })!;

    private static async Task<List<string>> HearAsync(Process client, int lines)
    {
        var all = new List<string>();
        while (all.Count < lines && await client.StandardOutput.ReadLineAsync() is { } line) all.Add(line);
        return all;
    }

    private static async Task EndAsync(Process client)
    {
        client.StandardInput.Close();
        await client.WaitForExitAsync();
        Assert.That(client.ExitCode, Is.Zero);
    }
}
