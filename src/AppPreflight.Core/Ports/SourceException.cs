namespace AppPreflight.Ports;

/// <summary>Who was asked. The names are those of the report's field "source".</summary>
public enum Source
{
    Engine,
    Registry,
    Transport,
    AppCenter,
    Space,
    Journal,
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

/// <summary>A source did not answer, or answered what cannot be used. The one exception a run survives.</summary>
public sealed class SourceException(Source source, Fault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public Source From { get; } = source;

    public Fault Fault { get; } = fault;

    /// <summary>The thing in question (file and line, blob digest, URL without secrets), when the message alone does not say it to a machine.</summary>
    public string? Subject { get; init; }

    /// <summary>What was promised and what came, for <see cref="Fault.Corrupt"/>.</summary>
    public string? Expected { get; init; }

    public string? Observed { get; init; }
}
