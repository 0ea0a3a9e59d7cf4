using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>One look at all images of a chain, both sides. Source faults become values here; nothing else is caught.</summary>
internal sealed class ImageSurvey(IImageRegistry registry, IImageStore store, ILayerStore layers, TimeProvider time, IProgress<RunEvent> events)
{
    private readonly ServedSurvey served = new(registry, time, events);
    private readonly StoredSurvey stored = new(store, layers, events);

    /// <summary>How fast layers came from the registries in this run; null when too few of them did to tell.</summary>
    public long? BytesPerSecond => served.BytesPerSecond;

    public long HashedBytes => served.HashedBytes + stored.HashedBytes;

    /// <summary>Every stored layer that was read, for the memory.</summary>
    public IReadOnlyCollection<StoredLayer> ReadLayers => stored.Read;

    /// <summary>Of the stored side, from the next look on.</summary>
    public ReadingPace Pace { get; set; } = ReadingPace.Foreground;

    /// <param name="depthOf">How deep to look at each image: the same one may be due for more after a crash.</param>
    public async Task<Survey> LookAsync(
        IReadOnlyList<ImageRequirement> images, EngineState? engine, Platform host, Func<ImageRequirement, Depth> depthOf, Sides sides,
        CancellationToken cancellationToken)
    {
        var platform = engine?.Platform ?? host;
        var asking = sides.HasFlag(Sides.Served)
            ? images.Select(image => served.LookAsync(image, platform, depthOf(image), cancellationToken)).ToList()
            : [.. images.Select(image => Task.FromResult(new ImageObservation(image) { AskedRegistry = false, Depth = depthOf(image) }))];
        SourceFault? fault = null;
        if (engine is not null && sides.HasFlag(Sides.Stored))
        {
            var deep = images.Where(image => depthOf(image) == Depth.Content).ToList();
            var here = await LookHereAsync(engine, images, deep, asking, cancellationToken);
            (engine, fault) = (here.Engine, here.Fault);
        }
        IReadOnlyList<ImageObservation> observations = await Task.WhenAll(asking);
        if (sides.HasFlag(Sides.Both)) observations = await served.SizeAsync(observations, engine, cancellationToken);
        var (tables, unread) = sides.HasFlag(Sides.Stored) && engine is not null ? await TablesAsync(engine, observations, cancellationToken) : ([], null);
        return new([.. observations.Select(o => o with
        {
            AskedEngine = sides.HasFlag(Sides.Stored),
            Stored = sides.HasFlag(Sides.Stored) ? engine?.Find(o.Image.Reference) : null,
        })], engine)
        { EngineFault = fault, Tables = tables, TablesUnread = unread };
    }

    private async Task<(IReadOnlyList<TableDamage> Tables, string? Unread)> TablesAsync(
        EngineState engine, IReadOnlyList<ImageObservation> observations, CancellationToken cancellationToken)
    {
        try
        {
            var wanted = observations.Select(o => o.Served).OfType<ServedImage>().Select(PullLookup.Of).ToList();
            return (await layers.ReadTablesAsync(engine, wanted, cancellationToken), null);
        }
        catch (SourceException e)
        {
            return ([], $"what the engine's own tables would do to a pull could not be seen: {e.Message}");
        }
    }

    // the registry's tasks must not be left running when the engine's side ends with an exception
    private async Task<(EngineState? Engine, SourceFault? Fault)> LookHereAsync(
        EngineState engine, IReadOnlyList<ImageRequirement> images, IReadOnlyList<ImageRequirement> deep, List<Task<ImageObservation>> asking,
        CancellationToken cancellationToken)
    {
        try
        {
            engine = await stored.UnhideAsync(engine, images, cancellationToken);
            return (await stored.HashAsync(engine, deep.Select(image => engine.Find(image.Reference)).OfType<StoredImage>(), Pace, cancellationToken), null);
        }
        catch (SourceException e)
        {
            return (null, e.What);
        }
        catch
        {
            await Task.WhenAll(asking).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }
}

/// <summary>What one look showed. <see cref="Engine"/> carries the proofs of the images that were hashed.</summary>
internal sealed record Survey(IReadOnlyList<ImageObservation> Observations, EngineState? Engine)
{
    /// <summary>Why there is no <see cref="Engine"/> although it answered at first.</summary>
    public SourceFault? EngineFault { get; init; }

    /// <summary>What is wrong in the engine's own tables.</summary>
    public IReadOnlyList<TableDamage> Tables { get; init; } = [];

    /// <summary>Why they could not be looked into, as a sentence.</summary>
    public string? TablesUnread { get; init; }
}
