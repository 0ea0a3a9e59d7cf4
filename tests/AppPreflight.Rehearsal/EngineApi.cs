using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>An answer of the engine other than success.</summary>
internal sealed class EngineRefusedException(HttpStatusCode status, string message)
    : Exception($"{(int)status}: {message}")
{
    public HttpStatusCode Status { get; } = status;
}

/// <summary>How a pull ended: all lines it printed, and the error line if there was one (inside a 200 answer).</summary>
internal sealed record PullAnswer(IReadOnlyList<string> Lines, string? Error);

/// <summary>
/// The dozen calls of the Engine API a rehearsal needs. On purpose not the product's client: a witness must not be the accused.
/// </summary>
internal sealed class EngineApi : IDisposable
{
    private const string Version = "/v1.41";

    private readonly HttpClient http;

    public EngineApi(string socketPath) => http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new("http://engine"),
        Timeout = TimeSpan.FromMinutes(5),
    };

    public void Dispose() => http.Dispose();

    /// <summary>False while nothing listens; any other fault is thrown.</summary>
    public async Task<bool> PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("/_ping", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!;
    }

    /// <param name="reference">repository:tag or repository@digest.</param>
    /// <param name="platform">os/architecture, or null for the engine's own.</param>
    /// <param name="cancellationToken">Ends the pull.</param>
    public async Task<PullAnswer> PullAsync(string reference, string? platform, CancellationToken cancellationToken)
    {
        var (repository, tag) = SplitTag(reference);
        var path = $"/images/create?fromImage={Escape(repository)}&tag={Escape(tag)}";
        if (platform is not null) path += $"&platform={Escape(platform)}";
        try
        {
            using var answer = await SendAsync(HttpMethod.Post, path, null, cancellationToken);
            return ReadPull(await answer.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (EngineRefusedException refused)
        {
            return new([], refused.Message);
        }
    }

    /// <summary>A pull that has to succeed for the rehearsal to go on.</summary>
    public async Task FetchAsync(string reference, string? platform, CancellationToken cancellationToken)
    {
        var answer = await PullAsync(reference, platform, cancellationToken);
        if (answer.Error is { } error) throw new RehearsalException($"cannot pull {reference}: {error}");
    }

    public async Task TagAsync(string image, string reference, CancellationToken cancellationToken)
    {
        var (repository, tag) = SplitTag(reference);
        var path = $"/images/{image}/tag?repo={Escape(repository)}&tag={Escape(tag)}";
        using var answer = await SendAsync(HttpMethod.Post, path, null, cancellationToken);
    }

    public async Task RemoveImageAsync(string reference, bool force, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/images/{reference}?force={(force ? 1 : 0)}", null, cancellationToken);
    }

    public async Task LoadAsync(byte[] archive, CancellationToken cancellationToken) =>
        ExpectNoError(await SendArchiveAsync("/images/load?quiet=1", archive, cancellationToken), "load an image");

    /// <summary>What <c>docker save</c> does. The engine reads every layer's files and their checksums for it.</summary>
    /// <exception cref="EngineRefusedException">Among others "file integrity checksum failed for FILE" and "failed to verify".</exception>
    public async Task ExportAsync(string reference, Stream target, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/images/{reference}/get", null, cancellationToken);
        await answer.Content.CopyToAsync(target, cancellationToken);
    }

    /// <summary>Creates a container without network and starts it. Returns its id.</summary>
    public Task<string> RunAsync(string name, string image, string[] command, CancellationToken cancellationToken) =>
        RunAsync(name, image, command, [], cancellationToken);

    /// <summary>The same with labels on the container, as compose puts them there.</summary>
    public async Task<string> RunAsync(string name, string image, string[] command, JsonObject labels, CancellationToken cancellationToken)
    {
        // unconfined: a host may have AppArmor, but not the parser that loads the engine's profile
        var body = new JsonObject
        {
            ["Image"] = image,
            ["Labels"] = labels,
            ["Cmd"] = new JsonArray([.. command.Select(word => (JsonNode)word)]),
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = "none", ["SecurityOpt"] = new JsonArray("apparmor=unconfined") },
        };
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await SendAsync(HttpMethod.Post, $"/containers/create?name={name}", content, cancellationToken);
        var id = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!["Id"]!.GetValue<string>();
        await StartContainerAsync(id, cancellationToken);
        return id;
    }

    public async Task StartContainerAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"/containers/{id}/start", null, cancellationToken);
    }

    /// <summary>Ends it at once and starts it again.</summary>
    public async Task RestartContainerAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"/containers/{id}/restart?t=0", null, cancellationToken);
    }

    /// <summary>Ends it at once.</summary>
    public async Task StopContainerAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"/containers/{id}/stop?t=0", null, cancellationToken);
    }

    public async Task RemoveContainerAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/containers/{id}?force=1&v=1", null, cancellationToken);
    }

    /// <summary>Builds with the classic builder, without network and without its cache.</summary>
    public async Task BuildAsync(string reference, byte[] context, CancellationToken cancellationToken)
    {
        var path = $"/build?t={Escape(reference)}&networkmode=none&nocache=1&rm=1&forcerm=1";
        ExpectNoError(await SendArchiveAsync(path, context, cancellationToken), "build an image");
    }

    /// <summary>Makes an image of one layer of a tar.</summary>
    public async Task ImportAsync(string reference, byte[] tar, CancellationToken cancellationToken)
    {
        var (repository, tag) = SplitTag(reference);
        var path = $"/images/create?fromSrc=-&repo={Escape(repository)}&tag={Escape(tag)}";
        ExpectNoError(await SendArchiveAsync(path, tar, cancellationToken), "import an image");
    }

    /// <summary>Waits until a container has ended by itself, and makes an image of it.</summary>
    public async Task CommitAsync(string container, string reference, CancellationToken cancellationToken)
    {
        var (repository, tag) = SplitTag(reference);
        using var waited = await SendAsync(HttpMethod.Post, $"/containers/{container}/wait", null, cancellationToken);
        var end = JsonNode.Parse(await waited.Content.ReadAsStringAsync(cancellationToken))!;
        if (end["StatusCode"]!.GetValue<int>() != 0) throw new RehearsalException($"the container to commit failed: {end.ToJsonString()}");
        var path = $"/commit?container={container}&repo={Escape(repository)}&tag={Escape(tag)}";
        using var answer = await SendAsync(HttpMethod.Post, path, null, cancellationToken);
    }

    private static (string Repository, string Tag) SplitTag(string reference)
    {
        var at = reference.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0) return (reference[..at], reference[(at + 1)..]);
        var colon = reference.LastIndexOf(':');
        return colon > reference.LastIndexOf('/') ? (reference[..colon], reference[(colon + 1)..]) : (reference, "latest");
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static PullAnswer ReadPull(string text)
    {
        var lines = new List<string>();
        string? error = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var message = JsonNode.Parse(line)!;
            error ??= message["error"]?.GetValue<string>();
            lines.Add(message["error"]?.GetValue<string>() ?? Say(message));
        }

        return new(lines, error);
    }

    private static string Say(JsonNode message) =>
        $"{message["id"]?.GetValue<string>()} {message["status"]?.GetValue<string>() ?? message["stream"]?.GetValue<string>()}".Trim();

    private static void ExpectNoError(string answer, string what)
    {
        var told = ReadPull(answer);
        if (told.Error is { } error) throw new RehearsalException($"cannot {what}: {error}\n{string.Join('\n', told.Lines)}");
    }

    private async Task<string> SendArchiveAsync(string path, byte[] archive, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(archive);
        content.Headers.ContentType = new("application/x-tar");
        using var answer = await SendAsync(HttpMethod.Post, path, content, cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Version + path) { Content = content };
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotModified) return answer;
        using (answer)
            throw new EngineRefusedException(answer.StatusCode, Message(await answer.Content.ReadAsStringAsync(cancellationToken)));
    }

    private static string Message(string body)
    {
        try
        {
            return JsonNode.Parse(body)?["message"]?.GetValue<string>() ?? body;
        }
        catch (JsonException)
        {
            return body;
        }
    }
}
