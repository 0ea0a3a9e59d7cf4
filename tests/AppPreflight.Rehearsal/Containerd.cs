using System.Diagnostics;
using System.Net.Sockets;

namespace AppPreflight.Rehearsal;

/// <summary>
/// A private containerd (Debian's), laid out as the one that an engine starts itself: what an engine with the containerd image store keeps
/// below its data root. Images come in by the same client code as the engine's.
/// </summary>
internal sealed class Containerd : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Supervisor supervisor;
    private readonly string work;

    private Containerd(string work, Supervisor supervisor) => (this.work, this.supervisor) = (work, supervisor);

    /// <summary>Of the engine that such a containerd would belong to.</summary>
    public string DataRoot => Path.Combine(work, "data");

    public string ContentFolder => Path.Combine(DataRoot, "containerd/daemon/io.containerd.content.v1.content");

    private string SocketPath => Path.Combine(work, "c.sock");

    /// <exception cref="RehearsalException">No containerd on this machine, or it does not come up; its log is in the message.</exception>
    public static async Task<Containerd> StartAsync(CancellationToken cancellationToken)
    {
        var program = Programs.Containerd;
        var folder = WorkFolder.Create("c");
        var configuration = Path.Combine(folder, "config.toml");
        await File.WriteAllTextAsync(configuration, Configure(folder), cancellationToken);
        var containerd = new Containerd(folder, Supervisor.Open(folder, program, ["--config", configuration], new Dictionary<string, string>(StringComparer.Ordinal)));
        try
        {
            await containerd.ListenAsync(cancellationToken);
            return containerd;
        }
        catch
        {
            await containerd.DisposeAsync();
            throw;
        }
    }

    /// <summary>Pulls an image of this host's platform from a registry without TLS, in the engine's namespace.</summary>
    /// <exception cref="RehearsalException">It can't be pulled.</exception>
    public async Task PullAsync(string reference, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(
            Programs.ContainerdClient,
            ["--address", SocketPath, "--namespace", "moby", "images", "pull", "--plain-http", "--snapshotter", "native", reference])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var client = Process.Start(start) ?? throw new RehearsalException("cannot start ctr");
        var said = await Task.WhenAll(client.StandardOutput.ReadToEndAsync(cancellationToken), client.StandardError.ReadToEndAsync(cancellationToken));
        await client.WaitForExitAsync(cancellationToken);
        if (client.ExitCode != 0) throw new RehearsalException($"ctr cannot pull {reference}: {said[1]}");
    }

    /// <summary>The file that holds a blob's bytes: index, manifest, configuration or layer.</summary>
    public string BlobPath(string digest) => Path.Combine(ContentFolder, "blobs", digest.Replace(':', '/'));

    public ValueTask DisposeAsync() => supervisor.DisposeAsync();

    private static string Configure(string folder) => $"""
        version = 2
        root = "{folder}/data/containerd/daemon"
        state = "{folder}/state"
        disabled_plugins = ["io.containerd.grpc.v1.cri"]
        [grpc]
          address = "{folder}/c.sock"
        """;

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await supervisor.StartAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        try
        {
            while (!await ListensAsync(limit.Token))
            {
                if (!await supervisor.IsAliveAsync(limit.Token)) throw new RehearsalException($"containerd ended at once:\n{supervisor.LogTail()}");
                await Task.Delay(PollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RehearsalException($"containerd did not answer within {StartLimit.TotalSeconds} s:\n{supervisor.LogTail()}");
        }
    }

    private async Task<bool> ListensAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
