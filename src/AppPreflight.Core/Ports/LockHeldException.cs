namespace AppPreflight.Ports;

/// <summary>Another process's run holds the lock.</summary>
/// <param name="holder">Who; null when its line could not be read.</param>
public sealed class LockHeldException(RunHolder? holder) : Exception("another run is going on")
{
    public RunHolder? Holder { get; } = holder;
}
