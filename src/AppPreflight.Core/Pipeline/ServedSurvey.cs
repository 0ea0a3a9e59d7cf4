using System.Collections.Concurrent;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Step 4: asks the registries for each image; each blob of a repository once at each depth, however many images share it.</summary>
internal sealed class ServedSurvey(IImageRegistry registry, IProgress<RunEvent> events) : IDisposable
{
    /// <summary>Layers read at the same time: inflating is the bottleneck, and the engine itself fetches three (daemon/config).</summary>
    private const int LayersAtOnce = 3;

    private readonly ConcurrentDictionary<(string Repository, Digest Layer, DiffId DiffId, Depth Depth), Lazy<Task<ServedLayer>>> layers = new();
    private readonly SemaphoreSlim reading = new(LayersAtOnce);
    private readonly ByteTally tally = new("read", "layers at the registry", events);

    public void Dispose() => reading.Dispose();

    /// <summary>Compressed bytes of all layers read through so far.</summary>
    public long HashedBytes => layers.Values.Where(layer => layer.IsValueCreated && layer.Value.IsCompletedSuccessfully)
        .Sum(layer => layer.Value.Result.Proof?.SizeBytes ?? 0);

    public async Task<ImageObservation> LookAsync(ImageRequirement image, Platform platform, Depth depth, CancellationToken cancellationToken)
    {
        try
        {
            var served = await registry.ResolveAsync(image, platform, cancellationToken);
            var asked = served.Manifest.Layers.Zip(served.Config.DiffIds)
                .Select(pair => LayerAsync(image, pair.First, pair.Second, depth, cancellationToken));
            return new(image) { Depth = depth, Served = served with { Layers = await Task.WhenAll(asked) } };
        }
        catch (SourceException e)
        {
            return new(image) { Depth = depth, ServedFault = e.What };
        }
    }

    private Task<ServedLayer> LayerAsync(
        ImageRequirement image, Descriptor layer, DiffId diffId, Depth depth, CancellationToken cancellationToken) =>
        layers.GetOrAdd(
            ($"{image.Reference.Registry}/{image.Reference.Repository}", layer.Digest, diffId, depth),
            _ => new(() => depth == Depth.Content
                ? ReadAsync(image, new(layer, diffId), cancellationToken)
                : FindAsync(image, new(layer, diffId), cancellationToken))).Value;

    private async Task<ServedLayer> FindAsync(ImageRequirement image, ServedLayer layer, CancellationToken cancellationToken)
    {
        try
        {
            return layer with { AnnouncedBytes = await registry.FindLayerAsync(image, layer.Descriptor, cancellationToken) };
        }
        catch (SourceException e)
        {
            return layer with { Fault = e.What };
        }
    }

    private async Task<ServedLayer> ReadAsync(ImageRequirement image, ServedLayer layer, CancellationToken cancellationToken)
    {
        tally.Expect(layer.Descriptor.SizeBytes);
        await reading.WaitAsync(cancellationToken);
        try
        {
            return layer with { Proof = await registry.ReadLayerAsync(image, layer.Descriptor, tally.Part(), cancellationToken) };
        }
        catch (SourceException e)
        {
            return layer with { Fault = e.What };
        }
        finally
        {
            reading.Release();
        }
    }
}
