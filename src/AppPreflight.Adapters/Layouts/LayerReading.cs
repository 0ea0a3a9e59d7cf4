using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Layouts;

/// <summary>One file and what is promised of it.</summary>
internal sealed record PromisedLayer(string File, FormLayer Layer);

/// <summary>Reads layers through, one after the other; each byte is hashed as it lies there and as its tar.</summary>
internal sealed class LayerReading(HeldFiles files, Unpacking unpacking, UnpackLimits limits, IProgress<long>? progress)
{
    private long readBytes;
    private readonly ListedPaths paths = new();

    /// <returns>In the order asked for; of a file that is there twice the first has the bytes read.</returns>
    /// <exception cref="Ports.SourceException">Missing, Corrupt, Malformed, Unsupported, Unreachable.</exception>
    public async Task<IReadOnlyList<LayerFiles>> ReadAsync(IReadOnlyList<(int Place, PromisedLayer Layer)> wanted, CancellationToken cancellationToken)
    {
        var read = new LayerFiles?[wanted.Count];
        var known = new Dictionary<(string Place, FormLayer Promise), LayerFiles>();
        foreach (var i in Enumerable.Range(0, wanted.Count).OrderBy(i => PlaceOf(wanted[i].Layer), StringComparer.Ordinal))
        {
            var (place, layer) = wanted[i];
            var key = (PlaceOf(layer), layer.Layer);
            if (known.TryGetValue(key, out var same)) read[i] = same with { Layer = place, ReadBytes = 0 };
            else known[key] = (read[i] = await ReadAsync(place, layer, cancellationToken))!;
        }

        return read!;
    }

    private async Task<LayerFiles> ReadAsync(int place, PromisedLayer layer, CancellationToken cancellationToken)
    {
        var diffId = layer.Layer.DiffId ?? throw files.Complaint.Of(Fault.Unsupported, ImagePart.Layer, $"does not say what layer {place + 1} unpacks to");
        if (diffId.Value.Algorithm != "sha256") throw files.Complaint.Of(Fault.Unsupported, ImagePart.Layer, $"names layer {place + 1} by a digest that is not proven here: {diffId.Value.Short}");
        await using var file = await files.OpenAsync(layer.File, cancellationToken) ?? throw Lacks(layer);
        var promised = layer.Layer.Packed;
        if (promised is not null && promised.SizeBytes != file.SizeBytes)
            throw files.Complaint.Corrupt(ImagePart.Layer, $"layer {promised.Digest}", $"{promised.SizeBytes} bytes", $"{file.SizeBytes} bytes");
        return await ListAsync(place, file, promised, diffId, cancellationToken);
    }

    private async Task<LayerFiles> ListAsync(int place, HeldFile file, Descriptor? promised, DiffId diffId, CancellationToken cancellationToken)
    {
        using var listing = new LayerListing();
        await using var lane = promised is null ? null : new HashLane(promised.Digest.HashName, FileBytes.BufferBytes, unpacking.Crew);
        await using var packed = new FileBytes(file.Content, lane, count => progress?.Report(readBytes += count));
        unpacking.Crew.Join();
        try
        {
            var unpacked = await new TarUnpacker(packed, promised ?? new("", diffId.Value, file.SizeBytes), unpacking, limits, listing).RunAsync(cancellationToken);
            if (await packed.FinishAsync(cancellationToken) is { } digest && digest != promised!.Digest)
                throw files.Complaint.Corrupt(ImagePart.Layer, $"layer {promised.Digest}", promised.Digest.ToString(), digest.ToString());
            if (unpacked.Fault is { } fault) throw files.Complaint.Of(fault);
            if (unpacked.DiffId != diffId) throw files.Complaint.Corrupt(ImagePart.Layer, $"the tar of layer {place + 1}", diffId.ToString(), unpacked.DiffId!.ToString());
            return paths.Of(place, diffId, listing, packed.SizeBytes);
        }
        finally
        {
            unpacking.Crew.Leave();
        }
    }

    private string PlaceOf(PromisedLayer layer) => files.PlaceOf(layer.File) ?? throw Lacks(layer);

    private Ports.SourceException Lacks(PromisedLayer layer) => files.Complaint.Of(Fault.Missing, ImagePart.Layer, $"lacks the layer {Quote.Short(layer.File)}");
}
