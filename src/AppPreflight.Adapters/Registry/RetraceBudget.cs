namespace AppPreflight.Registry;

/// <summary>What one retrace may still cost.</summary>
internal sealed class RetraceBudget(RegistryLimits limits, TimeProvider time)
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    private readonly long start = time.GetTimestamp();

    public long Bytes { get; private set; } = limits.RetraceBytes;

    public TimeSpan Time => limits.RetraceTime - time.GetElapsedTime(start) is { } left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    public void Take(long bytes) => Bytes -= bytes;

    /// <returns>Why so many bytes can no longer be fetched; null when they can.</returns>
    public string? Refusal(long bytes) =>
        bytes > Bytes ? $"{bytes} bytes are more than the {Bytes} that may still be read for this blob"
        : Time < Least ? $"the {limits.RetraceTime.TotalSeconds:0} s there are for this blob are over"
        : null;
}
