using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>Fetches one blob by every way there is, one after the other, and compares a right copy with a wrong one where there are both.</summary>
internal sealed class BlobRetracer(BlobPromise promise, FetchRoutes routes, BlobOpener opener, RegistryLimits limits, TimeProvider time)
{
    private readonly BlobFetcher fetcher = new(promise, opener, limits, time);
    private readonly RetraceBudget budget = new(limits, time);
    private readonly List<(FetchRoute Route, BlobFetch Fetch)> made = [];
    private readonly List<string> skipped = [];

    public async Task<BlobRetrace> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var route in routes.AsTheEngine) await GoAsync(route, cancellationToken);
        var hosts = made.SelectMany(one => new[] { one.Fetch.Asked, one.Fetch.Answered }).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var route in await routes.OtherAsync(hosts, cancellationToken)) await GoAsync(route, cancellationToken);
        var comparison = await CompareAsync(cancellationToken);
        return new(promise, [.. made.Select(one => Sharpen(one.Fetch, comparison))])
        {
            Skipped = skipped,
            Difference = comparison?.Difference,
        };
    }

    private async Task GoAsync(FetchRoute route, CancellationToken cancellationToken)
    {
        var refusal = budget.Refusal(promise.SizeBytes ?? limits.UnpromisedBytes);
        if (route.Way == FetchWay.Ranges) refusal ??= Indivisible();
        if (refusal is not null) skipped.Add($"{route.Name}: {refusal}.");
        else if (await fetcher.FetchAsync(route, budget, cancellationToken) is { } fetch) made.Add((route, fetch));
        else skipped.Add($"{route.Name}: {route.Endpoint.Authority} ignores the range that is asked for.");
    }

    private string? Indivisible() => promise.SizeBytes switch
    {
        null => "nobody promised a size to divide",
        < RangedBody.LeastPieces => "it is too small to be divided",
        _ => null,
    };

    private async Task<Comparison?> CompareAsync(CancellationToken cancellationToken)
    {
        var good = made.FirstOrDefault(one => IsJudged(one.Fetch) && one.Fetch.Digest == promise.Digest);
        if (good.Fetch is null) return null;
        // the one closest in size has the most to tell
        var bad = made.Where(one => IsJudged(one.Fetch) && one.Fetch.Digest != promise.Digest).OrderBy(one => Math.Abs(one.Fetch.SizeBytes - good.Fetch.SizeBytes)).FirstOrDefault();
        if (bad.Fetch is null) return null;
        var bytes = good.Fetch.SizeBytes + Math.Max(good.Fetch.SizeBytes, bad.Fetch.SizeBytes);
        if (budget.Refusal(bytes) is not { } refusal) return await CompareAsync(good, bad, cancellationToken);
        skipped.Add($"Comparing a right copy with a wrong one: {refusal}.");
        return null;
    }

    private static bool IsJudged(BlobFetch fetch) => fetch is { Fault: null, Digest: not null };

    private async Task<Comparison?> CompareAsync((FetchRoute Route, BlobFetch Fetch) good, (FetchRoute Route, BlobFetch Fetch) bad, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(budget.Time, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        string why;
        try
        {
            using var one = await opener.OpenAsync(good.Route, either.Token);
            using var other = await opener.OpenAsync(bad.Route, either.Token);
            if (one.Bytes is { } right && other.Bytes is { } wrong)
            {
                var most = Math.Max(good.Fetch.SizeBytes, bad.Fetch.SizeBytes) + 1;
                var marks = made.Where(each => each.Fetch.Fingerprint?.Kind == FingerprintKind.Truncated).Select(each => each.Fetch.SizeBytes).ToHashSet();
                var comparison = await new StreamDifference(promise, marks).CompareAsync(right, wrong, most, either.Token);
                budget.Take(comparison.BytesRead);
                if (comparison.Good == promise.Digest) return comparison;
            }

            why = "what came right before did not come right once more";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            why = "it took too long";
        }
        catch (Exception e) when (e is SourceException or IOException or HttpRequestException)
        {
            why = Quote.Short(e.Message, 160).TrimEnd('.');
        }

        cancellationToken.ThrowIfCancellationRequested();
        skipped.Add($"Comparing a right copy with a wrong one: {why}.");
        return null;
    }

    /// <summary>What only shows beside the right bytes.</summary>
    private static BlobFetch Sharpen(BlobFetch fetch, Comparison? comparison)
    {
        if (comparison is null || !IsJudged(fetch)) return fetch;
        if (fetch.Fingerprint is { Kind: FingerprintKind.Truncated, IsProven: false }
            && comparison.Beginnings.TryGetValue(fetch.SizeBytes, out var beginning) && beginning == fetch.Digest)
            return fetch with { Fingerprint = new(FingerprintKind.Truncated, $"it is the first {fetch.SizeBytes} bytes of the promised ones", true) };
        if (comparison.Difference is not { } difference || comparison.Bad != fetch.Digest || fetch.Fingerprint is { IsProven: true }) return fetch;
        return difference.Shape switch
        {
            DifferenceShape.Bit => fetch with { Fingerprint = new(FingerprintKind.FlippedBit, "beside the right bytes it is " + difference.Sentence, true) },
            DifferenceShape.ZeroedPages => fetch with { Fingerprint = new(FingerprintKind.ZeroedPage, "beside the right bytes it is " + difference.Sentence, true) },
            _ => fetch,
        };
    }
}
