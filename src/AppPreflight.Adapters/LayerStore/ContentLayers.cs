using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Proves the blobs of a containerd image store: what the engine pulled, not what it unpacked from that.</summary>
/// <param name="places">Where the engine's containerd may keep its blobs.</param>
internal sealed class ContentLayers(IReadOnlyList<string> places, TimeProvider time)
{
    private static readonly string[] NotSeen =
        ["the unpacked snapshots that containers run on: contents, modes, owners, attributes and surplus files in them"];

    public async Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        using var store = ContentStore.Open(places, [.. images.Select(image => image.Id)]);
        if (pace.IsFromMedium) store.Sync();
        var meter = new ReadingMeter(pace, progress, time, cancellationToken);
        var blobs = new BlobReader(store, pace, meter);
        var walks = await LayerReaders.ReadAsync(
            images, pace, meter, (image, stop) => new ImageWalk(blobs, image, engine.Platform, stop).Run(), cancellationToken);
        var claims = Chosen(walks.Values.SelectMany(ClaimsOf).Distinct(), pace.Only).ToLookup(claim => claim.Blob);
        var blobsOf = claims.Select(layers => layers.Key);
        // the longest first, so that the last one to end is a short one
        var queue = pace.Only is null ? blobsOf.OrderByDescending(blob => blob.SizeBytes).ToList() : [.. blobsOf];
        var read = await LayerReaders.ReadAsync(queue, pace, meter, (blob, stop) =>
        {
            var reading = blobs.Read(blob.Digest, blob.SizeBytes, 0, stop);
            foreach (var claim in claims[blob]) finished?.Invoke(LayerOf(claim, reading, pace));
            return reading;
        }, cancellationToken);
        meter.Tell();
        return images.ToDictionary(image => image.Id, image => ContentOf(walks[image], read, pace));
    }

    private static IEnumerable<BlobClaim> ClaimsOf(ImageWalk walk)
    {
        // a manifest that is of other layers than the image tells nothing of the image's
        if (walk.Manifest is not { } manifest || manifest.Layers.Count != walk.Image.DiffIds.Count) return [];
        var chains = ChainId.AllOf(walk.Image.DiffIds);
        return manifest.Layers.Select((layer, i) => new BlobClaim(new(layer.Digest, layer.SizeBytes), walk.Image.DiffIds[i], chains[i]));
    }

    private static IEnumerable<BlobClaim> Chosen(IEnumerable<BlobClaim> claims, IReadOnlyList<ChainId>? only)
    {
        if (only is null) return claims;
        var byChain = claims.ToLookup(claim => claim.Chain);
        return only.Distinct().SelectMany(chain => byChain[chain]);
    }

    private static StoredContent ContentOf(ImageWalk walk, Dictionary<Blob, BlobReading> read, ReadingPace pace)
    {
        var layers = ClaimsOf(walk).Where(claim => read.ContainsKey(claim.Blob)).Select(claim => LayerOf(claim, read[claim.Blob], pace)).ToList();
        return new()
        {
            Way = ProofWay.ContentBlobs,
            Config = walk.Config,
            Layers = layers,
            HashedBytes = walk.HashedBytes + layers.Sum(layer => layer.SizeBytes),
            Fault = walk.Fault,
            Unseen = NotSeen,
        };
    }

    private static StoredLayer LayerOf(BlobClaim claim, BlobReading reading, ReadingPace pace) => new(claim.DiffId, claim.Chain)
    {
        Way = ProofWay.ContentBlobs,
        Promised = claim.Blob.Digest,
        Observed = reading.Observed,
        SizeBytes = reading.SizeBytes,
        Damages = reading.Damage is { } damage ? [damage] : [],
        Fault = reading.IsAbsent ? Absent(claim) : reading.Fault,
        IsFromMedium = pace.IsFromMedium,
        Stamp = reading.Stamp,
    };

    /// <remarks>
    /// No damage: engines up to Docker 29 leave a layer's blob out of a pull when its snapshot is there already (moby PR 53615), and a
    /// containerd can be told to discard what it has unpacked (discard_unpacked_layers). Containers run all the same; only nothing can be
    /// proved. Not <see cref="Fault.Missing"/>, which the survey takes for damage where the engine still knows the image.
    /// </remarks>
    private static SourceFault Absent(BlobClaim claim) => new(Source.Engine, Fault.Unsupported,
        $"the layer {claim.DiffId.Value.Short} can't be proved: containerd keeps no blob of it any more ({claim.Blob.Digest.Short}), only what was unpacked from it")
    { Subject = claim.Blob.Digest.ToString(), Part = ImagePart.Layer };

    /// <summary>A blob with the size that a manifest promises.</summary>
    private sealed record Blob(Digest Digest, long SizeBytes);

    private sealed record BlobClaim(Blob Blob, DiffId DiffId, ChainId Chain);
}
