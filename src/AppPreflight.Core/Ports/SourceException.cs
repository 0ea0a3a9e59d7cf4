using AppPreflight.Images;

namespace AppPreflight.Ports;

/// <summary>A source did not answer, or answered what cannot be used. The one exception a run survives.</summary>
public sealed class SourceException(SourceFault what, Exception? inner = null) : Exception(what.Message, inner)
{
    public SourceException(Source from, Fault fault, string message, Exception? inner = null)
        : this(new SourceFault(from, fault, message), inner)
    {
    }

    /// <summary>The whole of it as a value, for a finding.</summary>
    public SourceFault What { get; private init; } = what;

    /// <summary>The thing in question: a blob digest, FILE:LINE, a URL without secrets.</summary>
    public string? Subject
    {
        get => What.Subject;
        init => What = What with { Subject = value };
    }

    public Fault Fault => What.Fault;
}
