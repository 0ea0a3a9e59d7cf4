using System.Globalization;
using System.Text;
using AppPreflight.Oci;

namespace AppPreflight.Agent;

/// <summary>sd_notify(3) without libsystemd. Not started by systemd, it says nothing to nobody.</summary>
internal sealed class SystemdNotify : IDisposable
{
    private const int LongestStatus = 200;
    private static readonly TimeSpan StatusPace = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time;
    private readonly DatagramSocket? socket;
    private readonly Lock gate = new();
    private string? lastStatus;
    private long lastStatusAt;

    public SystemdNotify(Func<string, string?> environment, int processId, TimeProvider time)
    {
        this.time = time;
        if (environment("NOTIFY_SOCKET") is not { Length: > 1 } address) return;
        // a lost READY=1 would be the end of the agent
        socket = new(address, TimeSpan.FromSeconds(1));
        WatchdogInterval = Watchdog(environment, processId);
    }

    /// <summary>How often the watchdog wants to hear: half of what systemd allows; null when it does not watch this process.</summary>
    public TimeSpan? WatchdogInterval { get; }

    public void Ready() => Send("READY=1");

    /// <remarks>MONOTONIC_USEC is what Type=notify-reload waits for; Type=notify ignores it.</remarks>
    public void Reloading() => Send($"RELOADING=1\nMONOTONIC_USEC={MonotonicMicroseconds}");

    public void Stopping() => Send("STOPPING=1");

    public void Alive()
    {
        if (WatchdogInterval is not null) Send("WATCHDOG=1");
    }

    /// <summary>One line for <c>systemctl status</c>; said when it is new.</summary>
    /// <param name="mayWait">One of many in a row: dropped when the last one is less than a second old.</param>
    public void Status(string text, bool mayWait = false)
    {
        if (socket is null) return;
        var line = Quote.Short(text, LongestStatus);
        lock (gate)
        {
            if (line == lastStatus || (mayWait && time.GetElapsedTime(lastStatusAt) < StatusPace)) return;
            (lastStatus, lastStatusAt) = (line, time.GetTimestamp());
        }

        Send($"STATUS={line}");
    }

    public void Dispose() => socket?.Dispose();

    // CLOCK_MONOTONIC is what Stopwatch reads on Linux, in nanoseconds
    private static long MonotonicMicroseconds => System.Diagnostics.Stopwatch.GetTimestamp() / (System.Diagnostics.Stopwatch.Frequency / 1_000_000);

    private static TimeSpan? Watchdog(Func<string, string?> environment, int processId)
    {
        if (environment("WATCHDOG_PID") is { Length: > 0 } pid && pid != processId.ToString(CultureInfo.InvariantCulture)) return null;
        return long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds is > 0 and < long.MaxValue / 100
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : null;
    }

    private void Send(string state) => socket?.TrySend(Encoding.UTF8.GetBytes(state));
}
