using System.Net.Sockets;
using System.Text;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Reader;

/// <summary>A reader behind its socket, as systemd would start one for each connection; what it reads is what the test says.</summary>
internal sealed class ReaderStage : ILayerStore, IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("reader").FullName;
    private readonly CancellationTokenSource end = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task accepting;

    public ReaderStage()
    {
        Path = System.IO.Path.Combine(folder, "reader.sock");
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        accepting = AcceptAsync();
    }

    public string Path { get; }

    /// <summary>What a reading does.</summary>
    public Func<EngineState, IReadOnlyList<StoredImage>, ReadingPace, Action<StoredLayer>, IProgress<long>, CancellationToken, Task<IReadOnlyDictionary<Digest, StoredContent>>> Work { get; set; } =
        static (_, _, _, _, _, _) => Task.FromResult<IReadOnlyDictionary<Digest, StoredContent>>(new Dictionary<Digest, StoredContent>());

    /// <summary>What a look into the tables does.</summary>
    public Func<EngineState, IReadOnlyList<PullLookup>, IReadOnlyList<TableDamage>> Tables { get; set; } = static (_, _) => [];

    /// <summary>What answers in place of a reader; null for a real one.</summary>
    public Func<LineSocket, Task>? Instead { get; set; }

    public int Connections { get; private set; }

    public LayerDoor Door(bool mayReadAll = false, ILayerStore? direct = null) => new(direct ?? new Pipeline.NoLayers(), Path, mayReadAll, TimeProvider.System);

    public Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken) => Work(engine, images, pace, finished!, progress!, cancellationToken);

    public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers) => new Dictionary<ChainId, string>();

    public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken) =>
        Task.FromResult(Tables(engine, wanted));

    /// <summary>Says these lines, and returns the reader's first word that is no sign of life; null when it hangs up without one.</summary>
    public async Task<string?> SayAsync(string text, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellationToken);
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await using var stream = new NetworkStream(socket);
        using var lines = new StreamReader(stream);
        string? line;
        try
        {
            do line = await lines.ReadLineAsync(cancellationToken);
            while (line?.Contains("progress", StringComparison.Ordinal) == true);
            return line;
        }
        catch (IOException)
        {
            // what was said and not read resets a connection at its end
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await listener.AcceptAsync(end.Token);
            Connections++;
            using var line = new LineSocket(socket, ReaderRequest.MaxBytes, TimeProvider.System);
            await (Instead is { } other ? other(line) : new ReaderSession(line, this, TimeProvider.System).ServeAsync(end.Token));
        }
    }
}
