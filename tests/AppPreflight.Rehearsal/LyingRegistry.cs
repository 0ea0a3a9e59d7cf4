using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>
/// Stands in front of the real registry on a port of its own and passes everything through, but for its lies. It listens for
/// the engine and for the product alike, and remembers who asked what.
/// </summary>
internal sealed class LyingRegistry : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly HttpClient honest;
    private readonly Task accepting;

    private LyingRegistry(Uri behind)
    {
        honest = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = behind };
        listener.Start();
        Authority = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = AcceptAsync();
    }

    /// <summary>What stands before the first slash of a reference.</summary>
    public string Authority { get; }

    /// <summary>Told from now on; the first that fits a request is. None: the truth.</summary>
    public IReadOnlyList<Lie> Lies { get; set; } = [];

    /// <summary>Everything that was asked so far.</summary>
    public ConcurrentQueue<LiarRequest> Requests { get; } = new();

    /// <param name="authority">Host and port of the real registry; need not be up.</param>
    public static LyingRegistry Before(string authority) => new(new($"http://{authority}"));

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await accepting;
        honest.Dispose();
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(end.Token);
                open.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var connection = client;
            client.NoDelay = true;
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, false, 4096, leaveOpen: true);
            while (await ReadAsync(reader) is { } request)
            {
                Requests.Enqueue(request);
                if (!await WriteAsync(stream, request, await AnswerAsync(request))) return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or HttpRequestException)
        {
            // the client went away, the real registry is down, or all has ended
        }
    }

    private async Task<LiarRequest?> ReadAsync(StreamReader reader)
    {
        // what is neither of the two is somebody who tries TLS first
        if ((await reader.ReadLineAsync(end.Token))?.Split(' ') is not [("GET" or "HEAD") and var method, var path, _]) return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(end.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) continue;
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            // the engine sends a line for each media type it accepts
            headers[name] = headers.TryGetValue(name, out var before) ? $"{before}, {value}" : value;
        }

        return new(method, path, headers);
    }

    /// <remarks>A lie is about the whole: what is asked for in part is the part of what the whole would be.</remarks>
    private async Task<LiarAnswer> AnswerAsync(LiarRequest request)
    {
        if (Lies.FirstOrDefault(lie => lie.IsFor(request)) is not { } lie) return await AskAsync(request, request.Method, withRange: true);
        var told = lie.Tell(request, await AskAsync(request, "GET", withRange: false));
        return told.KnowsRanges && request.Range is { } range ? told.Part(range.From, range.To) : told;
    }

    private async Task<LiarAnswer> AskAsync(LiarRequest request, string method, bool withRange)
    {
        using var question = new HttpRequestMessage(new(method), request.Path);
        foreach (var name in (string[])["Accept", "Authorization", "User-Agent"])
            if (request.Headers.TryGetValue(name, out var value)) question.Headers.TryAddWithoutValidation(name, value);
        if (withRange && request.Headers.TryGetValue("Range", out var range)) question.Headers.TryAddWithoutValidation("Range", range);
        using var answer = await honest.SendAsync(question, end.Token);
        var body = await answer.Content.ReadAsByteArrayAsync(end.Token);
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key is not ("Content-Length" or "Transfer-Encoding" or "Connection" or "Date"))
            .SelectMany(header => header.Value.Select(value => (header.Key, value)));
        return new((int)answer.StatusCode, body) { Headers = [.. headers], Announced = answer.Content.Headers.ContentLength };
    }

    private async Task<bool> WriteAsync(NetworkStream stream, LiarRequest request, LiarAnswer answer)
    {
        var length = answer.Announced ?? (long)answer.Body.Length * answer.Repeats;
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} Told\r\n");
        foreach (var (name, value) in answer.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(answer.IsEndless ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {length}\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), end.Token);
        if (request.Method == "HEAD") return true;
        if (answer.IsEndless) await RepeatAsync(stream, answer.Body);
        else if (answer.Drip is { } pause) await DripAsync(stream, answer.Body, pause);
        else for (var times = 0; times < answer.Repeats; times++) await stream.WriteAsync(answer.Body, end.Token);
        return length == (long)answer.Body.Length * answer.Repeats;
    }

    private async Task DripAsync(NetworkStream stream, byte[] body, TimeSpan pause)
    {
        foreach (var drop in body.Chunk(Math.Max(1, body.Length / LiarAnswer.Drops)))
        {
            await stream.WriteAsync(drop, end.Token);
            await Task.Delay(pause, end.Token);
        }
    }

    private async Task RepeatAsync(NetworkStream stream, byte[] part)
    {
        var size = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{part.Length:x}\r\n"));
        while (true)
        {
            await stream.WriteAsync(size, end.Token);
            await stream.WriteAsync(part, end.Token);
            await stream.WriteAsync("\r\n"u8.ToArray(), end.Token);
        }
    }
}
