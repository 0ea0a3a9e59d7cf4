using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Counts the bytes of all layers together, tells of them, and holds the readers back to the wished rate.</summary>
internal sealed class ReadingMeter(ReadingPace pace, IProgress<long>? progress, TimeProvider time, CancellationToken cancellationToken)
{
    private const long Step = 4 << 20;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly long started = time.GetTimestamp();
    private long total;
    private long told;
    private int left;

    /// <summary>Fewer layers are still to be read than there are cores.</summary>
    public bool IsCoreFree => Volatile.Read(ref left) < Environment.ProcessorCount;

    public void Expect(int layers) => Interlocked.Add(ref left, layers);

    public void Finished() => Interlocked.Decrement(ref left);

    public void Count(long bytes)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var sum = Interlocked.Add(ref total, bytes);
        if (sum - Interlocked.Read(ref told) >= Step) Tell();
        if (pace.BytesPerSecond is { } rate) HoldBack(sum, rate);
    }

    public void Tell()
    {
        var sum = Interlocked.Read(ref total);
        Interlocked.Exchange(ref told, sum);
        progress?.Report(sum);
    }

    private void HoldBack(long sum, long rate)
    {
        var ahead = TimeSpan.FromSeconds(Math.Min((double)sum / Math.Max(rate, 1), TimeSpan.MaxValue.TotalSeconds / 2)) - time.GetElapsedTime(started);
        if (ahead > Longest) ahead = Longest;
        if (ahead > Shortest) cancellationToken.WaitHandle.WaitOne(ahead);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
