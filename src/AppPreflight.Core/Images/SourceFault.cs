namespace AppPreflight.Images;

/// <summary>Who was asked. The names are those of the report's field "source".</summary>
public enum Source
{
    Engine,
    Registry,
    Transport,
    AppCenter,
    Space,
    Journal,

    /// <summary>A folder or file that somebody named as a copy of an image. No run asks it, only a comparison.</summary>
    Files,
}

/// <summary>What came instead of an answer.</summary>
public enum Fault
{
    /// <summary>No connection, a time-out, or 5xx to the end of all retries.</summary>
    Unreachable,

    /// <summary>401 or 403, or credentials that may not be sent there.</summary>
    Denied,

    /// <summary>429 to the end of all retries.</summary>
    Throttled,

    /// <summary>404: the source answers, the thing is not there.</summary>
    Missing,

    /// <summary>An answer that can't be read: wrong JSON, over a limit, cut.</summary>
    Malformed,

    /// <summary>Bytes that do not match their digest or size.</summary>
    Corrupt,

    /// <summary>The source understood and said no (conflict, pull error inside a 200 answer).</summary>
    Refused,

    /// <summary>A form this program or this engine cannot use (schema 1, unknown media type).</summary>
    Unsupported,

    /// <summary>The data is being replaced right now (App Center cache between purge and untar).</summary>
    Changing,
}

/// <summary>Which part of an image a fault is about.</summary>
public enum ImagePart
{
    Manifest,
    Config,
    Layer,
}

/// <summary>A question that got no usable answer, as a value: who was asked, what came instead, about what.</summary>
public sealed record SourceFault(Source From, Fault Fault, string Message)
{
    /// <summary>The thing in question: a blob digest, FILE:LINE, a URL without secrets.</summary>
    public string? Subject { get; init; }

    /// <summary>Which part of an image is meant; a manifest unless said otherwise.</summary>
    public ImagePart Part { get; init; }

    /// <summary>What was promised, for <see cref="Fault.Corrupt"/>.</summary>
    public string? Expected { get; init; }

    /// <summary>What came instead, for <see cref="Fault.Corrupt"/>.</summary>
    public string? Observed { get; init; }

    /// <summary>The size in bytes that somebody promised of it; null where nobody did.</summary>
    public long? PromisedBytes { get; init; }
}
