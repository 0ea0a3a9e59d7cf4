using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>
/// The engine's HTTP, on its socket, in a version both sides know. Questions are asked again once when a connection breaks
/// (the daemon was restarted); acts never are, and never ride on a used connection, so that none is sent twice.
/// </summary>
internal sealed class DockerHttp : IDisposable
{
    /// <summary>The largest JSON answer read, in bytes: lists of tens of thousands of images.</summary>
    private const long MaxAnswerBytes = 64 << 20;

    private const int MaxErrorBytes = 64 << 10;

    /// <summary>How long an act may go on without a word: unpacking a large layer is silent, a frozen engine is so for ever.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(20);

    /// <summary>The newest version this program was written against; engines up to 29 still speak it (their oldest is 1.44).</summary>
    private static readonly Version newest = new(1, 47);

    private readonly DockerHost host;
    private readonly TimeProvider time;
    private readonly TimeSpan answerLimit;
    private readonly HttpClient questions;
    private readonly HttpClient acts;
    private string? versionPrefix;

    /// <param name="answerLimit">How long a question may take; pulls, exports and removals go on for as long as they are heard of.</param>
    public DockerHttp(DockerHost host, TimeProvider time, TimeSpan answerLimit)
    {
        (this.host, this.time, this.answerLimit) = (host, time, answerLimit);
        questions = Client(host, TimeSpan.FromMinutes(2));
        acts = Client(host, TimeSpan.Zero);
    }

    public void Dispose()
    {
        questions.Dispose();
        acts.Dispose();
    }

    /// <summary>Asks for one JSON document.</summary>
    /// <param name="path">Below the version prefix, escaped.</param>
    /// <param name="act">What is asked, for a sentence: "list its images".</param>
    /// <exception cref="SourceException">Whatever came instead.</exception>
    public async Task<T> AskAsync<T>(string path, JsonTypeInfo<T> type, string act, CancellationToken cancellationToken)
    {
        try
        {
            return await AskOnceAsync(path, type, act, cancellationToken);
        }
        catch (SourceException fault) when (IsWorthAnotherTry(fault))
        {
            versionPrefix = null;
            return await AskOnceAsync(path, type, act, cancellationToken);
        }
    }

    /// <summary>Opens a streamed answer to a question; the caller disposes it. No time limit but cancellation.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(questions, HttpMethod.Get, path, null, cancellationToken);

    /// <summary>Has the engine do something; the caller disposes the answer, which may be an error.</summary>
    public Task<HttpResponseMessage> ActAsync(HttpMethod method, string path, string? registryAuth, CancellationToken cancellationToken) =>
        SendAsync(acts, method, path, registryAuth, cancellationToken);

    /// <exception cref="SourceException">The answer is an error; its sentence is the engine's own.</exception>
    public async Task DemandSuccessAsync(HttpResponseMessage answer, string act, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
            throw DockerErrors.OfStatus(answer.StatusCode, await SentenceAsync(answer, cancellationToken), act);
    }

    /// <summary>The "message" of an error answer, or the text itself, or the status when there is neither.</summary>
    public async Task<string> SentenceAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxErrorBytes];
        var length = await GuardAsync("explain an error", async token =>
        {
            await using var body = await answer.Content.ReadAsStreamAsync(token);
            return await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, token);
        }, cancellationToken);
        var text = MessageOf(bytes.AsSpan(0, length));
        return text.Length > 0 ? DockerErrors.Clean(text) : $"status {(int)answer.StatusCode}";
    }

    /// <exception cref="SourceException">Malformed, or Unreachable when the connection broke.</exception>
    public Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, string act, CancellationToken cancellationToken) =>
        GuardAsync(act, async token =>
        {
            await using var body = await answer.Content.ReadAsStreamAsync(token);
            await using var bounded = new BoundedStream(body, MaxAnswerBytes);
            return await JsonSerializer.DeserializeAsync(bounded, type, token) ?? throw DockerErrors.OfGarbage($"'{act}'", null);
        }, cancellationToken);

    /// <summary>Runs something that must end within the time a question may take.</summary>
    /// <exception cref="SourceException">Unreachable: it did not.</exception>
    public async Task<T> LimitAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(answerLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await question(both.Token);
        }
        catch (OperationCanceledException silence) when (!cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.OfSilence(host, answerLimit, silence);
        }
    }

    /// <summary>Runs an exchange of unknown length for as long as something is heard of it.</summary>
    /// <param name="exchange">Calls its first argument whenever something has come.</param>
    /// <exception cref="SourceException">Unreachable: nothing came for <see cref="LongestSilence"/>.</exception>
    public async Task<T> WhileHeardAsync<T>(Func<Action, CancellationToken, Task<T>> exchange, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(LongestSilence, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await exchange(() => silence.CancelAfter(LongestSilence), both.Token);
        }
        catch (OperationCanceledException e) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.OfSilence(host, LongestSilence, e);
        }
    }

    /// <summary>Runs one exchange and turns the ways it can break into the one exception.</summary>
    public async Task<T> GuardAsync<T>(string act, Func<CancellationToken, Task<T>> exchange, CancellationToken cancellationToken)
    {
        try
        {
            return await exchange(cancellationToken);
        }
        catch (HttpRequestException broken) when (broken.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            throw DockerErrors.OfGarbage($"'{act}'", broken);
        }
        catch (HttpRequestException broken)
        {
            throw broken.HttpRequestError is HttpRequestError.ResponseEnded ? DockerErrors.OfCut(host, act, broken) : DockerErrors.OfConnection(host, broken);
        }
        catch (Exception garbage) when (garbage is JsonException or InvalidDataException)
        {
            throw DockerErrors.OfGarbage($"'{act}'", garbage);
        }
        catch (IOException cut)
        {
            throw DockerErrors.OfCut(host, act, cut);
        }
    }

    private static HttpClient Client(DockerHost host, TimeSpan connectionLifetime) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = 16,
        PooledConnectionLifetime = connectionLifetime,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ConnectTimeout = TimeSpan.FromSeconds(20),
        // what is no longer wanted (a pull, an export) is to end now, not after it has been read to its end
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
        ConnectCallback = host.SocketPath is { } path ? (_, token) => ConnectAsync(path, token) : null,
    })
    {
        BaseAddress = host.Address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsWorthAnotherTry(SourceException fault) =>
        fault.Fault == Fault.Unsupported || (fault.Fault == Fault.Unreachable && fault.InnerException is not OperationCanceledException);

    private static string MessageOf(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, DockerJson.Default.ErrorAnswer)?.Message ?? "";
        }
        catch (JsonException)
        {
            return System.Text.Encoding.UTF8.GetString(body);
        }
    }

    private Task<T> AskOnceAsync<T>(string path, JsonTypeInfo<T> type, string act, CancellationToken cancellationToken) =>
        LimitAsync(async token =>
        {
            using var answer = await SendAsync(questions, HttpMethod.Get, path, null, token);
            await DemandSuccessAsync(answer, act, token);
            return await ReadAsync(answer, type, act, token);
        }, cancellationToken);

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpMethod method, string path, string? registryAuth, CancellationToken cancellationToken)
    {
        var prefix = versionPrefix ??= await NegotiateAsync(cancellationToken);
        using var request = new HttpRequestMessage(method, prefix + path);
        // a body, if an empty one, keeps SocketsHttpHandler from silently sending an act again after a connection broke
        if (method != HttpMethod.Get) request.Content = new ByteArrayContent([]);
        if (registryAuth is not null) request.Headers.TryAddWithoutValidation("X-Registry-Auth", registryAuth);
        return await GuardAsync(path, token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken);
    }

    private Task<string> NegotiateAsync(CancellationToken cancellationToken) => LimitAsync(async limited =>
    {
        using var answer = await GuardAsync(
            "/_ping", token => questions.GetAsync("/_ping", HttpCompletionOption.ResponseHeadersRead, token), limited);
        return PrefixFor(answer);
    }, cancellationToken);

    private string PrefixFor(HttpResponseMessage answer)
    {
        var named = answer.Headers.TryGetValues("Api-Version", out var values) ? values.FirstOrDefault() : null;
        if (!Version.TryParse(named, out var theirs))
            throw new SourceException(Source.Engine, Fault.Malformed, $"what answers at {host} is not a Docker engine: it names no Api-Version");
        var version = theirs < newest ? theirs : newest;
        return $"/v{version.Major}.{version.Minor}";
    }
}
