using System.Text;
using AppPreflight.Cli;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>Whatever a client does costs that client its connection, and nobody else anything.</summary>
[CancelAfter(60_000)]
internal sealed class HostileClientTests
{
    private static readonly RunRequest Request = new(RunVerb.Check, "kelvin");

    private static readonly ControlLimits Short = new()
    {
        FirstRequest = TimeSpan.FromMilliseconds(200),
        HalfLine = TimeSpan.FromMilliseconds(200),
        Idle = TimeSpan.FromMilliseconds(200),
        Write = TimeSpan.FromMilliseconds(200),
    };

    private static readonly string[] Nonsense =
    [
        "", "hello", "{", "}", "null", "[]", "5", "\"status\"", "{}", "{\"type\":null}", "{\"type\":5}", "{\"type\":[\"status\"]}", "{\"type\":\"\\ud800\"}",
        "{\"type\":\"status\",\"type\":\"status\"}", "{\"type\":\"status\"} {}", "\u0000\u0001\u0002", "GET / HTTP/1.1\r", "{\"type\":\"cancel\"}", "{\"type\":\"cancel\",\"run\":5}",
        "{\"type\":\"run\"}", "{\"type\":\"run\",\"verb\":\"check\"}", "{\"type\":\"run\",\"verb\":\"check\",\"app\":\"\"}", "{\"type\":\"run\",\"verb\":\"check\",\"app\":{}}",
        "{\"type\":\"run\",\"verb\":\"chain\",\"app\":\"a\"}", "{\"type\":\"run\",\"verb\":\"1\",\"app\":\"a\"}", "{\"type\":\"run\",\"verb\":\"Check\",\"app\":\"a\"}",
        "{\"type\":\"run\",\"verb\":\"check\",\"app\":\"a\",\"depth\":\"1\"}", "{\"type\":\"run\",\"verb\":\"check\",\"app\":\"a\",\"target\":7}",
        "{\"type\":\"run\",\"verb\":\"check\",\"app\":\"" + new string('a', 201) + "\"}",
        "{\"type\":\"status\",\"x\":" + new string('[', 30_000) + new string(']', 30_000) + "}",
        "{\"type\":\"status\",\"x\":\"" + new string('x', ControlLimits.RequestBytes) + "\"}",
    ];

    [TestCaseSource(nameof(Nonsense))]
    public async Task Ends_a_connection_that_talks_nonsense(string line, CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = stage.Raw();
        await client.SayAsync(line, cancellationToken);
        Assert.That(await client.HearAllAsync(cancellationToken), Is.EqualTo(new[] { "hello", "bad-request" }));
        await ExpectWellAsync(stage, cancellationToken);
        Assert.That(stage.Requests, Has.Count.EqualTo(1), "only the sane one ran");
    }

    [Test]
    public async Task Ends_a_connection_that_sends_random_bytes(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            using var client = stage.Raw();
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            try
            {
                await client.SendAsync([.. bytes, (byte)'\n'], cancellationToken);
            }
            catch (IOException)
            {
                // ended before all of it was sent
            }

            Assert.That((await client.HearAllAsync(cancellationToken))[^1], Is.EqualTo("bad-request"));
        }

        await ExpectWellAsync(stage, cancellationToken);
    }

    [Test]
    public async Task Reads_no_more_of_an_endless_line_than_a_request_may_have(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        using var client = stage.Raw();
        var sent = 0L;
        var block = Encoding.ASCII.GetBytes(new string('x', 65536));
        Assert.That(async () =>
        {
            for (; sent < 1L << 30; sent += block.Length) await client.SendAsync(block, cancellationToken);
        }, Throws.InstanceOf<IOException>());
        Assert.That(sent, Is.LessThan(2 << 20), "what the kernel holds, and one request");
        await ExpectWellAsync(stage, cancellationToken);
    }

    [TestCase("", "too-slow")]
    [TestCase("{\"type\":", "too-slow")]
    [TestCase("{\"type\":\"dance\"}\n", "unknown-request", "too-slow")]
    [TestCase("{\"type\":\"dance\"}\n{", "unknown-request", "too-slow")]
    public async Task Ends_a_connection_that_is_silent(string text, params string[] answers)
    {
        await using var stage = new ControlStage { Limits = Short }.Start();
        using var client = stage.Raw();
        await client.SendAsync(Encoding.UTF8.GetBytes(text), CancellationToken.None);
        Assert.That(await client.HearAllAsync(CancellationToken.None), Is.EqualTo(new[] { "hello" }.Concat(answers)));
    }

    [Test]
    public async Task Gives_a_line_its_time_once_however_slowly_it_trickles(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage { Limits = Short with { FirstRequest = TimeSpan.FromMinutes(1) } }.Start();
        using var client = stage.Raw();
        var hearing = client.HearAllAsync(cancellationToken);
        while (!hearing.IsCompleted)
        {
            try
            {
                await client.SendAsync([(byte)' '], cancellationToken);
            }
            catch (IOException)
            {
                break;
            }
        }

        Assert.That((await hearing)[^1], Is.EqualTo("too-slow").Or.EqualTo("bad-request"), "its time is over, or its bytes are");
    }

    [Test]
    public async Task Ten_thousand_connections_take_no_more_than_their_places(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        var clients = new List<RawClient>();
        var refused = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var client = stage.Raw();
            clients.Add(client);
            if (i < stage.Limits.OwnerPlaces) continue;
            Assert.That(await client.HearAllAsync(cancellationToken), Is.EqualTo(new[] { "busy" }));
            refused++;
            // two ends of each are open in this process; that there were many does not need all of them to stay
            if (clients.Count > 1000) Release(clients, stage.Limits.OwnerPlaces);
        }

        Assert.That(refused, Is.EqualTo(10_000 - stage.Limits.OwnerPlaces));
        Assert.That(stage.Server.Connections, Is.EqualTo(stage.Limits.OwnerPlaces));
        Release(clients, 0);
        await stage.DownToAsync(0, cancellationToken);
        await ExpectWellAsync(stage, cancellationToken);
    }

    [Test]
    public async Task Clients_that_come_and_go_at_once_leave_nothing_behind(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        for (var i = 0; i < 10_000; i++) stage.Raw().Dispose();
        // who is looked at after all of them comes when all of them were
        using (var last = stage.Raw()) await last.HearAsync(cancellationToken);
        await stage.DownToAsync(0, cancellationToken);
        await ExpectWellAsync(stage, cancellationToken);
        Assert.That(stage.Log, Is.Empty);
    }

    [Test]
    public async Task A_client_that_never_reads_neither_stops_the_run_nor_fills_memory(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage { Limits = new() { Write = TimeSpan.FromMilliseconds(500) } }.Start();
        var told = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Work = async (_, events, token) =>
        {
            var most = 0;
            for (var i = 0; i < 200_000; i++)
            {
                events.Report(i % 2 == 0 ? new Noted(new string('n', 2000)) : new BytesMoved("pull", $"layer {i}", i, null));
                most = Math.Max(most, ((EventQueue)events).Count);
                if (i % 1000 == 0) await Task.Yield();
            }

            told.SetResult(most);
            try
            {
                // more than the kernel takes for a client that reads nothing
                for (var i = 0; !token.IsCancellationRequested; i++)
                {
                    events.Report(new Noted(new string('n', 2000)));
                    await Task.Yield();
                }
            }
            finally
            {
                ended.SetResult();
            }

            token.ThrowIfCancellationRequested();
            return Samples.Passed;
        };
        using var deaf = stage.Raw();
        await deaf.SayAsync("""{"type":"run","verb":"repair","app":"kelvin"}""", cancellationToken);
        Assert.That(await told.Task.WaitAsync(cancellationToken), Is.LessThanOrEqualTo(stage.Limits.QueuedEvents));
        await ended.Task.WaitAsync(cancellationToken);
        await stage.DownToAsync(0, cancellationToken);
        stage.Work = static (_, _, _) => Task.FromResult(Samples.Passed);
        await ExpectWellAsync(stage, cancellationToken);
    }

    [Test]
    public async Task A_client_that_never_reads_its_status_is_ended(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage { Limits = new() { Write = TimeSpan.FromMilliseconds(200) } }.Start();
        stage.Status = stage.Status with { ConfigFault = new string('f', 5_000_000) };
        using var deaf = stage.Raw();
        await deaf.SayAsync("""{"type":"status"}""", cancellationToken);
        await deaf.HearAsync(cancellationToken);
        await stage.DownToAsync(0, cancellationToken);
        Assert.That(stage.Log, Is.Empty);
    }

    [TestCase("")]
    [TestCase("{\"type\":\"status\"}\n")]
    [TestCase("nonsense\n")]
    public async Task A_client_that_goes_away_or_talks_on_stops_its_run(string text, CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage().Start();
        var desk = new Waiting();
        stage.Work = desk.RunAsync;
        using var client = stage.Raw();
        await client.SayAsync("""{"type":"run","verb":"repair","app":"kelvin"}""", cancellationToken);
        await desk.Begun.Task.WaitAsync(cancellationToken);
        await client.SendAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        if (text.Length == 0) client.Dispose();
        await desk.Ended.Task.WaitAsync(cancellationToken);
        await stage.DownToAsync(0, cancellationToken);
        Assert.That(stage.Log, Is.Empty);
    }

    [Test]
    public async Task Cancels_without_end_are_answered_one_by_one(CancellationToken cancellationToken)
    {
        await using var stage = new ControlStage { Limits = new() { Write = TimeSpan.FromMilliseconds(300) } }.Start();
        var desk = new Waiting();
        stage.Work = desk.RunAsync;
        using var deaf = stage.Raw();
        await deaf.SayAsync("""{"type":"run","verb":"repair","app":"kelvin"}""", cancellationToken);
        await desk.Begun.Task.WaitAsync(cancellationToken);
        var line = Encoding.UTF8.GetBytes("{\"type\":\"cancel\",\"run\":\"other\"}\n");
        Assert.That(async () =>
        {
            while (true) await deaf.SendAsync(line, cancellationToken);
        }, Throws.InstanceOf<IOException>(), "it does not read the answers, so it is ended");
        await desk.Ended.Task.WaitAsync(cancellationToken);
    }

    private static async Task ExpectWellAsync(ControlStage stage, CancellationToken cancellationToken)
    {
        using var client = await stage.ConnectAsync(cancellationToken);
        Assert.That((await client.RunAsync(Request, new Heard(), cancellationToken)).Run, Is.EqualTo(Samples.Passed.Run));
    }

    private static void Release(List<RawClient> clients, int keep)
    {
        foreach (var client in clients.Skip(keep)) client.Dispose();
        clients.RemoveRange(keep, clients.Count - keep);
    }
}
