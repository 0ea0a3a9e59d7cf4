using System.IO.Pipelines;
using System.Security.Cryptography;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>Asks for a blob from some byte on; zero is the whole.</summary>
internal delegate Task<Answer> OpenBlob(long firstByte, CancellationToken cancellationToken);

/// <summary>
/// One pass over one layer: network and digest of the compressed bytes on one side of a pipe, unpacking and digest of the tar on
/// the other, a megabyte between them. What fails on the unpacking side never keeps the first side from hashing every byte.
/// </summary>
internal sealed class LayerReader(Descriptor layer, OpenBlob open, IProgress<long>? progress, RegistryLimits limits, TimeProvider time)
{
    private const int Chunk = 64 << 10;
    private const int Passes = 3;

    private static readonly PipeOptions Pipes = new(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, minimumSegmentSize: Chunk, useSynchronizationContext: false);

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
        return new(reading.Digest, reading.SizeBytes, reading.Unpacked.DiffId!, reading.Unpacked.TarBytes);
    }

    private async Task<Reading> PassAsync(CancellationToken cancellationToken)
    {
        var pipe = new Pipe(Pipes);
        var unpacking = Task.Run(() => TarUnpacker.RunAsync(pipe.Reader, layer, limits.TarBytes, cancellationToken), CancellationToken.None);
        Reading reading;
        try
        {
            reading = await PumpAsync(pipe.Writer, cancellationToken);
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e);
            await ((Task)unpacking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await pipe.Writer.CompleteAsync();
        return reading with { Unpacked = await unpacking };
    }

    private async Task<Reading> PumpAsync(PipeWriter sink, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(layer.Digest.HashName);
        using var body = new ResumableBody(open, limits, time);
        while (body.SizeBytes <= layer.SizeBytes)
        {
            // one byte past the promise is enough to know that it is broken
            var room = (int)Math.Min(Chunk, layer.SizeBytes + 1 - body.SizeBytes);
            var buffer = sink.GetMemory(room)[..room];
            var count = await body.ReadAsync(buffer, cancellationToken);
            if (count == 0) break;
            hash.AppendData(buffer.Span[..count]);
            sink.Advance(count);
            // the answer does not matter: when the unpacking side has given up, its bytes vanish and hashing goes on
            await sink.FlushAsync(cancellationToken);
            progress?.Report(body.SizeBytes);
        }

        return new(Digest.OfHash(layer.Digest.HashName, hash.GetCurrentHash()), body);
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
    private sealed record Reading(Digest Digest, long SizeBytes, bool WasCut, bool WasResumed, string Why, string Who, string Clue)
    {
        public Reading(Digest digest, ResumableBody body)
            : this(digest, body.SizeBytes, body.Cut is not null, body.WasResumed, Quote.Short(body.Cut?.Message ?? "", 120), body.Who, body.Clue)
        {
        }

        public Unpacked Unpacked { get; init; } = Unpacked.Nothing;
    }
}
