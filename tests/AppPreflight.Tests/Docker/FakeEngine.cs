using System.Net.Sockets;
using System.Text;

namespace AppPreflight.Docker;

/// <summary>
/// A small server on a unix socket for what a real engine can't be made to do. One request a connection; the answer is written as
/// it is given, chunk by chunk, and then the connection is closed.
/// </summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource ended = new();
    private readonly TaskCompletionSource leftAlone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, byte[]?> answer;
    private readonly Task serving;
    private readonly string path = Path.Combine(Path.GetTempPath(), $"apf-{Guid.NewGuid():N}.sock");

    /// <param name="answer">From "GET /v1.41/info" to the whole answer; null: silence. /_ping is answered already.</param>
    public FakeEngine(Func<string, byte[]?> answer)
    {
        this.answer = answer;
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        serving = ServeAsync();
    }

    public string PingVersion { get; init; } = "1.41";

    /// <summary>After an answer the connection is kept open until the client closes it.</summary>
    public bool Holds { get; init; }

    /// <summary>The client has closed a held or silent connection.</summary>
    public Task LeftAlone => leftAlone.Task;

    public List<string> Requests { get; } = [];

    /// <summary>The whole head of the last request, for its headers.</summary>
    public string LastHead { get; private set; } = "";

    public DockerHost Host => DockerHost.Parse("unix://" + path);

    public static byte[] Ok(string body) => Say("200 OK", Encoding.UTF8.GetBytes(body));

    public static byte[] Say(string status, string body) => Say(status, Encoding.UTF8.GetBytes(body));

    public static byte[] Say(string status, byte[] body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body];

    /// <summary>A chunked answer; without its end it is one that was cut.</summary>
    public static byte[] Chunked(byte[] body, bool isCut) =>
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n"), .. body,
        .. isCut ? "\r\n"u8 : "\r\n0\r\n\r\n"u8,
    ];

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Dispose();
        await serving;
        File.Delete(path);
        ended.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true) open.Add(AnswerAsync(await listener.AcceptAsync(ended.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        using var connection = socket;
        try
        {
            await using var stream = new NetworkStream(socket);
            var head = await HeadAsync(stream);
            if (head is null) return;
            var line = head[..head.IndexOf(" HTTP/", StringComparison.Ordinal)];
            if (line == "GET /_ping") await stream.WriteAsync(Ping(), ended.Token);
            else await AnswerAsync(stream, Answer(line, head));
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // the client has what it wanted, or the test is over
        }
    }

    private async Task AnswerAsync(NetworkStream stream, byte[]? bytes)
    {
        await stream.WriteAsync(bytes ?? [], ended.Token);
        if (bytes is not null && !Holds) return;
        await stream.CopyToAsync(Stream.Null, ended.Token);
        leftAlone.TrySetResult();
    }

    private byte[] Ping() => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 200 OK\r\n{(PingVersion.Length > 0 ? $"Api-Version: {PingVersion}\r\n" : "")}Content-Length: 2\r\nConnection: close\r\n\r\nOK");

    private byte[]? Answer(string line, string head)
    {
        lock (Requests)
        {
            Requests.Add(line);
            LastHead = head;
        }

        return answer(line);
    }

    private async Task<string?> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, ended.Token);
            if (count == 0) return null;
            head.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return head.ToString();
    }
}
