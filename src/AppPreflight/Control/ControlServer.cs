using System.Net.Sockets;
using AppPreflight.Ports;

namespace AppPreflight.Control;

/// <summary>The agent's end of the control socket: docs/formats.md, "The control socket".</summary>
/// <param name="version">The program's version, for the hello.</param>
/// <param name="told">Takes sentences for the log: a socket that can't have its group, an accept that failed, a run that broke.</param>
internal sealed class ControlServer(IControlDesk desk, AgentAddress address, string version, Action<string> told, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(800);

    private readonly Lock gate = new();
    private readonly HashSet<Task> sessions = [];
    private SocketFile? file;
    private uint? readers;
    private Places? places;
    private StatusShelf? shelf;

    public ControlLimits Limits { get; init; } = new();

    /// <summary>Connections that live.</summary>
    public int Connections => places?.Taken ?? 0;

    /// <summary>Claims the socket and listens: who connects from here on is served as soon as <see cref="RunAsync"/> runs.</summary>
    /// <exception cref="SourceException">Another agent lives, the path is too long, or the folder can't be used.</exception>
    public void Open()
    {
        if (file is not null) return;
        readers = Peer.ReadersGroup();
        places = new Places(Limits);
        shelf = new StatusShelf(desk, Limits.StatusAge, time);
        file = SocketFile.Claim(address, readers, told);
    }

    /// <summary>Serves until it is cancelled; then ends every connection, waits a moment for them, and removes the socket. Nothing a client does makes it throw.</summary>
    /// <exception cref="SourceException">As <see cref="Open"/>, which it calls where nobody did.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Open();
        try
        {
            await AcceptAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // the way it ends
        }
        finally
        {
            Dispose();
        }

        await EndedAsync();
    }

    public void Dispose() => Interlocked.Exchange(ref file, null)?.Dispose();

    // out of descriptors or memory, accept fails at once and again: it pauses, longer each time
    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        var listener = file!.Listener;
        for (var pause = TimeSpan.Zero; ;)
        {
            try
            {
                Welcome(await listener.AcceptAsync(cancellationToken), cancellationToken);
                pause = TimeSpan.Zero;
            }
            catch (SocketException e) when (!cancellationToken.IsCancellationRequested)
            {
                if (pause == TimeSpan.Zero) told($"a connection to the control socket could not be accepted: {e.Message}");
                pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(10) : pause * 2 > LongestPause ? LongestPause : pause * 2;
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private void Welcome(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            var peer = Peer.Of(socket, readers);
            if (peer.Access == Access.None) Refuse(socket, RefusalCode.Denied, $"only root and members of the group {Peer.ReadersName} may speak to the agent");
            else if (!places!.TryTake(peer)) Refuse(socket, RefusalCode.Busy, "there are too many connections to the agent already");
            else Begin(socket, peer, cancellationToken);
        }
        catch (SocketException)
        {
            // gone before it was looked at
            socket.Dispose();
        }
    }

    private static void Refuse(Socket socket, RefusalCode code, string why)
    {
        using (socket) LineSocket.TryWrite(socket, ControlJson.Refused(code, why).Span);
    }

    private void Begin(Socket socket, Peer peer, CancellationToken cancellationToken)
    {
        var session = ServeAsync(socket, peer, cancellationToken);
        lock (gate) sessions.Add(session);
        _ = session.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Forget(Task session)
    {
        lock (gate) sessions.Remove(session);
    }

    private async Task ServeAsync(Socket socket, Peer peer, CancellationToken cancellationToken)
    {
        // off the accepting task: what a session does first may take its time
        await Task.Yield();
        try
        {
            using var line = new LineSocket(socket, ControlLimits.RequestBytes, time);
            var session = new Session(line, peer.Access, desk, shelf!, Limits, told, time);
            await session.ServeAsync(ControlJson.Hello(address, version, peer.Access), cancellationToken);
        }
        catch (Exception e)
        {
            told($"a connection to the control socket ended by a bug ({e.GetType().Name}: {e.Message})");
        }
        finally
        {
            places!.Return(peer);
        }
    }

    private async Task EndedAsync()
    {
        Task[] open;
        lock (gate) open = [.. sessions];
        await Task.WhenAny(Task.WhenAll(open), Task.Delay(LastWords, time, CancellationToken.None));
    }
}
