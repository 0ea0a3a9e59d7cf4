using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>By which way a blob was fetched once more. On the wire in kebab-case ("ipv4": one word).</summary>
public enum FetchWay
{
    /// <summary>As the engine would fetch it, on a connection of its own.</summary>
    Plain,

    /// <summary>The same once more.</summary>
    Again,

    /// <summary>Past the proxy that the engine takes.</summary>
    Direct,

    /// <summary>In pieces, each by a Range request of its own.</summary>
    Ranges,

    /// <summary>From a mirror that the engine asks first.</summary>
    Mirror,

    /// <summary>Over IPv4 alone, where the host has both.</summary>
    Ipv4,

    /// <summary>Over IPv6 alone, where the host has both.</summary>
    Ipv6,
}

/// <summary>What one fetch of a blob gave. Its bytes are hashed and looked at as they pass, never kept.</summary>
/// <param name="Asked">Host, or host:port, that the question went to.</param>
public sealed record BlobFetch(FetchWay Way, string Asked)
{
    /// <summary>The host that answered in the end, where a redirect led to another one; without path or query.</summary>
    public string? Answered { get; init; }

    /// <summary>HTTP status; null when there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>The headers that tell who answered and in which form: bounded in number and length, no cookies, no credentials.</summary>
    public IReadOnlyList<AnswerHeader> Headers { get; init; } = [];

    /// <summary>Content-Length as announced; null when it was not.</summary>
    public long? AnnouncedBytes { get; init; }

    /// <summary>Bytes that came.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Of what came, also when it was cut; null when no body came at all.</summary>
    public Digest? Digest { get; init; }

    /// <summary>The body ended before its announced length, or stalled.</summary>
    public bool WasCut { get; init; }

    /// <summary>The body was longer than the promise, and was not read to its end.</summary>
    public bool IsLonger { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>What the bytes give away of how they came about; null for the promised ones, and where nothing shows.</summary>
    public Fingerprint? Fingerprint { get; init; }

    /// <summary>Why there is no body to judge: refused, unreachable, an error status.</summary>
    public SourceFault? Fault { get; init; }
}

/// <summary>One header of an answer, its value shortened and fit for a terminal.</summary>
public sealed record AnswerHeader(string Name, string Value);
