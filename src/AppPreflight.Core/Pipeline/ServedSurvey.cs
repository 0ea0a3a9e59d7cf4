using System.Collections.Concurrent;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>
/// Step 4: asks the registries for each image; each blob of a registry is read once, however many images and repositories share it.
/// </summary>
/// <remarks>
/// What one repository serves is no proof of what another does: that one is asked by HEAD whether it has the blob, of that size, for whoever
/// asks. Its bytes count as proved then, as registries keep one copy of a digest (docs/decisions/0023); a blob that is not sound where it was read
/// is read through in each repository of its own.
/// </remarks>
internal sealed class ServedSurvey(IImageRegistry registry, TimeProvider time, IProgress<RunEvent> events)
{
    /// <summary>
    /// Layers read at the same time: as many connections as hide the network's latency, and enough to give each core of a usual
    /// appliance one. A layer that is alone uses further cores by itself. The engine itself fetches three (moby daemon/config).
    /// </summary>
    private const int LayersAtOnce = 4;

    /// <summary>Of smaller layers a guess is as good; and of very many it is as good for the rest.</summary>
    private const int SmallestAsked = 64 << 10;

    private const int MostAsked = 100;

    private const int AskedAtOnce = 8;

    /// <summary>For all sizes together: they make an estimate better, and no check is to wait for that.</summary>
    private static readonly TimeSpan SizesLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Place, Digest Layer, Descriptor? Promise, Depth Depth), Lazy<Task<Look>>> looks = new();
    private readonly LargestFirst reading = new(LayersAtOnce);
    private readonly ByteTally tally = new("read", "layers at the registry", events);
    private readonly TransferRate rate = new(time);

    /// <summary>Compressed bytes of all layers read through so far.</summary>
    public long HashedBytes => rate.Bytes;

    /// <summary>How fast layers came so far; null while there were too few to tell.</summary>
    public long? BytesPerSecond => rate.BytesPerSecond;

    /// <summary>Adds how large the layers are unpacked that a pull would bring and that were only asked for, as far as the registry shows it.</summary>
    public async Task<IReadOnlyList<ImageObservation>> SizeAsync(IReadOnlyList<ImageObservation> observations, EngineState? engine, CancellationToken cancellationToken)
    {
        var wanted = PullNeed.Of(observations, engine).SelectMany(need => need.Layers, (need, pulled) => (need.Observation.Image, pulled.Layer))
            .Where(one => one.Layer is { Proof: null, Fault: null } && one.Layer.Descriptor.SizeBytes >= SmallestAsked)
            .DistinctBy(one => one.Layer.Descriptor.Digest).OrderByDescending(one => one.Layer.Descriptor.SizeBytes).Take(MostAsked).ToList();
        if (wanted.Count == 0) return observations;
        var sizes = new ConcurrentDictionary<Digest, long>();
        using var limit = new CancellationTokenSource(SizesLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = either.Token };
        try
        {
            await Parallel.ForEachAsync(wanted, options, async (one, token) =>
            {
                if (await registry.UnpackedSizeAsync(one.Image, one.Layer.Descriptor, token) is { } size) sizes[one.Layer.Descriptor.Digest] = size;
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // what was not told in time stays an estimate
        }

        return [.. observations.Select(o => o.Served is { } served ? o with { Served = served with { Layers = [.. served.Layers.Select(Sized)] } } : o)];

        ServedLayer Sized(ServedLayer layer) => sizes.TryGetValue(layer.Descriptor.Digest, out var size) ? layer with { UnpackedBytes = size } : layer;
    }

    public async Task<ImageObservation> LookAsync(ImageRequirement image, Platform platform, Depth depth, CancellationToken cancellationToken)
    {
        try
        {
            var served = await registry.ResolveAsync(image, platform, cancellationToken);
            var layers = served.Manifest.Layers.Zip(served.Config.DiffIds, (descriptor, diffId) => new ServedLayer(descriptor, diffId)).ToList();
            // all are asked for at once, and the larger ones get their places first
            var asked = layers.Distinct().OrderByDescending(layer => layer.Descriptor.SizeBytes)
                .ToDictionary(layer => layer, layer => LayerAsync(image, layer, depth, cancellationToken));
            return new(image) { Depth = depth, Served = served with { Layers = await Task.WhenAll(layers.Select(layer => asked[layer])) } };
        }
        catch (SourceException e)
        {
            return new(image) { Depth = depth, ServedFault = e.What };
        }
    }

    private async Task<ServedLayer> LayerAsync(ImageRequirement image, ServedLayer layer, Depth depth, CancellationToken cancellationToken)
    {
        var look = depth == Depth.Content
            ? await ProveAsync(image, layer.Descriptor, cancellationToken)
            : await FindAsync(image, layer.Descriptor, cancellationToken);
        return layer with { Proof = look.Proof, AnnouncedBytes = look.AnnouncedBytes, Fault = look.Fault };
    }

    private async Task<Look> ProveAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken)
    {
        var repository = NameOf(image);
        // whoever comes first reads it for all
        var first = await OnceAsync((image.Reference.Registry, layer.Digest, null, Depth.Content), () => ReadAsync(image, layer, cancellationToken));
        if (first.Repository == repository && first.Layer == layer) return first;
        if (first.Proof is { } proof && proof.Digest == layer.Digest && proof.SizeBytes == layer.SizeBytes)
        {
            var found = await FindAsync(image, layer, cancellationToken);
            if (found.Fault is not null) return found;
            // one that does not say the size may be anything
            if (found.AnnouncedBytes == layer.SizeBytes) return found with { Proof = proof };
        }

        return await OnceAsync((repository, layer.Digest, layer, Depth.Content), () => ReadAsync(image, layer, cancellationToken));
    }

    private Task<Look> FindAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken) =>
        OnceAsync((NameOf(image), layer.Digest, layer, Depth.Claims), async () =>
        {
            try
            {
                return new(NameOf(image), layer) { AnnouncedBytes = await registry.FindLayerAsync(image, layer, cancellationToken) };
            }
            catch (SourceException e)
            {
                return new(NameOf(image), layer) { Fault = e.What };
            }
        });

    private async Task<Look> ReadAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken)
    {
        tally.Expect(layer.SizeBytes);
        await reading.EnterAsync(layer.SizeBytes, cancellationToken);
        try
        {
            using var transfer = rate.Begin();
            var proof = await registry.ReadLayerAsync(image, layer, tally.Part(), cancellationToken);
            rate.Add(proof.SizeBytes);
            return new(NameOf(image), layer) { Proof = proof };
        }
        catch (SourceException e)
        {
            return new(NameOf(image), layer) { Fault = e.What };
        }
        finally
        {
            reading.Leave();
        }
    }

    private Task<Look> OnceAsync((string, Digest, Descriptor?, Depth) key, Func<Task<Look>> ask) =>
        looks.GetOrAdd(key, _ => new(ask)).Value;

    private static string NameOf(ImageRequirement image) => $"{image.Reference.Registry}/{image.Reference.Repository}";

    /// <summary>What asking one repository for one layer gave.</summary>
    private sealed record Look(string Repository, Descriptor Layer)
    {
        public LayerProof? Proof { get; init; }

        public long? AnnouncedBytes { get; init; }

        public SourceFault? Fault { get; init; }
    }
}
