using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Adds up bytes that move in parallel and tells the sum as one event stream.</summary>
internal sealed class ByteTally(string verb, string subject, IProgress<RunEvent> events)
{
    private long done;
    private long total;

    public void Expect(long bytes) => Interlocked.Add(ref total, bytes);

    /// <summary>A reporter for one part, which names its own position, not a difference.</summary>
    public IProgress<long> Part() => new PartProgress(this);

    private void Move(long bytes)
    {
        var sum = Interlocked.Add(ref done, bytes);
        var all = Interlocked.Read(ref total);
        events.Report(new BytesMoved(verb, subject, sum, all > 0 ? Math.Max(all, sum) : null));
    }

    private sealed class PartProgress(ByteTally tally) : IProgress<long>
    {
        private long last;

        public void Report(long value) => tally.Move(value - Interlocked.Exchange(ref last, value));
    }
}
