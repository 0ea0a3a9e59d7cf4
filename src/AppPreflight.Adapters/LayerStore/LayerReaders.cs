using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Several layers at a time, each on a thread of its own: reading files blocks, and I/O priority belongs to a thread.</summary>
internal sealed class LayerReaders(OverlayStore store, ReadingPace pace, ReadingMeter meter, Action<StoredLayer>? finished)
{
    /// <exception cref="SourceException">Denied: one of them can't be read by this user.</exception>
    public async Task<Dictionary<ChainId, StoredLayer>> ReadAsync(IReadOnlyList<LayerClaim> claims, int readers, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var queue = new ConcurrentQueue<LayerClaim>(claims);
        var read = new ConcurrentDictionary<ChainId, StoredLayer>();
        var faults = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, readers).Select(_ => Task.Factory.StartNew(() =>
        {
            try
            {
                if (pace.IsBackground) SystemCalls.StepBack();
                while (queue.TryDequeue(out var claim))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    var layer = new LayerReading(store, claim, pace, meter, stop.Token).Read();
                    read[claim.Chain] = layer;
                    finished?.Invoke(layer);
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
        return new(read);
    }
}
