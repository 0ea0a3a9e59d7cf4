using System.Runtime.InteropServices;

namespace AppPreflight.Cli;

/// <summary>
/// Ctrl-C, a service stop or a lost terminal asks the run to stop; the second time, or when it does not stop within five
/// seconds, the process ends at once. The kernel gives its lock back, and the journal says what was under way.
/// </summary>
/// <remarks>A lost terminal means nothing to the agent: there SIGHUP asks for the configuration to be read again.</remarks>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private ITimer? end;

    public Interruption()
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            registrations.Add(PosixSignalRegistration.Create(signal, Stop));
    }

    /// <summary>What SIGHUP asks for; null when it asks to stop, like the others.</summary>
    public Action? HangUp { get; set; }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
        end?.Dispose();
    }

    // not cancelled, a signal does what it does by default: it ends the process
    private void Stop(PosixSignalContext context)
    {
        if (context.Signal == PosixSignal.SIGHUP && HangUp is { } act)
        {
            context.Cancel = true;
            act();
            return;
        }

        context.Cancel = !source.IsCancellationRequested;
        end ??= TimeProvider.System.CreateTimer(static _ => Environment.Exit(ExitCode.CouldNotTell), null, Grace, Timeout.InfiniteTimeSpan);
        source.Cancel();
    }
}
