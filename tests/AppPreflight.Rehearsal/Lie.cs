using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>One request as it arrived.</summary>
/// <param name="Path">With its query.</param>
internal sealed record LiarRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The tag or digest it asks for.</summary>
    public string Target => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The engine names itself ("docker/20.10.24 go/go1.19 ..."); the product does not pretend to be it.</summary>
    public bool IsFromEngine => Headers.GetValueOrDefault("User-Agent", "").StartsWith("docker/", StringComparison.Ordinal);

    /// <summary>First and last byte asked for; the last one null for the end. Null: the whole.</summary>
    public (long From, long? To)? Range
    {
        get
        {
            if (!Headers.TryGetValue("Range", out var text) || text.Split('=', '-') is not ["bytes", var from, var to]) return null;
            if (!long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first)) return null;
            return (first, long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : null);
        }
    }

    /// <summary>Whether it asks for this tag or digest, of whatever kind.</summary>
    public bool Names(string target) => Target == target;
}

/// <summary>What is answered.</summary>
internal sealed record LiarAnswer(int Status, byte[] Body)
{
    /// <summary>In how many pieces a body drips.</summary>
    public const int Drops = 40;

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Content-Length as announced; null: as long as the body is. Where it differs the connection is closed behind the body.</summary>
    public long? Announced { get; init; }

    /// <summary>The body is sent so many times, one after the other.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>It is sent for ever, chunked.</summary>
    public bool IsEndless { get; init; }

    /// <summary>Pause after each of its <see cref="Drops"/> pieces.</summary>
    public TimeSpan? Drip { get; init; }

    /// <summary>Whether a part of it can be asked for.</summary>
    public bool KnowsRanges => Status == 200 && Repeats == 1 && !IsEndless;

    public LiarAnswer With(string name, string value) =>
        this with { Headers = [.. Headers.Where(header => !header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)), (name, value)] };

    /// <summary>The same with other bytes, and their length announced.</summary>
    public LiarAnswer WithBody(byte[] body) => this with { Body = body, Announced = null };

    /// <summary>The part of it that was asked for.</summary>
    public LiarAnswer Part(long from, long? to)
    {
        var total = Announced ?? Body.Length;
        if (from >= total) return new LiarAnswer(416, []).With("Content-Range", $"bytes */{total}");
        var last = Math.Min(to ?? total - 1, total - 1);
        var sent = from >= Body.Length ? [] : Body[(int)from..(int)Math.Min(last + 1, Body.Length)];
        return (this with { Status = 206, Body = sent, Announced = last + 1 - from })
            .With("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{last}/{total}"));
    }
}

/// <summary>One lie: to whom and about what, and how the truth is bent.</summary>
internal sealed record Lie(Func<LiarRequest, bool> IsFor, Func<LiarRequest, LiarAnswer, LiarAnswer> Tell);
