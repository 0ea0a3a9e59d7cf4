using System.Collections.Concurrent;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Step 5 at depth Content: reads stored images through, each layer once: from the engine's own store, or else as the engine reads them out.</summary>
internal sealed class StoredSurvey(IImageStore store, ILayerStore layers, IProgress<RunEvent> events)
{
    private readonly ByteTally tally = new("hash", "stored images", events);
    private readonly ConcurrentQueue<StoredLayer> read = new();

    public long HashedBytes { get; private set; }

    /// <summary>Every layer that was read from the store, in the order they were done.</summary>
    public IReadOnlyCollection<StoredLayer> Read => read;

    /// <summary>The engine's state with <see cref="StoredImage.Content"/> filled for the wanted images.</summary>
    public async Task<EngineState> HashAsync(EngineState engine, IEnumerable<StoredImage> wanted, ReadingPace pace, CancellationToken cancellationToken)
    {
        var all = wanted.DistinctBy(image => image.Id).ToList();
        var todo = all.Where(image => image.Fault is null).ToList();
        engine = await ExplainAsync(engine, [.. all.Where(image => image.Fault?.Fault == Fault.Refused)], pace, cancellationToken);
        if (todo.Count == 0) return engine;
        SourceFault obstacle;
        try
        {
            return await ReadAsync(engine, todo, pace, cancellationToken);
        }
        catch (SourceException e)
        {
            obstacle = e.What;
        }

        return await ExportAllAsync(engine, todo, obstacle, cancellationToken);
    }

    /// <summary>
    /// Adds the images that the engine hides: one whose configuration rotted is in no list, and every question but a look
    /// by name calls it absent.
    /// </summary>
    /// <exception cref="SourceException">The engine went away meanwhile.</exception>
    public async Task<EngineState> UnhideAsync(EngineState engine, IReadOnlyList<ImageRequirement> images, CancellationToken cancellationToken)
    {
        var absent = images.Where(image => engine.Find(image.Reference) is null);
        var found = await Task.WhenAll(absent.Select(image => HiddenAsync(image.Reference, cancellationToken)));
        return engine with { Images = [.. engine.Images, .. found.OfType<StoredImage>()] };
    }

    private async Task<StoredImage?> HiddenAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        try
        {
            await store.FindAsync(reference, cancellationToken);
            return null;
        }
        catch (SourceException e) when (e.Fault == Fault.Corrupt && Digest.TryParse(e.What.Subject) is { } id)
        {
            var hidden = new StoredImage { Id = id, Fault = e.What };
            return reference.Digest is { } digest
                ? hidden with { RepoDigests = [reference.At(digest).ToString()] }
                : hidden with { Tags = [reference.ToString()] };
        }
    }

    private async Task<EngineState> ReadAsync(EngineState engine, List<StoredImage> images, ReadingPace pace, CancellationToken cancellationToken)
    {
        var sizes = images.Sum(image => image.SizeBytes);
        tally.Expect(sizes);
        var contents = await layers.ReadAsync(engine, images, pace, read.Enqueue, tally.Part(), cancellationToken);
        HashedBytes += contents.Values.SelectMany(content => content.Layers).DistinctBy(layer => layer.Chain).Sum(layer => layer.SizeBytes);
        // what is not there may just have been removed: then the engine no longer knows the image either
        var suspects = contents.Where(pair => IsMissing(pair.Value.Fault) || pair.Value.Layers.Any(layer => IsMissing(layer.Fault))).Select(pair => pair.Key).ToList();
        var known = suspects.Count == 0 ? [] : (await store.ReadAsync(cancellationToken)).Images.Select(image => image.Id).ToHashSet();
        return With(engine, contents.ToDictionary(pair => pair.Key, pair => known.Contains(pair.Key) ? Convicted(pair.Value) : pair.Value));
    }

    /// <remarks>
    /// An engine that does not find a layer's files by their short names refuses to describe the image at all (moby daemon/graphdriver/overlay2,
    /// GetMetadata: "readlink ...: invalid argument"). Its store tells which layer it is; where that has nothing to say, the refusal stands.
    /// </remarks>
    private async Task<EngineState> ExplainAsync(EngineState engine, List<StoredImage> refused, ReadingPace pace, CancellationToken cancellationToken)
    {
        if (refused.Count == 0) return engine;
        try
        {
            var contents = await layers.ReadAsync(engine, refused, pace, read.Enqueue, tally.Part(), cancellationToken);
            return engine with { Images = [.. engine.Images.Select(image => contents.TryGetValue(image.Id, out var content) ? Explained(image, content) : image)] };
        }
        catch (SourceException)
        {
            return engine;
        }
    }

    private static StoredImage Explained(StoredImage image, StoredContent content) =>
        content.Fault is null && content.Config == image.Id && content.Layers.Any(layer => layer.IsSound == false)
            ? image with { Fault = null, Content = content, DiffIds = [.. content.Layers.Select(layer => layer.DiffId)] }
            : image;

    private static bool IsMissing(SourceFault? fault) => fault?.Fault == Fault.Missing;

    private static StoredContent Convicted(StoredContent content) => content with
    {
        Fault = content.Fault is { } gone && IsMissing(gone) ? gone with { Fault = Fault.Corrupt, Expected = gone.Subject } : content.Fault,
        Layers = [.. content.Layers.Select(layer => layer.Fault is { Fault: Fault.Missing } fault
            ? layer with { Fault = null, Damages = [new(DamageKind.Missing, fault.Subject ?? "", layer.Chain.ToString())] }
            : layer)],
    };

    /// <remarks>
    /// An export tells of the first damage only, and not in which layer. So when one of the images is damaged its neighbours on the same
    /// layers are read too: a sound one clears the layers it shares, and an unsound one has to be healed with it.
    /// </remarks>
    private async Task<EngineState> ExportAllAsync(EngineState engine, IReadOnlyList<StoredImage> wanted, SourceFault obstacle, CancellationToken cancellationToken)
    {
        var proven = new Dictionary<Digest, StoredContent>();
        await ExportEachAsync(wanted, obstacle, proven, cancellationToken);
        var damaged = With(engine, proven).Images.Where(image => image.IsSound() == false).ToList();
        await ExportEachAsync(damaged.SelectMany(engine.Neighbours), obstacle, proven, cancellationToken);
        return With(engine, proven);
    }

    // one after the other: for each export the engine first writes a whole copy into its own temporary folder
    private async Task ExportEachAsync(
        IEnumerable<StoredImage> images, SourceFault obstacle, Dictionary<Digest, StoredContent> proven, CancellationToken cancellationToken)
    {
        var todo = images.Where(image => image.Fault is null && !proven.ContainsKey(image.Id)).DistinctBy(image => image.Id).ToList();
        tally.Expect(todo.Sum(image => image.SizeBytes));
        foreach (var image in todo)
        {
            var content = await ExportAsync(image, cancellationToken);
            HashedBytes += content.HashedBytes;
            proven[image.Id] = content with { Unseen = [$"modes, owners, extended attributes, whiteouts and surplus files ({obstacle.Message})"] };
        }
    }

    private async Task<StoredContent> ExportAsync(StoredImage image, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ExportAsync(image, tally.Part(), cancellationToken);
        }
        catch (SourceException e)
        {
            return new() { Fault = e.What };
        }
    }

    private static EngineState With(EngineState engine, Dictionary<Digest, StoredContent> contents) => engine with
    {
        Images = [.. engine.Images.Select(image => contents.TryGetValue(image.Id, out var content) ? image with { Content = content } : image)],
    };
}
