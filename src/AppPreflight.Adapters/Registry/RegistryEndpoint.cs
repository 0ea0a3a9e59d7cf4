namespace AppPreflight.Registry;

/// <summary>One place to ask for an image: the registry itself, or a mirror of Docker Hub.</summary>
internal sealed class RegistryEndpoint(string authority, IReadOnlyList<string> schemes, int parallel) : IDisposable
{
    private readonly SemaphoreSlim gate = new(parallel);
    private volatile IReadOnlyList<string> schemes = schemes;

    /// <summary>Host, or host:port.</summary>
    public string Authority { get; } = authority;

    /// <summary>Nobody's credentials go to a mirror, and what it gets wrong the registry itself may get right.</summary>
    public bool IsMirror { get; init; }

    /// <summary>The schemes to try, in order; a single one once an answer has settled it.</summary>
    public IReadOnlyList<string> Schemes => schemes;

    /// <summary>How this host asked for credentials the last time: saves every further repository its 401.</summary>
    public Challenge? Challenge { get; set; }

    public void Settle(string scheme) => schemes = schemes.Count == 1 ? schemes : [scheme];

    /// <summary>Waits for one of the few places; given back on dispose.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        return new Place(gate);
    }

    public void Dispose() => gate.Dispose();

    private sealed class Place(SemaphoreSlim gate) : IDisposable
    {
        private SemaphoreSlim? held = gate;

        public void Dispose() => Interlocked.Exchange(ref held, null)?.Release();
    }
}
