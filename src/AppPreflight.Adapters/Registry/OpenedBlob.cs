namespace AppPreflight.Registry;

/// <summary>A blob on its way by one route, over connections of its own.</summary>
/// <param name="First">The answer; in pieces, that for the first one.</param>
/// <param name="Bytes">Null where the status is none of success, or the answer is none to a question for a piece.</param>
internal sealed record OpenedBlob(Answer First, Stream? Bytes, Connections Connections) : IDisposable
{
    public void Dispose()
    {
        Bytes?.Dispose();
        First.Dispose();
        Connections.Dispose();
    }
}
