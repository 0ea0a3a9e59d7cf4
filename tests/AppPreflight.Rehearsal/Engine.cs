using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>What a private engine gets beyond the ordinary.</summary>
internal sealed record EngineOptions
{
    /// <summary>Entries of daemon.json: registry-mirrors, insecure-registries ...</summary>
    public JsonObject Configuration { get; init; } = [];

    /// <summary>Where the daemon keeps everything; null for a folder of its own.</summary>
    public string? DataRoot { get; init; }

    /// <summary>Environment of the daemon: HTTP_PROXY, HTTPS_PROXY, NO_PROXY (the only way for this engine to get a proxy).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>A private Docker engine in a folder of its own: the very 20.10.24 of UCS 5.2, apart from any engine of the host.</summary>
/// <remarks>Containers survive a restart of the daemon (live-restore), so that "untouched" can be asserted across one.</remarks>
internal sealed class Engine : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Supervisor supervisor;

    private Engine(string folder, string dataRoot, Supervisor supervisor)
    {
        Folder = folder;
        DataRoot = dataRoot;
        this.supervisor = supervisor;
        Api = new EngineApi(SocketPath);
    }

    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "docker.sock");

    /// <summary>What <c>--host</c> and DOCKER_HOST take.</summary>
    public string Host => $"unix://{SocketPath}";

    public string DataRoot { get; }

    public EngineApi Api { get; }

    /// <exception cref="RehearsalException">No dockerd on this machine, or it does not come up; its log is in the message.</exception>
    public static async Task<Engine> StartAsync(EngineOptions options, CancellationToken cancellationToken)
    {
        var program = Programs.DockerDaemon;
        var folder = WorkFolder.Create("e");
        await WriteConfigurationAsync(folder, options, cancellationToken);
        var dataRoot = options.DataRoot ?? Path.Combine(folder, "data");
        var engine = new Engine(folder, dataRoot, Supervisor.Open(folder, program, Arguments(folder, dataRoot), options.Environment));
        try
        {
            await engine.StartAgainAsync(cancellationToken);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the daemon after <see cref="StopAsync"/> or <see cref="KillAsync"/>, and waits until it answers.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await supervisor.StartAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        try
        {
            while (!await Api.PingAsync(limit.Token))
            {
                if (!await supervisor.IsAliveAsync(limit.Token))
                    throw new RehearsalException($"dockerd ended at once:\n{supervisor.LogTail()}");
                await Task.Delay(PollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RehearsalException($"dockerd did not answer within {StartLimit.TotalSeconds} s:\n{supervisor.LogTail()}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => supervisor.StopAsync(cancellationToken);

    /// <summary>Ends the daemon without any chance to write, as a crash does; containers go on.</summary>
    public Task KillAsync(CancellationToken cancellationToken) => supervisor.KillAsync(cancellationToken);

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await StartAgainAsync(cancellationToken);
    }

    public string LogTail(int lines = 15) => supervisor.LogTail(lines);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await supervisor.DisposeAsync();
    }

    // cgroupfs: a host with systemd would else have to be told a slice. ip-forward: a setting of the host, none of ours to change.
    private static string[] Arguments(string folder, string dataRoot) =>
    [
        "--config-file", $"{folder}/daemon.json", "--data-root", dataRoot, "--exec-root", $"{folder}/exec",
        "--pidfile", $"{folder}/pid", "-H", $"unix://{folder}/docker.sock", "--storage-driver", "overlay2",
        "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", $"/{Supervisor.GroupOf(folder)}",
        "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
    ];

    private static Task WriteConfigurationAsync(string folder, EngineOptions options, CancellationToken cancellationToken)
    {
        var configuration = options.Configuration.DeepClone().AsObject();
        configuration.TryAdd("live-restore", true);
        return File.WriteAllTextAsync(Path.Combine(folder, "daemon.json"), configuration.ToJsonString(), cancellationToken);
    }
}
