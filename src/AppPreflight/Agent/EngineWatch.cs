using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Agent;

/// <summary>Follows the engine's events: what others do to watched images, folded per app and told when it has become quiet.</summary>
/// <param name="tell">Called from any thread; may not throw.</param>
internal sealed class EngineWatch(OwnRuns own, TimeProvider time, Action<Trigger> tell)
{
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan LongestUnrest = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, string> pending = new(StringComparer.Ordinal);
    private volatile WatchedImages images = WatchedImages.None;
    private bool isBack;
    private long unrestSince;

    /// <summary>The images of the apps' last reports.</summary>
    public WatchedImages Images
    {
        get => images;
        set => images = value;
    }

    /// <summary>Completes when the engine answers for the first time, which is no trigger.</summary>
    public Task Connected => connected.Task;

    /// <summary>Until the events end or it is cancelled; what waits for quiet then is dropped.</summary>
    public async Task RunAsync(IAsyncEnumerable<EngineEvent> events, CancellationToken cancellationToken)
    {
        await using var quiet = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await foreach (var happened in events.WithCancellation(cancellationToken))
        {
            if (Take(happened)) quiet.Change(Pause(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>Whether there is something to tell.</returns>
    private bool Take(EngineEvent happened)
    {
        if (happened is { Type: "engine", Action: "connected" })
        {
            if (connected.TrySetResult()) return false;
            Note(() => isBack = true);
            return true;
        }

        var foreign = Images.Of(happened).Where(image => !own.IsOwn(image.App)).ToList();
        if (foreign.Count == 0) return false;
        Note(() => foreign.ForEach(image => Fold(image, Word(happened.Action))));
        return true;
    }

    private void Note(Action change)
    {
        lock (gate)
        {
            if (!isBack && pending.Count == 0) unrestSince = time.GetTimestamp();
            change();
        }
    }

    private void Fold(WatchedImage image, string what)
    {
        var sentence = $"{Quote.Short(image.Image)} was {what}";
        pending[image.App] = pending.TryGetValue(image.App, out var known) && known != sentence ? "images changed in the engine" : sentence;
    }

    private TimeSpan Pause()
    {
        lock (gate)
        {
            var left = LongestUnrest - time.GetElapsedTime(unrestSince);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left < Quiet ? left : Quiet;
        }
    }

    private void Tell()
    {
        List<Trigger> triggers;
        lock (gate)
        {
            triggers = isBack ? [new("the engine is back", null)] : [.. pending.Select(pair => new Trigger(pair.Value, pair.Key))];
            isBack = false;
            pending.Clear();
        }

        triggers.ForEach(tell);
    }

    private static string Word(string action) => action switch
    {
        "pull" => "pulled",
        "tag" => "tagged",
        "untag" => "untagged",
        "load" => "loaded",
        _ => "deleted",
    };
}
