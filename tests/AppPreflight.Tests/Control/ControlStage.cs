using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>A living agent's socket in a folder of its own; what is behind it is whatever the test says.</summary>
internal sealed class ControlStage : IControlDesk, IAsyncDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("control").FullName;
    private readonly CancellationTokenSource end = new();
    private ControlServer? server;
    private Task serving = Task.CompletedTask;

    public ControlStage()
    {
        // other users have to get as far as the socket
        File.SetUnixFileMode(root, (UnixFileMode)0b111_101_101);
        Address = new(root, "unix:///engine.sock", Path.Combine(root, "state"));
    }

    public AgentAddress Address { get; init; }

    public ControlLimits Limits { get; init; } = new();

    public ControlServer Server => server ?? throw new InvalidOperationException("it was not started");

    public List<string> Log { get; } = [];

    public AgentStatus Status { get; set; } = new()
    {
        Version = "0.1.0",
        ProcessId = 42,
        Started = Cli.Samples.Noon,
        Engine = new(true, "Docker Engine 20.10.24", Cli.Samples.Noon),
    };

    /// <summary>What a run does.</summary>
    public Func<RunRequest, IProgress<RunEvent>, CancellationToken, Task<PreflightReport>> Work { get; set; } =
        static (_, _, _) => Task.FromResult(Cli.Samples.Passed);

    public List<RunRequest> Requests { get; } = [];

    public List<string> Cancelled { get; } = [];

    public bool KnowsRun { get; set; }

    public ControlServer New() => new(this, Address, "0.1.0", Log.Add, TimeProvider.System) { Limits = Limits };

    public ControlStage Start()
    {
        server = New();
        server.Open();
        serving = server.RunAsync(end.Token);
        return this;
    }

    public async Task StopAsync()
    {
        await end.CancelAsync();
        await serving;
    }

    public async Task<ControlClient> ConnectAsync(CancellationToken cancellationToken) =>
        await ControlClient.ConnectAsync(Address, Log.Add, TimeProvider.System, cancellationToken) ?? throw new InvalidOperationException("no agent");

    public RawClient Raw() => new(Address.Socket);

    /// <summary>Ends when no more than these connections live.</summary>
    public async Task DownToAsync(int connections, CancellationToken cancellationToken)
    {
        while (Server.Connections > connections)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        return Work(request, events, cancellationToken);
    }

    public bool Cancel(string run)
    {
        Cancelled.Add(run);
        return KnowsRun;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        server?.Dispose();
        end.Dispose();
        Directory.Delete(root, recursive: true);
    }
}

/// <summary>A client that keeps to nothing.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly NetworkStream stream;
    private readonly StreamReader reader;

    public RawClient(string path)
    {
        Socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Socket.Connect(new UnixDomainSocketEndPoint(path));
        stream = new NetworkStream(Socket, ownsSocket: true);
        reader = new StreamReader(stream, Encoding.UTF8);
    }

    public Socket Socket { get; }

    public Task SayAsync(string line, CancellationToken cancellationToken) => SendAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);

    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => await stream.WriteAsync(bytes, cancellationToken);

    /// <returns>Null when the other side ended the connection.</returns>
    public async Task<JsonNode?> HearAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken) is { } line ? JsonNode.Parse(line) : null;
        }
        catch (IOException)
        {
            // closed while something it had not read was on the way
            return null;
        }
    }

    /// <summary>Everything up to the end.</summary>
    public async Task<List<string>> HearAllAsync(CancellationToken cancellationToken)
    {
        var all = new List<string>();
        while (await HearAsync(cancellationToken) is { } line) all.Add(line["code"]?.GetValue<string>() ?? line["type"]!.GetValue<string>());
        return all;
    }

    public void Dispose()
    {
        reader.Dispose();
        stream.Dispose();
    }
}
