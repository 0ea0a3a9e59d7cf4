using System.Collections.Concurrent;
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
internal sealed class ServedSurvey(IImageRegistry registry, IProgress<RunEvent> events)
{
    /// <summary>
    /// Layers read at the same time: as many connections as hide the network's latency, and enough to give each core of a usual
    /// appliance one. A layer that is alone uses further cores by itself. The engine itself fetches three (moby daemon/config).
    /// </summary>
    private const int LayersAtOnce = 4;

    private readonly ConcurrentDictionary<(string Place, Digest Layer, Descriptor? Promise, Depth Depth), Lazy<Task<Look>>> looks = new();
    private readonly LargestFirst reading = new(LayersAtOnce);
    private readonly ByteTally tally = new("read", "layers at the registry", events);
    private long hashedBytes;

    /// <summary>Compressed bytes of all layers read through so far.</summary>
    public long HashedBytes => Interlocked.Read(ref hashedBytes);

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
            var proof = await registry.ReadLayerAsync(image, layer, tally.Part(), cancellationToken);
            Interlocked.Add(ref hashedBytes, proof.SizeBytes);
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
