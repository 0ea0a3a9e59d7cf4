namespace AppPreflight.Pipeline;

/// <summary>How fast bytes came, over the time in which at least one transfer was going on.</summary>
internal sealed class TransferRate(TimeProvider time)
{
    /// <summary>Less than this tells of the way's delays, not of its width.</summary>
    private const long FewestBytes = 1 << 20;

    private static readonly TimeSpan ShortestTime = TimeSpan.FromMilliseconds(1);

    private readonly Lock door = new();
    private TimeSpan busy;
    private long since;
    private int going;
    private long bytes;

    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Null while there is too little to tell it from.</summary>
    public long? BytesPerSecond
    {
        get
        {
            lock (door)
            {
                var span = going > 0 ? busy + time.GetElapsedTime(since) : busy;
                return Bytes < FewestBytes || span < ShortestTime ? null : (long)(Bytes / span.TotalSeconds);
            }
        }
    }

    public void Add(long more) => Interlocked.Add(ref bytes, more);

    /// <summary>A transfer begins; it ends with the disposal.</summary>
    public IDisposable Begin()
    {
        lock (door)
        {
            if (going++ == 0) since = time.GetTimestamp();
        }

        return new Transfer(this);
    }

    private void End()
    {
        lock (door)
        {
            if (--going == 0) busy += time.GetElapsedTime(since);
        }
    }

    private sealed class Transfer(TransferRate rate) : IDisposable
    {
        public void Dispose() => rate.End();
    }
}
