using System.Security.Cryptography;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Archive;

/// <summary>What unpacking gave: the tar's digest and size, or why there is none.</summary>
internal sealed record Unpacked(DiffId? DiffId, long TarBytes, SourceFault? Fault)
{
    public bool IsZstd { get; init; }

    public long? Entries { get; init; }
}

/// <summary>What all layers of a run share: which decoders there are, and who is at work.</summary>
/// <param name="HasIsal">Whether gzip is unpacked by Debian's ISA-L; else by the framework's own decoder.</param>
/// <param name="HasZstd">Whether Debian's libzstd is there.</param>
internal sealed record Unpacking(bool HasIsal, bool HasZstd)
{
    /// <summary>What this machine has.</summary>
    public static Unpacking OfThisMachine { get; } = new(IsalInflate.IsUsable, ZstdInflate.IsUsable);

    public Crew Crew { get; } = new();
}

/// <summary>How much a layer may unpack to.</summary>
/// <param name="TarBytes">Largest tar unpacked: a gzip of 64 MiB can make one.</param>
/// <param name="BombBytes">
/// A tar may be this large whatever it was packed into: 10 GB of zeros are ten MiB of gzip and a sound layer. Beyond it each
/// compressed byte may stand for <paramref name="BombRatio"/> more; what exceeds that is left unproved, not called broken.
/// </param>
internal sealed record UnpackLimits(long TarBytes = 64L << 30, long BombBytes = 16L << 30, int BombRatio = 200);

/// <summary>Unpacks a layer and hashes the tar; keeps two buffers, whatever the layer's size.</summary>
/// <param name="listing">Takes the tar as well; null where nobody wants its files.</param>
/// <remarks>
/// As the engine does it (moby pkg/archive, DetectCompression and DecompressStream): the first bytes decide how a layer is packed, not
/// its media type, and an empty one is an empty tar. Go's reader takes several gzip members in a row and refuses both a cut one and
/// anything else behind the last; its zstd reader takes several frames and skips skippable ones.
/// </remarks>
internal sealed class TarUnpacker(PackedBytes packed, Descriptor layer, Unpacking unpacking, UnpackLimits limits, LayerListing? listing = null)
{
    private const int Buffer = 256 << 10;

    public async Task<Unpacked> RunAsync(CancellationToken cancellationToken)
    {
        if (layer.MediaType.Length > 0 && MediaType.Compression(layer.MediaType) is LayerCompression.Unknown)
            return Fail(Fault.Unsupported, $"layer {layer.Digest} is of the unknown kind '{Quote.Short(layer.MediaType, 100)}'");
        var start = await packed.NextAsync(cancellationToken);
        packed.Return(start);
        var packing = Packings.Detect(start.Span);
        try
        {
            await using var decoder = packing.Open(packed, unpacking);
            return decoder is null && packing != Packing.None
                ? Fail(Fault.Unsupported, $"layer {layer.Digest} is {packing.Refusal()}: its tar was not hashed")
                : await HashAsync(decoder ?? packed, cancellationToken) with { IsZstd = packing == Packing.Zstd };
        }
        catch (InvalidDataException e)
        {
            return Fail(Fault.Malformed, $"layer {layer.Digest} cannot be unpacked: {Quote.Short(e.Message, 120)}");
        }
        catch (ZstdWindowException e)
        {
            return Fail(Fault.Unsupported, $"layer {layer.Digest} cannot be unpacked here: {e.Message}: its tar was not hashed");
        }
    }

    private async Task<Unpacked> HashAsync(Stream tar, CancellationToken cancellationToken)
    {
        await using var lane = new HashLane(HashAlgorithmName.SHA256, Buffer, unpacking.Crew);
        var entries = new TarEntries();
        for (var size = 0L; ;)
        {
            var buffer = lane.Buffer;
            var count = await tar.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            entries.Take(buffer.Span[..count]);
            listing?.Take(buffer.Span[..count]);
            await lane.TakeAsync(count);
            size += count;
            if (size > limits.TarBytes) return Fail(Fault.Malformed, $"layer {layer.Digest} unpacks to more than {limits.TarBytes} bytes");
            if (size > limits.BombBytes && (size - limits.BombBytes) / limits.BombRatio > packed.SizeBytes)
                return Fail(Fault.Unsupported, $"layer {layer.Digest} looks like a bomb, {packed.SizeBytes} bytes unpacked to more than {size}: its tar was not hashed");
            if (count < buffer.Length) return new(new DiffId(await lane.FinishAsync()), size, null) { Entries = entries.Count };
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static Unpacked Fail(Fault fault, string message) => new(null, 0, new(Source.Registry, fault, message));
}
