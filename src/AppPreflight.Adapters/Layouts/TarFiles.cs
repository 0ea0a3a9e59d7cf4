using System.Globalization;
using AppPreflight.Archive;

namespace AppPreflight.Layouts;

/// <summary>The files of a saved archive: a tar, plain or packed as a whole.</summary>
internal sealed class TarFiles : HeldFiles
{
    private readonly TarBytes tar;
    private readonly TarIndex index;

    private TarFiles(TarBytes tar, TarIndex index)
        : base(tar.Complaint) => (this.tar, this.index) = (tar, index);

    /// <param name="tar">Closed with what is returned, or here when that fails.</param>
    /// <exception cref="Ports.SourceException">Malformed, Unsupported, and what reading gives.</exception>
    public static async Task<TarFiles> OpenAsync(TarBytes tar, CancellationToken cancellationToken)
    {
        try
        {
            return new(tar, await TarIndex.ReadAsync(tar, cancellationToken));
        }
        catch
        {
            await tar.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<HeldFile?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        if (index.Find(name) is not { } place) return null;
        if (place.Kept is { } kept) return new(new MemoryStream(kept, writable: false), kept.Length);
        await tar.GoToAsync(place.Start, cancellationToken);
        return new(new Content(tar, place.SizeBytes), place.SizeBytes);
    }

    public override string? PlaceOf(string name) => index.Find(name)?.Start.ToString("D20", CultureInfo.InvariantCulture);

    public override ValueTask DisposeAsync() => tar.DisposeAsync();

    /// <summary>The bytes of one file, from where the tar is now.</summary>
    private sealed class Content(TarBytes tar, long sizeBytes) : ReadOnlyStream
    {
        private long read;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await tar.ReadAsync(buffer[..(int)Math.Min(buffer.Length, sizeBytes - read)], cancellationToken);
            read += count;
            return count;
        }
    }
}
