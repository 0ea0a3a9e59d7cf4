using System.Net.Sockets;
using System.Threading.Channels;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Reader;

/// <summary>The reader's one conversation: a request, what is found while it is read, an end. Ends when its peer hangs up.</summary>
internal sealed class ReaderSession(LineSocket line, ILayerStore layers, TimeProvider time)
{
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(30);

    /// <summary>How often it tells that it lives.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    private readonly Channel<ReadOnlyMemory<byte>> found = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });
    private long hashed;

    /// <summary>Nothing the peer does makes it throw.</summary>
    public async Task ServeAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (token, hearing) = (end.Token, Task.CompletedTask);
        try
        {
            if (await line.ReadAsync(RequestLimit, RequestLimit, stop) is not { } text) return;
            var request = ReaderRequest.Read(text);
            hearing = HearEndAsync(end);
            await TellAsync(Task.Run(() => ReadAsync(request, token), CancellationToken.None), token);
        }
        catch (FormatException e)
        {
            line.TryWrite(ReaderJson.Obstacle(new(Source.Engine, Fault.Malformed, e.Message)).Span);
        }
        catch (Exception e) when (e is SocketException or TimeoutException or OperationCanceledException)
        {
            // nobody is there to be told; a thread that hangs in a disk does not keep the process
        }
        finally
        {
            await end.CancelAsync();
            await hearing;
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(ReaderRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Wanted is { } wanted)
                return ReaderJson.Tables(await layers.ReadTablesAsync(request.Engine with { Images = request.Images }, wanted, cancellationToken));
            var told = new HashSet<LayerName>();
            var contents = await layers.ReadAsync(request.Engine, request.Images, request.Pace, layer => Tell(told, layer, isFinished: true), new Hashed(this), cancellationToken);
            foreach (var layer in contents.Values.SelectMany(content => content.Layers)) Tell(told, layer, isFinished: false);
            return ReaderJson.Contents(contents);
        }
        catch (SourceException e)
        {
            return ReaderJson.Obstacle(e.What);
        }
    }

    private void Tell(HashSet<LayerName> told, StoredLayer layer, bool isFinished)
    {
        lock (told)
            if (!told.Add(LayerName.Of(layer))) return;
        found.Writer.TryWrite(ReaderJson.Layer(layer, isFinished));
    }

    private async Task TellAsync(Task<ReadOnlyMemory<byte>> reading, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isOver = reading.IsCompleted;
            while (found.Reader.TryRead(out var one)) await line.WriteAsync(one, WriteLimit, cancellationToken);
            if (isOver) break;
            await line.WriteAsync(ReaderJson.Progress(Interlocked.Read(ref hashed)), WriteLimit, cancellationToken);
            await Task.WhenAny(reading, Task.Delay(Beat, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        await line.WriteAsync(await reading, WriteLimit, cancellationToken);
    }

    // whatever else it says, or that it is gone: there is nothing more to be asked
    private async Task HearEndAsync(CancellationTokenSource end)
    {
        try
        {
            await line.ReadAsync(Timeout.InfiniteTimeSpan, TimeSpan.Zero, end.Token);
            await end.CancelAsync();
        }
        catch (Exception e) when (e is SocketException or TimeoutException or FormatException)
        {
            await end.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // the answer was given
        }
    }

    private sealed class Hashed(ReaderSession session) : IProgress<long>
    {
        public void Report(long value) => Interlocked.Exchange(ref session.hashed, value);
    }
}
