using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Chooses by what an engine says of itself how its layers can be read here.</summary>
internal sealed class EngineLayers : ILayerStore
{
    public Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken) =>
        throw Obstacle(Fault.Unsupported, $"the storage driver is {engine.Driver}");

    private static SourceException Obstacle(Fault fault, string why) => new(Source.Engine, fault, why);
}
