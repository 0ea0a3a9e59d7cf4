using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Hashes blobs of a containerd store, each against its digest and its size.</summary>
internal sealed class BlobReader(ContentStore store, ReadingPace pace, ReadingMeter meter)
{
    // an id comes without a size; nothing that is read under one is ever as large
    private const long MostUnsized = 1L << 30;
    private const long ReadAheadFrom = 1 << 20;

    /// <param name="sizeBytes">As promised; null when nobody said.</param>
    /// <param name="keptBytes">So many bytes are kept at most; a larger blob is hashed and nothing of it kept.</param>
    /// <exception cref="SourceException">Denied: this user may not read it.</exception>
    public BlobReading Read(Digest digest, long? sizeBytes, int keptBytes, CancellationToken cancellationToken)
    {
        using var file = store.TryReadable(digest, pace.IsFromMedium);
        if (file is null) return Unreadable(digest);
        try
        {
            var kept = new MemoryStream();
            var reading = Hash(digest, file, sizeBytes ?? MostUnsized, span => Keep(kept, span, keptBytes), cancellationToken);
            reading = reading with { Damage = DamageOf(reading, sizeBytes, file.Status.Size) };
            if (reading.Damage is null) return reading with { Bytes = kept.Length == reading.SizeBytes ? kept.ToArray() : default };
            // containerd removes a blob by its name alone: what was open until then proves nothing
            return file.Status.Links > 0 ? reading : new(digest) { Fault = new(Source.Engine, Fault.Changing, $"the engine removed {Named(digest)} while it was being read") };
        }
        catch (IOException e)
        {
            return new(digest) { Fault = new(Source.Engine, Fault.Unreachable, $"{Named(digest)} can't be read: {Quote.Short(e.Message)}") };
        }
    }

    private BlobReading Hash(Digest digest, FileDescriptorStream file, long mostBytes, Action<ReadOnlySpan<byte>> keep, CancellationToken cancellationToken)
    {
        var before = file.Status;
        if (before.Size >= ReadAheadFrom) file.ReadAhead();
        using var hash = new TarHash(digest.HashName);
        var stamp = $"{digest.Hex.AsSpan(0, 12)}-{before.Changed:x}";
        while (hash.TotalBytes <= mostBytes)
        {
            var free = hash.Free;
            var count = file.Read(free);
            if (count == 0) return new(digest) { Observed = hash.Finish(), SizeBytes = hash.TotalBytes, Stamp = stamp };
            keep(free[..count]);
            hash.Advance(count);
            meter.Count(count);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return new(digest) { SizeBytes = hash.TotalBytes, Stamp = stamp };
    }

    private static void Keep(MemoryStream kept, ReadOnlySpan<byte> bytes, int most)
    {
        if (kept.Length + bytes.Length <= most) kept.Write(bytes);
    }

    private static LayerDamage? DamageOf(BlobReading reading, long? sizeBytes, long fileBytes)
    {
        var path = ContentStore.PathOf(reading.Promised);
        if (reading.Observed is null || (sizeBytes is { } size && size != reading.SizeBytes))
            return new(DamageKind.Content, path, Bytes(sizeBytes ?? MostUnsized), Bytes(Math.Max(fileBytes, reading.SizeBytes)));
        return reading.Observed == reading.Promised ? null : new(DamageKind.Content, path, reading.Promised.ToString(), reading.Observed.ToString());
    }

    private BlobReading Unreadable(Digest digest) => store.TypeOf(digest) switch
    {
        null => new(digest) { IsAbsent = true },
        FileType.Regular => new(digest) { Fault = new(Source.Engine, Fault.Changing, $"{Named(digest)} is being replaced") },
        { } type => new(digest) { Damage = new(DamageKind.Type, ContentStore.PathOf(digest), TreeComparison.Word(FileType.Regular), TreeComparison.Word(type)) },
    };

    private static string Named(Digest digest) => $"the blob {digest.Short}";

    private static string Bytes(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} bytes");
}
