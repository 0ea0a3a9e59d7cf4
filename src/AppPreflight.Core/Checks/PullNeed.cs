using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>One layer of a pull to come.</summary>
/// <param name="IsFetched">False: its bytes are on this host by then, and only have to be unpacked once more.</param>
/// <param name="IsUnpacked">False: its bytes are missing, but it stands unpacked already.</param>
public sealed record PulledLayer(ServedLayer Layer, bool IsFetched, bool IsUnpacked);

/// <summary>The pull of one image: the layers that it would bring, base layer first; none when the engine would call it "up to date".</summary>
public sealed record PullNeed(ImageObservation Observation, IReadOnlyList<PulledLayer> Layers)
{
    /// <summary>The pulls of all images, one after the other in this order, each with what the ones before it left out.</summary>
    /// <remarks>
    /// The engine's own rules. An image whose configuration is there is not looked into (moby 20.10 distribution/pull_v2.go, pullSchema2). A layer
    /// is reused when it was pulled before and its whole chain id is in the layer store, and then all below it are; from the first that is
    /// missing on, all are fetched, each digest once in an image (distribution/xfer/download.go, Download). Which digest is which layer it
    /// only knows of what it pulled: an image that was built or loaded here saves nothing. A containerd keeps blobs by digest, whatever they
    /// stand on. What stands on an altered layer has to go before it can be healed, so none of it counts as held.
    /// </remarks>
    public static IReadOnlyList<PullNeed> Of(IReadOnlyList<ImageObservation> observations, EngineState? engine)
    {
        var held = new Holdings(engine);
        return [.. observations.Where(o => o.Served is not null).Select(o => new PullNeed(o, held.Pull(o.Served!)))];
    }

    /// <summary>What an engine has, and gets from one pull after the other.</summary>
    private sealed class Holdings
    {
        private readonly EngineState? engine;
        private readonly HashSet<Digest> images = [];
        private readonly HashSet<ChainId> chains = [];
        private readonly HashSet<DiffId> blobs = [];
        private readonly HashSet<Digest> fetched = [];

        public Holdings(EngineState? engine)
        {
            this.engine = engine;
            var staying = (engine?.Images ?? []).Where(image => image.Fault is null && image.IsSound() != false).ToList();
            images.UnionWith(staying.Select(image => image.Id));
            foreach (var image in staying.Where(image => image.RepoDigests.Count > 0))
            {
                chains.UnionWith(ChainId.AllOf(image.DiffIds));
                blobs.UnionWith(image.DiffIds);
            }

            foreach (var (chain, diffId) in (engine?.Images ?? []).SelectMany(Altered))
            {
                chains.Remove(chain);
                blobs.Remove(diffId);
            }
        }

        public List<PulledLayer> Pull(ServedImage served)
        {
            if (engine is not null && !images.Add(engine.IdOf(served))) return [];
            return engine?.UsesContainerdStore == true ? PullBlobs(served) : PullChain(served);
        }

        private List<PulledLayer> PullChain(ServedImage served)
        {
            var layers = served.Layers.Zip(ChainId.AllOf([.. served.Layers.Select(layer => layer.DiffId)])).SkipWhile(pair => chains.Contains(pair.Second)).ToList();
            chains.UnionWith(layers.Select(pair => pair.Second));
            var here = new HashSet<Digest>();
            return [.. layers.Select(pair => new PulledLayer(pair.First, here.Add(pair.First.Descriptor.Digest), IsUnpacked: true))];
        }

        private List<PulledLayer> PullBlobs(ServedImage served)
        {
            var needed = new List<PulledLayer>();
            foreach (var (layer, chain) in served.Layers.Zip(ChainId.AllOf([.. served.Layers.Select(layer => layer.DiffId)])))
            {
                var one = new PulledLayer(layer, !blobs.Contains(layer.DiffId) && fetched.Add(layer.Descriptor.Digest), chains.Add(chain));
                if (one.IsFetched || one.IsUnpacked) needed.Add(one);
            }

            return needed;
        }

        // from the lowest altered layer on
        private static IEnumerable<(ChainId Chain, DiffId DiffId)> Altered(StoredImage image) =>
            (image.Content?.Layers ?? []).SkipWhile(layer => layer.IsSound != false).Select(layer => (layer.Chain, layer.DiffId));
    }
}
