using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>What the court judges by: one blob that did not match, and every fetch of it since.</summary>
/// <param name="Finding">As the checks made it, or the engine's refusal of a pull.</param>
public sealed record CourtCase(Finding Finding, BlobRetrace Retrace)
{
    /// <summary>The engine's own sentence, where it was the engine that got wrong bytes.</summary>
    public string? EngineSaid { get; init; }

    /// <summary>What came at first, before anything was fetched again; null where it did not come to its end.</summary>
    public Oci.Digest? FirstSeen { get; init; }

    /// <summary>The other references of this run that name the same blob.</summary>
    public IReadOnlyList<string> SharedBy { get; init; } = [];

    public IReadOnlyList<HostSign> Signs { get; init; } = [];

    internal BlobPromise Promise => Retrace.Promise;

    /// <summary>Fetches that brought the promised bytes.</summary>
    internal IReadOnlyList<BlobFetch> Right => [.. Bodies.Where(fetch => IsRight(fetch))];

    /// <summary>Fetches that brought other bytes to their end, or so many that they can't be the promised ones.</summary>
    internal IReadOnlyList<BlobFetch> Wrong => [.. Bodies.Where(fetch => !IsRight(fetch) && !fetch.WasCut)];

    internal IReadOnlyList<BlobFetch> Cut => [.. Bodies.Where(fetch => !IsRight(fetch) && fetch.WasCut)];

    private IEnumerable<BlobFetch> Bodies => Retrace.Fetches.Where(fetch => fetch is { Digest: not null, Fault: null });

    private bool IsRight(BlobFetch fetch) => fetch.Digest == Promise.Digest && fetch is { WasCut: false, IsLonger: false };
}
