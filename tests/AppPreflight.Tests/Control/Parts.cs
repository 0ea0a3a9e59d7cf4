using System.Net.Sockets;
using System.Text;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>Keeps what it is told, in order.</summary>
internal sealed class Heard : IProgress<RunEvent>
{
    public List<RunEvent> Events { get; } = [];

    public void Report(RunEvent value) => Events.Add(value);
}

/// <summary>A run that goes on until it is cancelled.</summary>
internal sealed class Waiting
{
    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        events.Report(new RunStarted("run"));
        Begun.TrySetResult();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            Ended.TrySetResult();
        }

        return Cli.Samples.Passed;
    }
}

/// <summary>Listens where an agent would, says one line (or nothing), and is silent from then on.</summary>
internal sealed class FalseAgent : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("control").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task serving;

    public FalseAgent(string? hello)
    {
        Address = new(root, "h", "/s");
        Directory.CreateDirectory(Address.Folder);
        listener.Bind(new UnixDomainSocketEndPoint(Address.Socket));
        listener.Listen();
        serving = ServeAsync(hello?.Replace("ROOT", root, StringComparison.Ordinal));
    }

    public AgentAddress Address { get; }

    /// <summary>The connection breaks, as when the process is killed.</summary>
    public void End() => end.TrySetResult();

    public void Dispose()
    {
        End();
        listener.Dispose();
        serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        Directory.Delete(root, recursive: true);
    }

    private async Task ServeAsync(string? hello)
    {
        using var client = await listener.AcceptAsync();
        if (hello is not null) await client.SendAsync(Encoding.UTF8.GetBytes(hello + "\n"));
        await end.Task;
    }
}
