using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>What the socket asks of the agent.</summary>
internal interface IControlDesk
{
    /// <summary>Answered from memory, at once.</summary>
    AgentStatus Status { get; }

    /// <summary>Takes a place in the queue, runs, and reports. Equal requests share one run. Cancelled when nobody waits for it any more.</summary>
    /// <exception cref="LockHeldException">Another process holds the lock (a gate waits for it instead).</exception>
    /// <exception cref="SourceException">The state directory can't be used.</exception>
    Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken);

    /// <summary>Stops the run of this key, for everybody who waits for it.</summary>
    /// <returns>False when no such run is going on.</returns>
    bool Cancel(string run);
}
