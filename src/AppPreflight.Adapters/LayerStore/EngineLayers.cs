using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Chooses by what an engine says of itself how its layers can be read here, and reads them, the largest first.</summary>
internal sealed class EngineLayers(TimeProvider time) : ILayerStore
{
    public async Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        if (Obstacle(engine) is { } why) throw new SourceException(Source.Engine, Fault.Unsupported, why);
        if (engine.UsesContainerdStore)
            return await new ContentLayers(ContentStore.PlacesOf(engine.DataRoot), time).ReadAsync(engine, images, pace, finished, progress, cancellationToken);
        using var store = OverlayStore.Open(engine.DataRoot, knowsOwners: !engine.RemapsOwners);
        images = [.. images.Select(image => image.DiffIds.Count > 0 ? image : Described(image, store))];
        var claims = pace.Only is { } only ? Chosen(LayerClaim.Of(images), only) : LayerClaim.Of(images);
        var queue = pace.Only is null ? BySize(store, claims) : [.. claims.Where(claim => store.Has(claim.Chain))];
        // an engine reads it anew for each answer: the one that describes the image has it
        var configs = images.ToDictionary(image => image.Id, image => store.ConfigOf(image.Id)
            ?? throw new SourceException(Source.Engine, Fault.Missing, $"{Quote.Short(engine.DataRoot)} of this host does not hold the image {image.Id.Short}"));
        if (claims.Count > 0 && queue.Count == 0)
            throw new SourceException(Source.Engine, Fault.Missing, $"{Quote.Short(engine.DataRoot)} of this host holds none of the engine's layers");
        if (pace.IsFromMedium) store.Sync();
        var meter = new ReadingMeter(pace, progress, time, cancellationToken);
        var layers = await LayerReaders.ReadAsync(queue, pace, meter, (claim, stop) =>
        {
            var layer = new LayerReading(store, claim, pace, meter, stop).Read();
            finished?.Invoke(layer);
            return layer;
        }, cancellationToken);
        meter.Tell();
        var read = layers.ToDictionary(pair => pair.Key.Chain, pair => pair.Value);
        foreach (var claim in claims.Where(claim => !read.ContainsKey(claim.Chain))) read[claim.Chain] = new LayerReading(store, claim, pace, meter, cancellationToken).Read();
        return images.ToDictionary(image => image.Id, image => ContentOf(image, configs[image.Id], store, read));
    }

    public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken)
    {
        if (wanted.Count == 0 || engine is { IsLocal: false } or { IsRootless: true } or { UsesContainerdStore: true } || engine.Driver != OverlayStore.Driver)
            return Task.FromResult<IReadOnlyList<TableDamage>>([]);
        return Task.Run(() => EngineTables.Read(engine, wanted, cancellationToken), cancellationToken);
    }

    public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers)
    {
        var stamps = new Dictionary<ChainId, string>();
        if (engine.UsesContainerdStore || Obstacle(engine) is not null) return stamps;
        try
        {
            using var store = OverlayStore.Open(engine.DataRoot, knowsOwners: true);
            foreach (var layer in layers)
            {
                using var record = store.TryRecord(layer);
                if (record?.CacheId is { } id) stamps[layer] = LayerReading.StampOf(id);
            }
        }
        catch (SourceException)
        {
            // what this user may not look up is not told
        }

        return stamps;
    }

    private static string? Obstacle(EngineState engine) => engine switch
    {
        { IsLocal: false } => "the engine is on another host",
        { IsRootless: true } => "the engine runs without root",
        { UnpacksThroughMount: true } => "the engine unpacks layers through a mount (Native Overlay Diff: false)",
        { UsesContainerdStore: false, Driver: not OverlayStore.Driver } => $"the engine's storage driver is {Quote.Short(engine.Driver)}",
        _ => null,
    };

    private static List<LayerClaim> Chosen(IReadOnlyList<LayerClaim> claims, IReadOnlyList<ChainId> only)
    {
        var byChain = claims.ToDictionary(claim => claim.Chain);
        return [.. only.Distinct().Select(byChain.GetValueOrDefault).OfType<LayerClaim>()];
    }

    // the longest first, so that the last one to end is a short one
    private static List<LayerClaim> BySize(OverlayStore store, IReadOnlyList<LayerClaim> claims)
    {
        var sized = new List<(LayerClaim Claim, long Size)>();
        foreach (var claim in claims)
        {
            using var record = store.TryRecord(claim.Chain);
            if (record is not null) sized.Add((claim, record.SizeBytes));
        }

        return [.. sized.OrderByDescending(layer => layer.Size).Select(layer => layer.Claim)];
    }

    // one that the engine itself could not describe: by its configuration, where that is what its id says
    private static StoredImage Described(StoredImage image, OverlayStore store)
    {
        if (store.ConfigOf(image.Id) is not { } config || Digest.Of(config.Span, image.Id) != image.Id) return image;
        try
        {
            return image with { DiffIds = ImageConfig.Parse(config).DiffIds };
        }
        catch (FormatException)
        {
            return image;
        }
    }

    private static StoredContent ContentOf(StoredImage image, ReadOnlyMemory<byte> config, OverlayStore store, Dictionary<ChainId, StoredLayer> read)
    {
        var layers = ChainId.AllOf(image.DiffIds).Select(read.GetValueOrDefault).OfType<StoredLayer>().ToList();
        return new()
        {
            Way = ProofWay.LayerStore,
            Config = Digest.Of(config.Span, image.Id),
            Fault = Binding(image, config) is { } why ? new(Source.Engine, Fault.Malformed, why) { Subject = image.Id.ToString(), Part = ImagePart.Config } : null,
            Layers = layers,
            HashedBytes = layers.Sum(layer => layer.SizeBytes),
            Unseen = Unseen(store),
        };
    }

    // layers are proved against what the hashed configuration names, not against what the engine says that it names
    private static string? Binding(StoredImage image, ReadOnlyMemory<byte> config)
    {
        if (Digest.Of(config.Span, image.Id) != image.Id) return null; // a finding of its own
        try
        {
            return ImageConfig.Parse(config).DiffIds.SequenceEqual(image.DiffIds) ? null
                : $"the engine names other layers of {image.Id.Short} than its stored configuration";
        }
        catch (FormatException e)
        {
            return $"the stored configuration of {image.Id.Short} can't be read: {e.Message}";
        }
    }

    private static List<string> Unseen(OverlayStore store)
    {
        var unseen = new List<string>();
        if (!store.KnowsOwners) unseen.Add("owners, which the engine shifts (userns-remap)");
        if (!FileAttributes.SeesTrusted) unseen.Add("opaque marks of folders, which take CAP_SYS_ADMIN to see");
        return unseen;
    }
}
