using System.Net.Sockets;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Reader;

/// <summary>A conversation with one reader, which systemd started for it.</summary>
internal sealed class ReaderClient : IDisposable
{
    /// <summary>A reader that says nothing for so long hangs: it tells twice a second that it lives.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int MostKnown = 100;

    private readonly LineSocket line;

    private ReaderClient(LineSocket line) => this.line = line;

    /// <returns>Null when there is none, or none for this user.</returns>
    public static ReaderClient? TryConnect(string path, TimeProvider time)
    {
        if (!File.Exists(path)) return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = (int)Patience.TotalMilliseconds };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            // who could put a socket there could put a verdict into our mouth
            if (Peer.IsTrusted(socket)) return new(new LineSocket(socket, ReaderJson.MaxBytes, time));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // nobody listens, or not for this user
        }

        socket.Dispose();
        return null;
    }

    /// <inheritdoc cref="ILayerStore.ReadAsync"/>
    public Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        ReaderRequest request, Action<StoredLayer>? finished, IProgress<long>? progress, CancellationToken cancellationToken) =>
        AskAsync(request, () => FollowAsync(request, finished, progress, cancellationToken), cancellationToken);

    /// <inheritdoc cref="ILayerStore.ReadTablesAsync"/>
    public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken)
    {
        // by these it can tell whether what lies there is this engine's
        var known = engine.Images.Take(MostKnown).Select(image => new StoredImage { Id = image.Id }).ToList();
        return AskAsync(new(engine, known, ReadingPace.Foreground) { Wanted = wanted }, () => TablesAsync(wanted, cancellationToken), cancellationToken);
    }

    public void Dispose() => line.Dispose();

    private async Task<T> AskAsync<T>(ReaderRequest request, Func<Task<T>> follow, CancellationToken cancellationToken)
    {
        try
        {
            var text = request.Line;
            if (text.Length > ReaderRequest.MaxBytes) throw new FormatException($"{request.Wanted?.Count ?? request.Images.Count} images are more than it can be asked for at once");
            await line.WriteAsync(text, Patience, cancellationToken);
            return await follow();
        }
        catch (SocketException e)
        {
            throw Silent("it ended before its answer; its log has more: journalctl -u 'app-preflight-reader@*'", e);
        }
        catch (Exception e) when (e is TimeoutException or FormatException)
        {
            throw Silent(e.Message, e);
        }
    }

    private async Task<IReadOnlyList<TableDamage>> TablesAsync(IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken)
    {
        while (await line.ReadAsync(IdleLimit, Patience, cancellationToken) is { } text)
        {
            switch (ReaderJson.Read(text))
            {
                case ReaderTables answer:
                    return answer.Tables.All(damage => wanted.Any(lookup => lookup.Image == damage.Image)) ? answer.Tables : throw new FormatException("it tells of an image that nobody asked for");
                case ReaderObstacle obstacle:
                    throw new SourceException(obstacle.Fault);
            }
        }

        throw new SocketException((int)SocketError.ConnectionReset);
    }

    private async Task<IReadOnlyDictionary<Digest, StoredContent>> FollowAsync(
        ReaderRequest request, Action<StoredLayer>? finished, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var (asked, read, hashed) = (request.Chains, new Dictionary<LayerName, StoredLayer>(), 0L);
        while (await line.ReadAsync(IdleLimit, Patience, cancellationToken) is { } text)
        {
            switch (ReaderJson.Read(text))
            {
                // a sign of life is none of a disk that hangs
                case ReaderProgress { Bytes: var bytes } when bytes != hashed:
                    progress?.Report(hashed = bytes);
                    break;
                case ReaderLayer layer:
                    if (!asked.Contains(layer.Layer.Chain) && request.Images.All(image => image.DiffIds.Count > 0)) throw new FormatException("it tells of a layer that nobody asked for");
                    read[LayerName.Of(layer.Layer)] = layer.Layer;
                    if (layer.IsFinished) finished?.Invoke(layer.Layer);
                    break;
                case ReaderContents contents:
                    return ContentsOf(request, contents, read);
                case ReaderObstacle obstacle:
                    throw new SourceException(obstacle.Fault);
            }
        }

        throw new SocketException((int)SocketError.ConnectionReset);
    }

    private static Dictionary<Digest, StoredContent> ContentsOf(ReaderRequest request, ReaderContents contents, Dictionary<LayerName, StoredLayer> read)
    {
        var told = contents.Images.DistinctBy(image => image.Id).ToDictionary(image => image.Id, image => image.Content with
        {
            Layers = [.. image.Layers.Select(layer => read.GetValueOrDefault(layer) ?? throw new FormatException("it names a layer that it did not tell of"))],
        });
        return request.Images.All(image => told.ContainsKey(image.Id)) ? told : throw new FormatException("an image is missing in its answer");
    }

    private static SourceException Silent(string why, Exception inner) =>
        new(Source.Engine, Fault.Unreachable, $"the reader of the engine's layers gave no answer: {Quote.Short(why)}", inner);
}
