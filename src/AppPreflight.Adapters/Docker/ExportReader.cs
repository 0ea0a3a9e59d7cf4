using System.Buffers;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using AppPreflight.Archive;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>
/// Reads what <c>docker save</c> writes, as it comes, and keeps digests only. Both layouts: a folder a layer (before 25.0), and
/// OCI's blobs. The order in the tar is not the layers' order: manifest.json, which comes last, says that.
/// </summary>
/// <remarks>Source: moby image/tarexport/save.go, 20.10 and 25.0; containerd images/archive/exporter.go.</remarks>
/// <param name="wanted">Layers whose files are taken down on the way; with the last of them it is over. Null for none.</param>
internal sealed class ExportReader(BoundedStream archive, IProgress<long>? progress, WantedLayers? wanted = null)
{
    private const int MaxEntries = 20_000;
    private const int MaxContentsBytes = 1 << 20;
    private const int BufferBytes = 256 << 10;
    private const long ProgressStepBytes = 4 << 20;

    /// <summary>What one header with its extensions may have; more is not the engine's doing.</summary>
    private const long MaxHeaderBytes = 1 << 20;

    private readonly ExportedFiles files = new();
    private long reported;

    /// <summary>Bytes of files digested so far; also right after a fault.</summary>
    public long HashedBytes { get; private set; }

    /// <summary>
    /// What the engine wrote behind the cut archive when it failed after its 200 had gone out; null when it wrote nothing.
    /// </summary>
    /// <remarks>Source: moby api/server/router/image/image_routes.go, getImagesGet.</remarks>
    public string? LastWords
    {
        get
        {
            var start = archive.Tail.LastIndexOf("{\"errorDetail\":"u8);
            return start < 0 ? null : WordsOf(archive.Tail[start..]);
        }
    }

    /// <exception cref="InvalidDataException">Not such an archive.</exception>
    /// <exception cref="IOException">The answer was cut.</exception>
    public async Task<ExportedFiles> ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var tar = new TarReader(archive, leaveOpen: true);
            for (var count = 0; wanted?.IsComplete != true && await NextAsync(tar, cancellationToken) is { } entry; count++)
            {
                if (count == MaxEntries) throw new InvalidDataException($"it has more than {MaxEntries} entries");
                archive.Allow(long.MaxValue);
                await TakeAsync(entry, buffer, cancellationToken);
            }

            // the padding after the last entry: an answer read to its end leaves its connection fit for use
            while (wanted?.IsComplete != true && await archive.ReadAsync(buffer, cancellationToken) > 0) Report(0);
            progress?.Report(archive.Count);
            return files;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? WordsOf(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, DockerJson.Default.PullLine)?.Failure;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<TarEntry?> NextAsync(TarReader tar, CancellationToken cancellationToken)
    {
        archive.Allow(MaxHeaderBytes);
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellationToken);
        }
        catch (Exception lapse) when (lapse is OverflowException or FormatException or ArgumentException or NotSupportedException)
        {
            // the framework's reader where a header's number is too large for it
            throw new InvalidDataException("a header of its tar can't be read", lapse);
        }
    }

    private async Task TakeAsync(TarEntry entry, byte[] buffer, CancellationToken cancellationToken)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.SymbolicLink:
                files.AddLink(entry.Name, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                files.AddLink(entry.Name, "/" + entry.LinkName);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name == "manifest.json":
                files.Images = await ContentsAsync(entry, cancellationToken);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                files.Add(entry.Name, await DigestAsync(entry, buffer, cancellationToken));
                break;
        }
    }

    private static async Task<IReadOnlyList<ArchivedImage>> ContentsAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Length > MaxContentsBytes) throw new InvalidDataException("its manifest.json is larger than 1 MiB");
        var images = await JsonSerializer.DeserializeAsync(entry.DataStream ?? Stream.Null, DockerJson.Default.ArchivedImages, cancellationToken);
        return [.. (images ?? []).OfType<ArchivedImage>()];
    }

    private async Task<ExportedFile> DigestAsync(TarEntry entry, byte[] buffer, CancellationToken cancellationToken)
    {
        var (content, path, length) = (entry.DataStream ?? Stream.Null, entry.Name, entry.Length);
        using var outer = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var packed = new HashingStream(content, outer);
        // only blobs come packed: the folder layout's layer.tar is a tar whatever its first bytes are
        var head = path.StartsWith("blobs/", StringComparison.Ordinal) ? await packed.PeekAsync(cancellationToken) : default;
        var isGzip = head.Span.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);
        var isZstd = head.Span.SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]);
        using var listing = wanted?.Begin(path, isGzip);
        var unpacked = isGzip ? await UnpackedAsync(packed, listing, buffer, cancellationToken) : null;
        await DrainAsync(packed, isGzip ? null : listing, buffer, cancellationToken);
        if (packed.Count != length) throw new EndOfStreamException("the archive ends in the middle of a file");
        HashedBytes += packed.Count;
        var digest = packed.Finish();
        var file = new ExportedFile(digest, isGzip ? unpacked : isZstd ? null : digest, packed.Count);
        if (listing is not null) wanted!.End(listing, file.Unpacked, file.SizeBytes);
        return file;
    }

    private async Task<Digest?> UnpackedAsync(HashingStream packed, LayerListing? listing, byte[] buffer, CancellationToken cancellationToken)
    {
        using var inner = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var gzip = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        await using var tar = new HashingStream(gzip, inner);
        try
        {
            await DrainAsync(tar, listing, buffer, cancellationToken);
            return tar.Finish();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private async Task DrainAsync(Stream stream, LayerListing? listing, byte[] buffer, CancellationToken cancellationToken)
    {
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            listing?.Take(buffer.AsSpan(0, count));
            Report(ProgressStepBytes);
        }
    }

    private void Report(long step)
    {
        if (progress is null || archive.Count < reported + step) return;
        reported = archive.Count;
        progress.Report(reported);
    }
}
