using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>Asks for a blob from some byte on; zero is the whole.</summary>
internal delegate Task<Answer> OpenBlob(long firstByte, CancellationToken cancellationToken);

/// <summary>
/// One pass over one layer: each chunk is counted, hashed, unpacked and its tar hashed before the next is asked of the socket, whose
/// own buffer keeps the network busy meanwhile. What cannot be unpacked is still hashed to its last byte.
/// </summary>
/// <param name="list">Makes what takes the files down, for each pass anew; null where nobody wants them.</param>
internal sealed class LayerReader(
    Descriptor layer, OpenBlob open, IProgress<long>? progress, Unpacking unpacking, RegistryLimits limits, TimeProvider time, Func<LayerListing>? list = null)
{
    private const int Passes = 3;

    /// <exception cref="SourceException">Corrupt, Malformed, Unsupported, Unreachable; and what asking gives.</exception>
    public async Task<LayerProof> ReadAsync(CancellationToken cancellationToken)
    {
        if (layer.SizeBytes > limits.CompressedBytes)
            throw Fail(Fault.Malformed, $"layer {layer.Digest} claims {layer.SizeBytes} bytes, more than the {limits.CompressedBytes >> 30} GiB this program reads");
        for (var pass = 1; ; pass++)
        {
            var reading = await PassAsync(cancellationToken);
            // bytes glued together from two answers prove nothing against the registry: once more in one piece
            var isDoubtful = reading.WasCut || (reading.WasResumed && reading.Digest != layer.Digest);
            if (!isDoubtful) return Judge(reading);
            if (pass == Passes && reading.WasCut)
                throw Fail(Fault.Unreachable, $"{reading.Who} breaks off layer {layer.Digest} each time, last after {reading.SizeBytes} of {layer.SizeBytes} bytes: {reading.Why}");
            if (pass == Passes) return Judge(reading);
        }
    }

    private LayerProof Judge(Reading reading)
    {
        var expected = layer.Digest.ToString();
        if (reading.SizeBytes > layer.SizeBytes)
            throw Corrupt(reading, $"sends more bytes for layer {expected} than promised", $"{layer.SizeBytes} bytes", $"more than {layer.SizeBytes} bytes");
        if (reading.Digest != layer.Digest && (reading.Unpacked.Fault is not null || reading.Clue.Length > 0))
            throw Corrupt(reading, $"serves other bytes for layer {expected} than promised", expected, reading.Digest.ToString());
        if (reading.Unpacked.Fault is { } fault)
            throw new SourceException(fault with { Subject = expected, Observed = reading.Digest.ToString() });
        return new(reading.Digest, reading.SizeBytes, reading.Unpacked.DiffId!, reading.Unpacked.TarBytes) { IsZstd = reading.Unpacked.IsZstd, Entries = reading.Unpacked.Entries };
    }

    private async Task<Reading> PassAsync(CancellationToken cancellationToken)
    {
        using var body = new ResumableBody(open, limits, time);
        await using var packed = new PackedBody(body, layer, progress, unpacking.Crew);
        unpacking.Crew.Join();
        try
        {
            var unpacked = await new TarUnpacker(packed, layer, unpacking, limits.Unpack, list?.Invoke()).RunAsync(cancellationToken);
            return new(await packed.FinishAsync(cancellationToken), unpacked, body);
        }
        finally
        {
            unpacking.Crew.Leave();
        }
    }

    private SourceException Corrupt(Reading reading, string what, string expected, string observed) =>
        new(new SourceFault(reading.Clue.Length > 0 ? Source.Transport : Source.Registry, Fault.Corrupt, $"{reading.Who} {what}{reading.Clue}")
        {
            Subject = layer.Digest.ToString(),
            Expected = expected,
            Observed = observed,
        });

    private SourceException Fail(Fault fault, string message) => Blame.Of(Source.Registry, fault, layer.Digest.ToString(), message);

    /// <summary>What one pass gave.</summary>
    private sealed record Reading(Digest Digest, Unpacked Unpacked, long SizeBytes, bool WasCut, bool WasResumed, string Why, string Who, string Clue)
    {
        public Reading(Digest digest, Unpacked unpacked, ResumableBody body)
            : this(digest, unpacked, body.SizeBytes, body.Cut is not null, body.WasResumed, Quote.Short(body.Cut?.Message ?? "", 120), body.Who, body.Clue)
        {
        }
    }
}
