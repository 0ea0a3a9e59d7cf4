namespace AppPreflight.Control;

/// <summary>The agent's end of the control socket: docs/formats.md, "The control socket".</summary>
/// <param name="version">The program's version, for the hello.</param>
/// <param name="told">Takes sentences for the log: a socket that had to be left without its group, an accept that failed.</param>
internal sealed class ControlServer(IControlDesk desk, AgentAddress address, string version, Action<string> told, TimeProvider time) : IDisposable
{
    public ControlLimits Limits { get; init; } = new();

    /// <summary>Claims the socket and listens: who connects from here on is served as soon as <see cref="RunAsync"/> runs.</summary>
    /// <exception cref="Ports.SourceException">Another agent lives, the path is too long, or the folder can't be used.</exception>
    public void Open() => throw new NotSupportedException($"{desk} {address} {version} {told} {time}");

    /// <summary>Serves until it is cancelled; then ends every connection, waits for them, and removes the socket. Never throws for what a client does.</summary>
    /// <exception cref="Ports.SourceException">As <see cref="Open"/>, which it calls where nobody did.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => Task.FromCanceled(cancellationToken);

    public void Dispose()
    {
    }
}
