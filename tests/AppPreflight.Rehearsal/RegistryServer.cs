using System.Net;
using System.Net.Sockets;

namespace AppPreflight.Rehearsal;

/// <summary>How a registry is to be started. Port 0 takes a free one.</summary>
/// <param name="Port">Taken as it is; in use by somebody else: a RehearsalException.</param>
/// <param name="Account">The one account that is let in (htpasswd, basic authentication), or null for everybody.</param>
/// <param name="Tls">Serves https with a certificate of its own, see <see cref="RegistryServer.CertificatePath"/>.</param>
/// <param name="Further">More of config.yml as text, whole top-level sections (auth by token, proxy ...).</param>
/// <param name="Schema1">Takes manifests of schema 1, and makes them of others for those who ask for nothing newer.</param>
internal sealed record RegistryOptions(int Port = 0, NetworkCredential? Account = null, bool Tls = false, string Further = "", bool Schema1 = false);

/// <summary>A real registry (Debian's docker-registry, Distribution 2.8) on loopback, with its files where damages can reach them.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly Supervisor supervisor;

    private RegistryServer(string folder, int port, RegistryOptions options, Supervisor supervisor)
    {
        Folder = folder;
        Port = port;
        this.supervisor = supervisor;
        Api = new RegistryApi(options.Tls ? new($"https://{Authority}") : new($"http://{Authority}"), options.Account, CertificatePath);
    }

    public string Folder { get; }

    public int Port { get; }

    /// <summary>What stands before the first slash of a reference.</summary>
    public string Authority => $"127.0.0.1:{Port}";

    /// <summary>The certificate to trust, where the registry speaks TLS.</summary>
    public string CertificatePath => Path.Combine(Folder, "tls.crt");

    public RegistryApi Api { get; }

    /// <exception cref="RehearsalException">No docker-registry on this machine, or it does not come up; its log is in the message.</exception>
    public static async Task<RegistryServer> StartAsync(RegistryOptions options, CancellationToken cancellationToken)
    {
        var program = Programs.Registry;
        var port = FreePort(options.Port);
        var folder = WorkFolder.Create("r");
        await File.WriteAllTextAsync(Path.Combine(folder, "config.yml"), Configure(folder, port, options), cancellationToken);
        var server = new RegistryServer(
            folder, port, options, Supervisor.Open(folder, program, ["serve", Path.Combine(folder, "config.yml")], NoEnvironment));
        try
        {
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it after <see cref="StopAsync"/>, on the same port and files.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await supervisor.StartAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        try
        {
            while (!await Api.AnswersAsync(limit.Token))
            {
                if (!await supervisor.IsAliveAsync(limit.Token))
                    throw new RehearsalException($"docker-registry ended at once:\n{supervisor.LogTail()}");
                await Task.Delay(PollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RehearsalException($"docker-registry does not answer:\n{supervisor.LogTail()}");
        }
    }

    /// <summary>Stops it: from now on connections are refused.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (await supervisor.IsAliveAsync(cancellationToken)) await supervisor.KillAsync(cancellationToken);
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await StartAgainAsync(cancellationToken);
    }

    /// <summary>The file that holds a blob's bytes (config, layer or manifest); served without any check.</summary>
    /// <remarks>Source: distribution, registry/storage/paths.go (blobDataPathSpec).</remarks>
    public string BlobPath(string digest)
    {
        var hex = digest["sha256:".Length..];
        return Path.Combine(Folder, "storage/docker/registry/v2/blobs/sha256", hex[..2], hex, "data");
    }

    public string LogTail(int lines = 15) => supervisor.LogTail(lines);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await supervisor.DisposeAsync();
    }

    // Whoever holds the port already would answer in place of our registry, and nobody would notice.
    private static int FreePort(int wanted)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, wanted);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException taken)
        {
            throw new RehearsalException($"port {wanted} is in use or not ours to take", taken);
        }
    }

    private static string Configure(string folder, int port, RegistryOptions options)
    {
        var text = $$"""
            version: 0.1
            log: { level: info, accesslog: { disabled: false } }
            storage:
              filesystem: { rootdirectory: {{folder}}/storage }
              delete: { enabled: true }
              maintenance: { uploadpurging: { enabled: false } }
            http:
              addr: 127.0.0.1:{{port}}
              secret: rehearsal

            """;
        if (options.Tls)
        {
            LoopbackCertificate.Write($"{folder}/tls.crt", $"{folder}/tls.key");
            text += $"  tls: {{ certificate: {folder}/tls.crt, key: {folder}/tls.key }}\n";
        }

        if (options.Account is { } account)
        {
            File.WriteAllText($"{folder}/htpasswd", Htpasswd.Line(account.UserName, account.Password));
            text += $"auth: {{ htpasswd: {{ realm: rehearsal, path: {folder}/htpasswd }} }}\n";
        }

        if (options.Schema1) text += "compatibility: { schema1: { enabled: true } }\n";
        return text + options.Further;
    }
}
