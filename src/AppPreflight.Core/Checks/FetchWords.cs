using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>Fetches in words.</summary>
internal static class FetchWords
{
    extension(BlobFetch fetch)
    {
        public string Manner => fetch.Way switch
        {
            FetchWay.Again => "once more the same way",
            FetchWay.Direct => "past the proxy",
            FetchWay.Ranges => "in pieces",
            FetchWay.Mirror => $"from the mirror {fetch.Asked}",
            FetchWay.Ipv4 => "over IPv4",
            FetchWay.Ipv6 => "over IPv6",
            _ => "by the engine's way",
        };

        /// <summary>Who answered in the end.</summary>
        public string Who => fetch.Answered is { } other ? $"{fetch.Asked} (through {other})" : fetch.Asked;

        /// <summary>Whether both went the same way: a second try is no way of its own.</summary>
        public FetchWay OwnWay => fetch.Way is FetchWay.Again ? FetchWay.Plain : fetch.Way;
    }

    /// <summary>"3 times by 2 ways".</summary>
    public static string Times(IReadOnlyCollection<BlobFetch> fetches)
    {
        var ways = fetches.Select(fetch => fetch.OwnWay).Distinct().Count();
        return fetches.Count == 1 ? "once" : ways == 1 ? $"{fetches.Count} times" : $"{fetches.Count} times by {ways} ways";
    }
}
