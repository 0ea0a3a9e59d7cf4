using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Security.Cryptography;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>What unpacking gave: the tar's digest and size, or why there is none.</summary>
internal sealed record Unpacked(DiffId? DiffId, long TarBytes, SourceFault? Fault)
{
    public static readonly Unpacked Nothing = new(null, 0, null);
}

/// <summary>Unpacks a layer and hashes the tar; keeps two buffers, whatever the layer's size.</summary>
/// <remarks>
/// As the engine does it (moby pkg/archive, DetectCompression and DecompressStream): the first bytes decide how a layer is packed, not
/// its media type, and an empty one is an empty tar. Go's reader takes several gzip members in a row and refuses both a cut one and
/// anything else behind the last.
/// </remarks>
internal static class TarUnpacker
{
    private const int Buffer = 256 << 10;
    private const int MagicBytes = 6;

    public static async Task<Unpacked> RunAsync(PipeReader packed, Descriptor layer, long maxTarBytes, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            var compression = await DetectAsync(packed, cancellationToken);
            if (layer.MediaType.Length > 0 && MediaType.Compression(layer.MediaType) is LayerCompression.Unknown)
                return Fail(Fault.Unsupported, $"layer {layer.Digest} is of the unknown kind '{Quote.Short(layer.MediaType, 100)}'");
            if (compression is null || MediaType.Compression(layer.MediaType) == LayerCompression.Zstd)
                return Fail(Fault.Unsupported, $"layer {layer.Digest} is packed with {Name(layer)}, which this program cannot unpack: its tar was not hashed");
            return await HashAsync(packed.AsStream(leaveOpen: true), compression == LayerCompression.Gzip, layer, maxTarBytes, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            return Fail(Fault.Malformed, $"layer {layer.Digest} cannot be unpacked: {Quote.Short(e.Message, 120)}");
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await packed.CompleteAsync(failure);
        }
    }

    /// <returns>Null for a packing that is known but not unpacked here.</returns>
    private static async Task<LayerCompression?> DetectAsync(PipeReader packed, CancellationToken cancellationToken)
    {
        var start = await packed.ReadAtLeastAsync(MagicBytes, cancellationToken);
        var magic = new byte[(int)Math.Min(MagicBytes, start.Buffer.Length)];
        start.Buffer.Slice(0, magic.Length).CopyTo(magic);
        packed.AdvanceTo(start.Buffer.Start);
        return magic switch
        {
            [0x1F, 0x8B, 0x08, ..] => LayerCompression.Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => null,
            [(byte)'B', (byte)'Z', (byte)'h', ..] => null,
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => null,
            _ => LayerCompression.None,
        };
    }

    private static string Name(Descriptor layer) =>
        MediaType.Compression(layer.MediaType) == LayerCompression.Zstd ? "zstd" : "zstd, bzip2 or xz";

    private static async Task<Unpacked> HashAsync(Stream packed, bool isGzip, Descriptor layer, long maxTarBytes, CancellationToken cancellationToken)
    {
        await using var hash = new TarHash(isGzip ? SealedGzip.SealBytes : 0, maxTarBytes);
        await using var tar = isGzip ? new GZipStream(new SealedGzip(packed), CompressionMode.Decompress) : packed;
        while (await hash.FillAsync(tar, cancellationToken))
        {
            if (hash.IsTooLarge) return Fail(Fault.Malformed, $"layer {layer.Digest} unpacks to more than {maxTarBytes} bytes");
        }

        if (isGzip && !hash.Rest.SequenceEqual(SealedGzip.Seal))
            throw new InvalidDataException("the gzip stream is cut, or has something else behind its end");
        return new(new DiffId(await hash.FinishAsync()), hash.TarBytes, null);
    }

    private static Unpacked Fail(Fault fault, string message) => new(null, 0, new(Source.Registry, fault, message));

    /// <summary>Two buffers in turn: one is hashed while the other fills. The last bytes are held back, they may be the seal.</summary>
    private sealed class TarHash(int heldBytes, long maxTarBytes) : IAsyncDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[][] buffers = [ArrayPool<byte>.Shared.Rent(Buffer), ArrayPool<byte>.Shared.Rent(Buffer)];
        private Task hashing = Task.CompletedTask;
        private int current;
        private int held;

        public long TarBytes { get; private set; }

        public bool IsTooLarge => TarBytes > maxTarBytes;

        /// <summary>What is held back at the end.</summary>
        public ReadOnlySpan<byte> Rest => buffers[current].AsSpan(0, held);

        /// <returns>False at the end of the stream.</returns>
        public async Task<bool> FillAsync(Stream tar, CancellationToken cancellationToken)
        {
            var (buffer, start) = (buffers[current], held);
            var count = await tar.ReadAtLeastAsync(buffer.AsMemory(start), buffer.Length - start, throwOnEndOfStream: false, cancellationToken);
            var length = start + count;
            held = Math.Min(heldBytes, length);
            await hashing;
            current ^= 1;
            buffer.AsSpan(length - held, held).CopyTo(buffers[current]);
            TarBytes += length - held;
            hashing = Task.Run(() => hash.AppendData(buffer, 0, length - held), CancellationToken.None);
            return count > 0;
        }

        public async Task<Digest> FinishAsync()
        {
            await hashing;
            return Digest.OfHash(HashAlgorithmName.SHA256, hash.GetHashAndReset());
        }

        public async ValueTask DisposeAsync()
        {
            // a buffer goes back only when nobody reads it any more
            await hashing;
            hash.Dispose();
            foreach (var buffer in buffers) ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
