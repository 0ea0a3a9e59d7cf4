using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AppPreflight.Registry;

/// <summary>One request as it arrived.</summary>
internal sealed record FakeRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Authorization => Headers.GetValueOrDefault("Authorization");
}

/// <summary>What the server does with a request; a body can be announced longer than it is, and never end.</summary>
internal sealed record FakeReply(int Status, byte[] Body)
{
    public List<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Content-Length as announced; null: as long as the body is.</summary>
    public long? Announced { get; init; }

    /// <summary>Closes the connection by a reset in place of an answer.</summary>
    public bool Resets { get; init; }

    /// <summary>Closes the connection in place of an answer.</summary>
    public bool Leaves { get; init; }

    /// <summary>Keeps the connection open and says nothing.</summary>
    public bool Hangs { get; init; }

    /// <summary>Repeats the body for ever, chunked.</summary>
    public bool IsEndless { get; init; }

    /// <summary>Keeps the connection open behind a body shorter than announced.</summary>
    public bool Stalls { get; init; }

    /// <summary>Keeps this long a silence behind each byte of the body.</summary>
    public TimeSpan Drip { get; init; }

    public static FakeReply Text(int status, string body, string type = "application/json") =>
        new(status, Encoding.UTF8.GetBytes(body)) { Headers = [("Content-Type", type)] };

    public FakeReply With(string name, string value) => this with { Headers = [.. Headers, (name, value)] };
}

/// <summary>An HTTP server on loopback that does what a real registry would not.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly Func<FakeRequest, FakeReply> answer;
    private readonly X509Certificate2? certificate;
    private readonly CancellationTokenSource end = new();
    private readonly Task accepting;
    private int accepted;

    private FakeServer(Func<FakeRequest, FakeReply> answer, string address, X509Certificate2? certificate, int port)
    {
        (this.answer, this.certificate) = (answer, certificate);
        listener = new(IPAddress.Parse(address), port);
        listener.Start();
        Authority = listener.LocalEndpoint.ToString()!;
        accepting = AcceptAsync();
    }

    public string Authority { get; }

    /// <summary>Connections taken so far.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    public static FakeServer Start(Func<FakeRequest, FakeReply> answer, string address = "127.0.0.1", X509Certificate2? certificate = null, int port = 0) =>
        new(answer, address, certificate, port);

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await accepting;
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
                Interlocked.Increment(ref accepted);
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
            using var _ = client;
            if (certificate is null && await IsTlsAsync(client)) return;
            await using var stream = await SecureAsync(client.GetStream());
            using var reader = new StreamReader(stream, Encoding.ASCII, false, 4096, leaveOpen: true);
            while (await ReadAsync(reader) is { } request)
            {
                Requests.Enqueue(request);
                if (!await WriteAsync(client, stream, request, answer(request))) return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // the client went away, or the test has ended
        }
    }

    // a handshake has no end of line to wait for
    private async Task<bool> IsTlsAsync(TcpClient client)
    {
        var first = new byte[1];
        return await client.Client.ReceiveAsync(first, SocketFlags.Peek, end.Token) == 1 && first[0] == 0x16;
    }

    private async Task<Stream> SecureAsync(NetworkStream plain)
    {
        if (certificate is null) return plain;
        var secure = new SslStream(plain);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, end.Token);
        return secure;
    }

    private async Task<FakeRequest?> ReadAsync(StreamReader reader)
    {
        var first = await reader.ReadLineAsync(end.Token);
        if (first?.Split(' ') is not [var method, var path, _]) return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(end.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            // the start of a TLS handshake has no headers
            if (colon > 0) headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new(method, path, headers);
    }

    private async Task<bool> WriteAsync(TcpClient client, Stream stream, FakeRequest request, FakeReply reply)
    {
        if (reply.Resets)
        {
            // at the socket itself: the stream would say good-bye first
            client.LingerState = new(true, 0);
            client.Client.Close();
            return false;
        }

        if (reply.Leaves) return false;
        if (reply.Hangs)
        {
            await Task.Delay(Timeout.Infinite, end.Token);
            return false;
        }

        var length = reply.Announced ?? reply.Body.Length;
        var head = new StringBuilder($"HTTP/1.1 {reply.Status} X\r\n");
        foreach (var (name, value) in reply.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(reply.IsEndless ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {length}\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), end.Token);
        if (request.Method == "HEAD") return true;
        if (reply.IsEndless) await RepeatAsync(stream, reply.Body);
        if (reply.Drip > TimeSpan.Zero) await DripAsync(stream, reply);
        else await stream.WriteAsync(reply.Body, end.Token);
        await stream.FlushAsync(end.Token);
        if (reply.Stalls) await Task.Delay(Timeout.Infinite, end.Token);
        return length == reply.Body.Length;
    }

    private async Task DripAsync(Stream stream, FakeReply reply)
    {
        for (var i = 0; i < reply.Body.Length; i++)
        {
            await stream.WriteAsync(reply.Body.AsMemory(i, 1), end.Token);
            await Task.Delay(reply.Drip, end.Token);
        }
    }

    private async Task RepeatAsync(Stream stream, byte[] part)
    {
        var size = Encoding.ASCII.GetBytes($"{part.Length:x}\r\n");
        while (true)
        {
            await stream.WriteAsync(size, end.Token);
            await stream.WriteAsync(part, end.Token);
            await stream.WriteAsync("\r\n"u8.ToArray(), end.Token);
        }
    }
}
