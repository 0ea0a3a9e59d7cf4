using System.Diagnostics;
using System.Threading.Channels;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>
/// Reads stored layers through at night, within a budget and only while nobody runs anything. It holds no lock: whoever comes finds the
/// way free, and the reading stops. What it finds becomes a run like any other, which looks for itself.
/// </summary>
internal sealed class Scrubber(LayerScrub? scrub, IJournal journal, RunQueue queue, ConfigDesk config, TimeProvider time, ILogger log)
{
    /// <summary>How long nobody must have run anything: the nightly look, and what it leads to, goes first.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    /// <summary>How often it looks whether another process runs something.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>A night is over so long after its begin, whatever is left of its budget.</summary>
    public static readonly TimeSpan LongestNight = TimeSpan.FromHours(6);

    private readonly Channel<bool> wishes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock gate = new();
    private readonly Dictionary<ChainId, int> cut = [];
    private ScrubField? picture;
    private Dictionary<ChainId, ProofNote> notes = [];
    private string? fault;
    private DateTimeOffset? readingSince;
    private long readBytes;
    private volatile bool isNight;

    /// <summary>A night's reading is over, or the picture is another one.</summary>
    public Action Changed { get; init; } = static () => { };

    /// <summary>As far as it is known: without the next night, which the schedule knows.</summary>
    public ScrubStatus Status
    {
        get
        {
            lock (gate)
                return new() { ReadingSince = readingSince, Fault = fault, ReadBytes = readBytes, Apps = picture?.Proofs(notes) ?? [] };
        }
    }

    /// <summary>A reading begins.</summary>
    public Action Began { get; init; } = static () => { };

    public void BeginNight()
    {
        isNight = true;
        wishes.Writer.TryWrite(true);
    }

    /// <summary>A run has ended: what it read was remembered by it.</summary>
    public void LookAgain() => wishes.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (scrub is not null)
        {
            await wishes.Reader.ReadAsync(cancellationToken);
            await QuietAsync(cancellationToken);
            if (config.Current.Scrub is null) Forget();
            else if (isNight) await NightAsync(scrub, cancellationToken);
            else await LookAsync(scrub, cancellationToken);
            Changed();
        }
    }

    private bool IsQuiet => queue.Running is null && queue.Next is null && journal.Holder is null;

    private async Task QuietAsync(CancellationToken cancellationToken)
    {
        for (var since = time.GetTimestamp(); time.GetElapsedTime(since) < Quiet;)
        {
            await Task.Delay(Poll, time, cancellationToken);
            if (!IsQuiet) since = time.GetTimestamp();
        }
    }

    private async Task NightAsync(LayerScrub reader, CancellationToken cancellationToken)
    {
        isNight = false;
        var night = new Night(time.GetTimestamp());
        while (config.Current.Scrub is { } budget && night.Spent < budget.Length && time.GetElapsedTime(night.Begun) < LongestNight)
        {
            if (!await LookAsync(reader, cancellationToken)) break;
            night.Left = ScrubOrder.Of(picture!.Layers, notes, config.Current, time.GetUtcNow(), night.Done, cut);
            if (night.Left.Count == 0 || !await ReadAsync(reader, night, budget, cancellationToken)) break;
            // what the next round would read is known after whoever came has gone
            if (night.Spent < budget.Length) await QuietAsync(cancellationToken);
        }

        isNight = false;
        if (night.Layers > 0) log.Scrubbed(night.Layers, night.Bytes, $"{night.Spent.TotalSeconds:0}", night.Damaged, night.Left.Count(chain => !night.Done.Contains(chain)));
    }

    /// <returns>False when there is nothing to be seen now.</returns>
    private async Task<bool> LookAsync(LayerScrub reader, CancellationToken cancellationToken)
    {
        try
        {
            var seen = await reader.LookAsync(cancellationToken);
            var recalled = reader.Recall(seen);
            lock (gate) (picture, notes) = (seen, recalled);
            return true;
        }
        catch (SourceException)
        {
            // the runs tell of it
            return false;
        }
    }

    /// <returns>False when this engine's layers can't be read here.</returns>
    private async Task<bool> ReadAsync(LayerScrub reader, Night night, ScrubBudget budget, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(budget.Length - night.Spent, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        var begun = time.GetTimestamp();
        lock (gate) readingSince = time.GetUtcNow();
        Began();
        var watching = WatchAsync(stop);
        try
        {
            await reader.ReadAsync(picture!, night.Left, budget.BytesPerSecond, (layer, note) => Take(night, layer, note), log.Told, stop.Token);
            night.Done.UnionWith(night.Left);
            lock (gate) fault = null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (over.IsCancellationRequested && night.Left.FirstOrDefault(chain => !night.Done.Contains(chain)) is { } amid) cut[amid] = cut.GetValueOrDefault(amid) + 1;
        }
        catch (SourceException e)
        {
            Tell(e.Message);
            return false;
        }
        finally
        {
            night.Spent += time.GetElapsedTime(begun);
            lock (gate) readingSince = null;
            await stop.CancelAsync();
            await watching;
        }

        return true;
    }

    // a wish in the queue is seen at once, another process's lock at the next look
    private async Task WatchAsync(CancellationTokenSource stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var change = queue.Change;
            if (!IsQuiet || config.Current.Scrub is null) await stop.CancelAsync();
            else await change.WaitAsync(Poll, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(Night night, StoredLayer layer, ProofNote? note)
    {
        lock (gate)
        {
            night.Done.Add(layer.Chain);
            cut.Remove(layer.Chain);
            if (note is not null) notes[layer.Chain] = note;
            readBytes += layer.SizeBytes;
        }

        night.Layers++;
        night.Bytes += layer.SizeBytes;
        if (layer.IsSound != false) return;
        night.Damaged++;
        Report(layer);
    }

    private void Report(StoredLayer layer)
    {
        var known = picture!.Layers.FirstOrDefault(known => known.Chain == layer.Chain) ?? throw new UnreachableException("a layer was read that nobody asked for");
        foreach (var app in known.Apps)
        {
            log.LayerDamaged(known.Reference, layer.Chain.Value.Short, What(layer), app);
            if (BackgroundPolicy.OfDamage(app, config.Current.Of(app)) is { } request) queue.Add(request, "the scrub found a damaged layer");
        }
    }

    private static string What(StoredLayer layer) => layer.Damages switch
    {
        [] => $"its digest is {layer.Observed}",
        [var only] when layer.MoreDamages == 0 => $"{Quote.Short(only.Path)} ({only.Kind.Wire()})",
        [var first, ..] => $"{Quote.Short(first.Path)} ({first.Kind.Wire()}) and {layer.Damages.Count - 1 + layer.MoreDamages} more",
    };

    private void Tell(string message)
    {
        lock (gate)
        {
            if (fault != message) log.ScrubImpossible(message);
            fault = message;
        }
    }

    private void Forget()
    {
        isNight = false;
        lock (gate) (picture, notes, fault) = (null, [], null);
    }

    /// <summary>What one night has come to. The layers of a reading are told one after the other.</summary>
    private sealed class Night(long begun)
    {
        public long Begun { get; } = begun;

        public HashSet<ChainId> Done { get; } = [];

        public IReadOnlyList<ChainId> Left { get; set; } = [];

        public TimeSpan Spent { get; set; }

        public int Layers { get; set; }

        public long Bytes { get; set; }

        public int Damaged { get; set; }
    }
}
