using System.Net.Sockets;
using System.Text.Json;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>A conversation with the living agent.</summary>
internal sealed class ControlClient : IDisposable
{
    private const int LongestReply = 4 * ReportJson.MaxBytes;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HalfReply = TimeSpan.FromSeconds(30);

    private readonly LineSocket line;

    private ControlClient(LineSocket line) => this.line = line;

    /// <summary>The agent of this appliance; null when none lives, when it looks after another one, or when this user may not speak to it.</summary>
    /// <param name="told">Takes one sentence about an agent that lives and does not answer.</param>
    public static Task<ControlClient?> ConnectAsync(AgentAddress wanted, Action<string> told, TimeProvider time, CancellationToken cancellationToken) =>
        // most hosts of a command line have no agent: they pay for one look at a file
        File.Exists(wanted.Socket) ? TryConnectAsync(wanted, told, time, cancellationToken) : Task.FromResult<ControlClient?>(null);

    /// <summary>What the agent of this appliance knows; null when there is none that speaks to this user.</summary>
    /// <exception cref="IOException">It lives, and does not say; the message says why.</exception>
    public static async Task<AgentStatus?> AskAsync(AgentAddress wanted, TimeProvider time, CancellationToken cancellationToken)
    {
        using var client = await ConnectAsync(wanted, static _ => throw new IOException("it takes no questions"), time, cancellationToken);
        return client is null ? null : await client.StatusAsync(cancellationToken) ?? throw new IOException("its answer can't be used, or did not come");
    }

    /// <returns>What the agent knows; null when it does not say so within a second.</returns>
    public async Task<AgentStatus?> StatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            await line.WriteAsync(new StatusAsked().Line, Patience, cancellationToken);
            while (await line.ReadAsync(Patience, Patience, cancellationToken) is { } text)
            {
                if (Read(text, static root => root.Text("type") == "status" && root.Find("status") is { } status ? AgentStatusJson.Read(status) : null) is { } read) return read;
            }
        }
        catch (Exception e) when (e is SocketException or TimeoutException or FormatException)
        {
            // as good as no agent
        }

        return null;
    }

    /// <summary>Has the agent run it. Cancelled, it tells the agent, waits for the end for a moment, and throws.</summary>
    /// <exception cref="LockHeldException">Another process's run is going on.</exception>
    /// <exception cref="AgentException">The agent refused, or ended meanwhile.</exception>
    public async Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var end = new CancellationTokenSource();
        try
        {
            await line.WriteAsync(new RunAsked(request).Line, Patience, cancellationToken);
            await using var stop = cancellationToken.UnsafeRegister(_ => Stop(end), null);
            return await FollowAsync(events, end.Token) ?? throw Ended(request, null);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("the run was stopped", e, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            throw Ended(request, e);
        }
        catch (FormatException e)
        {
            throw new AgentException($"the agent's answer can't be read: {e.Message}", e);
        }
    }

    public void Dispose() => line.Dispose();

    private static async Task<ControlClient?> TryConnectAsync(AgentAddress wanted, Action<string> told, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = (int)Patience.TotalMilliseconds };
        ControlClient? client = null;
        try
        {
            // not the asynchronous one: that fails at once where others stand in the queue
            socket.Connect(new UnixDomainSocketEndPoint(wanted.Socket));
            if (!Peer.IsTrusted(socket)) return null;
            var talk = new ControlClient(new LineSocket(socket, LongestReply, time));
            if (await talk.IsAgentOfAsync(wanted, cancellationToken)) client = talk;
        }
        catch (Exception e) when (e is TimeoutException or SocketException { SocketErrorCode: SocketError.WouldBlock or SocketError.TimedOut })
        {
            told("the agent does not answer; this goes on without it");
        }
        catch (Exception e) when (e is SocketException or FormatException or ArgumentException)
        {
            // nobody listens, not for this user, or it speaks another language
        }
        finally
        {
            if (client is null) socket.Dispose();
        }

        return client;
    }

    private async Task<bool> IsAgentOfAsync(AgentAddress wanted, CancellationToken cancellationToken) =>
        await line.ReadAsync(Patience, Patience, cancellationToken) is { } hello && Read(hello, Address) == wanted;

    private static AgentAddress? Address(JsonElement hello) => (hello.Text("type"), hello.Text("schema"), hello.Text("code")) switch
    {
        ("hello", ControlJson.SchemaName, _) => new(hello.Needed("root"), hello.Needed("host"), hello.Needed("state")),
        ("refused", _, "busy") => throw new TimeoutException("no place is left"),
        _ => null,
    };

    private async Task<PreflightReport?> FollowAsync(IProgress<RunEvent> events, CancellationToken end)
    {
        while (await line.ReadAsync(Timeout.InfiniteTimeSpan, HalfReply, end) is { } text)
        {
            switch (Read<object>(text, Reply))
            {
                case RunEvent value:
                    events.Report(value);
                    break;
                case PreflightReport report:
                    return report;
                case Exception refusal:
                    throw refusal;
            }
        }

        return null;
    }

    // what a later agent tells besides is passed over
    private static object? Reply(JsonElement reply) => reply.Text("type") switch
    {
        "event" => EventJson.Read(reply),
        "report" => ReportJson.Read(reply.Find("report") ?? throw new FormatException("there is no report in it")),
        "refused" => Refusal(reply),
        _ => null,
    };

    private static Exception Refusal(JsonElement reply) => WireNames.Find<RefusalCode>(reply.Text("code")) switch
    {
        RefusalCode.LockHeld => new LockHeldException(reply.Find("holder") is { } holder ? AgentStatusJson.Holder(holder) : null),
        RefusalCode.Stopping => new SocketException((int)SocketError.Shutdown),
        RefusalCode.Cancelled => new AgentException("the run was stopped by somebody else"),
        var code => new AgentException(reply.Needed("message")) { IsFailure = code == RefusalCode.Failed },
    };

    private static T? Read<T>(ReadOnlyMemory<byte> text, Func<JsonElement, T?> read) where T : class =>
        OciJson.Read(text, "the agent's answer", LongestReply, read);

    private void Stop(CancellationTokenSource end)
    {
        line.TryWrite(new CancelAsked(null).Line.Span);
        end.CancelAfter(Farewell);
    }

    private static AgentException Ended(RunRequest request, Exception? inner) =>
        new($"the agent ended during the {request.Verb.Wire()} of {request.App}; run the command again", inner);
}
