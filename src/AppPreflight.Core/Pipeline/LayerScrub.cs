using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Reads stored layers through slowly, while nobody waits for it, and remembers each as soon as it is read. Makes no report and no verdict.</summary>
internal sealed class LayerScrub(RunPorts ports)
{
    /// <summary>What the engine holds of the images of all installed apps.</summary>
    /// <exception cref="SourceException">The App Center's files or the engine can't be read.</exception>
    public async Task<ScrubField> LookAsync(CancellationToken cancellationToken)
    {
        var reading = await ports.AppCenter.ReadAsync(cancellationToken);
        var engine = await ports.Store.ReadAsync(cancellationToken);
        var apps = AppImages.Of(reading.Catalog, reading.Appliance);
        return new(engine, [.. apps.SelectMany(app => Layers(app, engine)).GroupBy(layer => layer.Chain).Select(Joined)]);
    }

    /// <summary>What was read when, by layer. A note of another layer that stood in the same place is none.</summary>
    public Dictionary<ChainId, ProofNote> Recall(ScrubField field)
    {
        var stamps = ports.Layers.StampsOf(field.Engine, [.. field.Layers.Select(layer => layer.Chain)]);
        return ports.Proofs.Recall()
            .Where(note => !stamps.TryGetValue(note.Key, out var stamp) || note.Value.Stamp.StartsWith(stamp, StringComparison.Ordinal))
            .ToDictionary(note => note.Key, note => note.Value);
    }

    /// <summary>Reads these layers, one after the other in this order.</summary>
    /// <param name="found">Told of each as soon as it is read; its note is remembered already.</param>
    /// <param name="told">Takes a sentence about a memory that can't be written.</param>
    /// <exception cref="SourceException">This engine's layers can't be read here.</exception>
    public async Task ReadAsync(
        ScrubField field, IReadOnlyList<ChainId> order, long bytesPerSecond, Action<StoredLayer, ProofNote?> found, Action<string> told,
        CancellationToken cancellationToken)
    {
        var wanted = order.ToHashSet();
        var images = field.Layers.Where(layer => wanted.Contains(layer.Chain)).Select(layer => layer.Image).DistinctBy(image => image.Id).ToList();
        var pace = new ReadingPace { IsBackground = true, BytesPerSecond = bytesPerSecond, Only = order };
        await ports.Layers.ReadAsync(field.Engine, images, pace, layer => found(layer, Remember(layer, told)), null, cancellationToken);
    }

    private ProofNote? Remember(StoredLayer layer, Action<string> told)
    {
        if (layer.IsSound is not { } isSound) return null;
        var note = new ProofNote(layer.Chain, ports.Time.GetUtcNow(), isSound, layer.Way, layer.IsFromMedium, layer.SizeBytes, layer.Stamp);
        try
        {
            ports.Proofs.Remember([note]);
        }
        catch (SourceException e)
        {
            told($"what was proved could not be remembered: {e.Message}");
        }

        return note;
    }

    private static IEnumerable<ScrubLayer> Layers(AppImages app, EngineState engine) =>
        from reference in app.References
        let image = engine.Find(reference)
        where image is { Fault: null }
        from chain in ChainId.AllOf(image.DiffIds)
        select new ScrubLayer(chain, image, reference.ToString(), [app.App]);

    private static ScrubLayer Joined(IGrouping<ChainId, ScrubLayer> same) =>
        same.First() with { Apps = [.. same.SelectMany(layer => layer.Apps).Distinct(StringComparer.Ordinal)] };
}

/// <summary>The stored layers of all installed apps, each once.</summary>
internal sealed record ScrubField(EngineState Engine, IReadOnlyList<ScrubLayer> Layers)
{
    public IReadOnlyList<AppProof> Proofs(IReadOnlyDictionary<ChainId, ProofNote> notes) =>
        [.. Layers.SelectMany(layer => layer.Apps, (layer, app) => (app, layer.Chain)).GroupBy(pair => pair.app, pair => pair.Chain, StringComparer.Ordinal)
            .Select(app => AppProof.Of(app.Key, [.. app], notes)).OrderBy(proof => proof.App, StringComparer.Ordinal)];
}

/// <param name="Image">One of the images that stand on it.</param>
/// <param name="Reference">A name of that image.</param>
/// <param name="Apps">All that want such an image.</param>
internal sealed record ScrubLayer(ChainId Chain, StoredImage Image, string Reference, IReadOnlyList<string> Apps);
