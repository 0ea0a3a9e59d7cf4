using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>Fetches a blob once by one route and tells what came. What goes wrong is part of what it tells.</summary>
internal sealed class BlobFetcher(BlobPromise promise, BlobOpener opener, RegistryLimits limits, TimeProvider time)
{
    private const int LongestValue = 120;

    // who answered, and in which form; nothing that could hold a secret or an address signed for somebody
    private static readonly string[] Telling =
    [
        "Content-Type", "Content-Encoding", "Content-Length", "Content-Range", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "ETag",
        "Last-Modified", "Date", "Age", "Cache-Control", "Server", "Via", "X-Cache", "X-Cache-Status", "CF-Cache-Status", "X-Served-By", "Proxy-Agent",
        "X-Request-Id", "X-Amz-Request-Id", "X-Amz-Cf-Id", "CF-Ray", "Retry-After",
    ];

    private readonly BodyReader reader = new(promise, limits);

    // the same bytes again have nothing new to tell, and a bit is hunted for seconds
    private readonly Dictionary<(Digest Digest, long SizeBytes), Fingerprint?> known = [];

    /// <returns>Null where the registry does not serve pieces, which is no fault of the blob.</returns>
    public async Task<BlobFetch?> FetchAsync(FetchRoute route, RetraceBudget budget, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        // half of what is left: a slow way leaves time to the others
        using var clock = new CancellationTokenSource(budget.Time / 2, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        var fetch = new BlobFetch(route.Way, route.Endpoint.Authority);
        try
        {
            using var blob = await opener.OpenAsync(route, either.Token);
            if (route.Way == FetchWay.Ranges && blob.Bytes is null && BlobOpener.IsSuccess(blob.First)) return null;
            fetch = Describe(fetch, blob.First);
            fetch = blob.Bytes is { } bytes
                ? await ReadAsync(fetch, bytes, start, budget, either.Token, cancellationToken)
                : fetch with { Fault = await opener.BlameAsync(route, blob.First, either.Token) };
        }
        catch (SourceException e)
        {
            fetch = fetch with { Fault = e.What };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            fetch = fetch with { Fault = Late(fetch) };
        }

        cancellationToken.ThrowIfCancellationRequested();
        return fetch with
        {
            Fault = fetch.Fault is { } fault ? fault with { Part = promise.Part } : null,
            Elapsed = fetch.Elapsed > TimeSpan.Zero ? fetch.Elapsed : time.GetElapsedTime(start),
        };
    }

    private async Task<BlobFetch> ReadAsync(
        BlobFetch fetch, Stream bytes, long start, RetraceBudget budget, CancellationToken deadline, CancellationToken cancellationToken)
    {
        await using var body = new WatchedBody(bytes, promise, Math.Min(reader.Most, budget.Bytes), deadline);
        var inside = await reader.ReadAsync(body, budget.Bytes / 2, cancellationToken);
        budget.Take(body.SizeBytes);
        var isLonger = body.SizeBytes == body.Most && body.SizeBytes > (promise.SizeBytes ?? 0);
        // what is found out about the bytes afterwards takes its own time
        var seen = fetch with { SizeBytes = body.SizeBytes, Digest = body.Digest, WasCut = body.WasCut, IsLonger = isLonger, Elapsed = time.GetElapsedTime(start) };
        return body.IsLate ? seen with { Fault = Late(seen) }
            : body.Fault is { } fault ? seen with { Fault = fault }
            : seen with { Fingerprint = Fingerprint(body, inside, cancellationToken) };
    }

    private Fingerprint? Fingerprint(WatchedBody body, Inside? inside, CancellationToken cancellationToken)
    {
        var key = (body.Digest, body.SizeBytes);
        if (!known.TryGetValue(key, out var print)) known[key] = print = BodySign.Read(promise, body, inside, cancellationToken);
        return print;
    }

    private static BlobFetch Describe(BlobFetch fetch, Answer answer) => fetch with
    {
        Answered = answer.RedirectedTo,
        Status = (int)answer.Status,
        AnnouncedBytes = answer.Body.Headers.ContentRange?.Length ?? answer.Body.Headers.ContentLength,
        Headers = [.. from name in Telling
                      let value = answer.Header(name)
                      where value is { Length: > 0 }
                      select new AnswerHeader(name, Quote.Short(value, LongestValue))],
    };

    private SourceFault Late(BlobFetch fetch) =>
        new(Source.Registry, Fault.Unreachable, $"{fetch.Answered ?? fetch.Asked} takes too long: {fetch.SizeBytes} bytes of {promise.Digest} came in the time there is for this way")
        {
            Subject = promise.Digest.ToString(),
        };
}
