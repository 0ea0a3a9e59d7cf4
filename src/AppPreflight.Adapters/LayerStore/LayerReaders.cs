using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Several layers at a time, each on a thread of its own: reading files blocks, and I/O priority belongs to a thread.</summary>
internal static class LayerReaders
{
    private const int MostReaders = 8;

    /// <summary>Reads what is claimed, in this order, and answers for each.</summary>
    /// <exception cref="SourceException">Denied: one of them can't be read by this user.</exception>
    public static async Task<Dictionary<TClaim, TReading>> ReadAsync<TClaim, TReading>(
        IReadOnlyList<TClaim> claims, ReadingPace pace, Func<TClaim, CancellationToken, TReading> read, CancellationToken cancellationToken)
        where TClaim : notnull
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var queue = new ConcurrentQueue<TClaim>(claims);
        var done = new ConcurrentDictionary<TClaim, TReading>();
        var faults = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Readers(pace, claims.Count)).Select(_ => Task.Factory.StartNew(() =>
        {
            try
            {
                if (pace.IsBackground) SystemCalls.StepBack();
                while (queue.TryDequeue(out var claim))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    done[claim] = read(claim, stop.Token);
                }
            }
            catch (Exception e)
            {
                faults.Enqueue(e);
                stop.Cancel();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        await Task.WhenAll(threads);
        cancellationToken.ThrowIfCancellationRequested();
        if (faults.TryPeek(out var first)) ExceptionDispatchInfo.Throw(first);
        return new(done);
    }

    private static int Readers(ReadingPace pace, int claims) => pace.IsBackground ? Math.Min(claims, 1) : Math.Min(claims, Math.Min(Environment.ProcessorCount, MostReaders));
}
