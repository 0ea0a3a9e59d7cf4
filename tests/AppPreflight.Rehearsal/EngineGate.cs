using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>When a gate holds a request up.</summary>
internal enum GateStop
{
    /// <summary>Before the engine hears of it.</summary>
    Before,

    /// <summary>When its answer begins: a pull is going on.</summary>
    Middle,

    /// <summary>The engine is done, and nobody has been told.</summary>
    After,
}

/// <summary>Stands between the program and the engine's socket, and holds up one request until it is opened: exact moments instead of sleeps.</summary>
internal sealed class EngineGate : IAsyncDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource end = new();
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string enginePath;
    private readonly Predicate<string> isMeant;
    private readonly int nth;
    private readonly GateStop stop;
    private readonly Task accepting;
    private readonly ConcurrentQueue<string> lines = new();
    private int seen;

    /// <param name="path">Where to listen.</param>
    /// <param name="enginePath">The engine's own socket.</param>
    /// <param name="words">What the request line of the request to hold contains; the first one counts.</param>
    /// <param name="stop">Where to hold it.</param>
    public EngineGate(string path, string enginePath, string words, GateStop stop)
        : this(path, enginePath, line => line.Contains(words, StringComparison.Ordinal), 1, stop)
    {
    }

    /// <param name="path">Where to listen.</param>
    /// <param name="enginePath">The engine's own socket.</param>
    /// <param name="isMeant">Of a request line: whether it counts.</param>
    /// <param name="nth">Which of those to hold, from 1.</param>
    /// <param name="stop">Where to hold it.</param>
    public EngineGate(string path, string enginePath, Predicate<string> isMeant, int nth, GateStop stop)
    {
        (this.enginePath, this.isMeant, this.nth, this.stop) = (enginePath, isMeant, nth, stop);
        Host = $"unix://{path}";
        File.Delete(path);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(64);
        accepting = AcceptAsync();
    }

    public string Host { get; }

    /// <summary>The lines of the requests that counted so far.</summary>
    public IReadOnlyList<string> Seen => [.. lines];

    /// <summary>A request that has the engine do something. Acts come on connections of their own, so none is overlooked.</summary>
    public static bool IsAct(string line) => line.StartsWith("DELETE ", StringComparison.Ordinal) || line.StartsWith("POST ", StringComparison.Ordinal);

    /// <summary>Ends when the request stands at the gate.</summary>
    public Task ReachedAsync(CancellationToken cancellationToken) => reached.Task.WaitAsync(cancellationToken);

    public void Open() => opened.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true) _ = ServeAsync(await listener.AcceptAsync(end.Token));
    }

    private async Task ServeAsync(Socket accepted)
    {
        try
        {
            await using var client = new NetworkStream(accepted, ownsSocket: true);
            var first = new byte[16384];
            var count = await client.ReadAsync(first, end.Token);
            var line = Encoding.ASCII.GetString(first, 0, count).Split('\r')[0];
            var isHeld = IsNth(line);
            if (isHeld && stop == GateStop.Before) await HoldAsync();
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(enginePath), end.Token);
            await using var engine = new NetworkStream(socket, ownsSocket: true);
            await engine.WriteAsync(first.AsMemory(0, count), end.Token);
            var up = client.CopyToAsync(engine, end.Token);
            if (isHeld && stop != GateStop.Before) await HoldAnswerAsync(engine, client, up);
            // whichever side ends first ends the other, as on a real connection
            await Task.WhenAny(up, engine.CopyToAsync(client, end.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // a killed program and a stopped engine are what this is for
        }
    }

    private bool IsNth(string line)
    {
        if (!isMeant(line)) return false;
        lines.Enqueue(line);
        return Interlocked.Increment(ref seen) == nth;
    }

    private async Task HoldAnswerAsync(NetworkStream engine, NetworkStream client, Task up)
    {
        var answer = new MemoryStream();
        var block = new byte[16384];
        do
        {
            var count = await engine.ReadAsync(block, end.Token);
            if (count == 0) break;
            answer.Write(block, 0, count);
        }
        while (stop == GateStop.After && !IsWhole(answer.ToArray()));
        reached.TrySetResult();
        if (await Task.WhenAny(opened.Task, up) == up) throw new IOException("the program went away");
        await client.WriteAsync(answer.ToArray(), end.Token);
    }

    // a pull's answer is chunked and ends with an empty chunk; a removal's comes in one piece
    private static bool IsWhole(byte[] answer) =>
        !Encoding.ASCII.GetString(answer).Contains("chunked", StringComparison.Ordinal) || answer.AsSpan().EndsWith("\r\n0\r\n\r\n"u8);

    private Task HoldAsync()
    {
        reached.TrySetResult();
        return opened.Task.WaitAsync(end.Token);
    }
}
