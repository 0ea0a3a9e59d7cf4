using System.Text;
using AppPreflight.Archive;
using AppPreflight.Images;

namespace AppPreflight.Layouts;

/// <summary>What a tar holds under one name: a file's bytes, or a link to another name.</summary>
/// <param name="Kept">The content itself, where going back to it would cost too much.</param>
internal sealed record TarPlace(long Start, long SizeBytes, string? LinksTo, byte[]? Kept = null);

/// <summary>Which files a tar holds, and where. Links are followed by their names alone: nothing of the host is ever asked.</summary>
internal sealed class TarIndex
{
    /// <summary>Entries of one archive: an image has a few thousand blobs at most.</summary>
    public const int MaxEntries = 1_000_000;

    private const long MostNameChars = 16 << 20;
    private const int MostKeptOfOne = 128 << 10;
    private const long MostKept = 32 << 20;
    private const int MostLinks = 40;
    private const int MaxExtensionBytes = 1 << 20;

    private readonly Dictionary<string, TarPlace> places = new(StringComparer.Ordinal);
    private readonly TarBytes tar;
    private long kept;
    private long nameChars;
    private int entries;
    private PaxRecords? pax;
    private byte[]? longName;
    private byte[]? longLink;

    private TarIndex(TarBytes tar) => this.tar = tar;

    /// <summary>Reads all headers and steps over what lies between them.</summary>
    /// <exception cref="Ports.SourceException">Malformed, Unsupported, and what reading gives.</exception>
    public static async Task<TarIndex> ReadAsync(TarBytes tar, CancellationToken cancellationToken)
    {
        var index = new TarIndex(tar);
        try
        {
            await index.ReadAsync(cancellationToken);
            return index;
        }
        catch (InvalidDataException fault)
        {
            throw tar.Complaint.Of(Fault.Malformed, $"is no tar archive that can be read: {Oci.Quote.Short(fault.Message, 120)}", fault);
        }
    }

    /// <returns>Null if there is no regular file of that name, or only a link that leads to none.</returns>
    public TarPlace? Find(string name)
    {
        var at = Clean(Encoding.UTF8.GetBytes(name));
        for (var followed = 0; followed <= MostLinks && places.TryGetValue(at, out var place); followed++)
        {
            if (place.LinksTo is null) return place;
            at = place.LinksTo;
        }

        return null;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await tar.GoToAsync(0, cancellationToken);
        var block = new byte[TarField.BlockBytes];
        while (await IsHeaderNextAsync(block, cancellationToken) && block.AsSpan().ContainsAnyExcept((byte)0))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++entries > MaxEntries) throw new InvalidDataException($"it holds more than {MaxEntries} files");
            await TakeAsync(block, cancellationToken);
        }

        if (entries == 0) throw new InvalidDataException("it is empty");
    }

    private async Task TakeAsync(byte[] block, CancellationToken cancellationToken)
    {
        var (type, size) = TypeAndSize(block);
        var start = tar.At;
        if (type is 'x' or 'L' or 'K') TakeExtension(type, await ContentAsync(size, MaxExtensionBytes, cancellationToken));
        else if (type != 'g') size = await TakeEntryAsync(block, start, cancellationToken);
        if (size is < 0 or > long.MaxValue / 4) throw new InvalidDataException("a header has a size that is none");
        await tar.GoToAsync(start + size + TarField.Padding(size), cancellationToken);
    }

    private static (char Type, long Size) TypeAndSize(byte[] block)
    {
        var header = new TarHeader(block);
        return ((char)header.Type, header.Size);
    }

    private void TakeExtension(char type, byte[] content)
    {
        if (type == 'x') pax = PaxRecords.Read(content);
        else if (type == 'L') longName = TarField.Text(content).ToArray();
        else longLink = TarField.Text(content).ToArray();
    }

    /// <returns>How many bytes of content follow the header.</returns>
    private async Task<long> TakeEntryAsync(byte[] block, long start, CancellationToken cancellationToken)
    {
        var entry = LayerEntry.Of(new(block), pax, longName, longLink);
        (pax, longName, longLink) = (null, null, null);
        var name = Clean(entry.Name);
        if (entry.Type == EntryType.Sparse) throw tar.Complaint.Of(Fault.Unsupported, $"holds the sparse file {LayerPath.Show(entry.Name)}, which can't be read");
        if (entry.Size < 0) throw new InvalidDataException($"it has a negative size for {LayerPath.Show(entry.Name)}");
        Forget(name);
        if (entry.Type == EntryType.Regular) Keep(name, new(start, entry.Size, null, await SmallAsync(entry.Size, cancellationToken)));
        else if (entry.Type == EntryType.HardLink) Keep(name, new(start, 0, Clean(entry.LinkName)));
        else if (entry.Type == EntryType.Symlink) Keep(name, new(start, 0, Clean(entry.LinkName is [(byte)'/', ..] ? entry.LinkName : [.. Encoding.Latin1.GetBytes(FolderOf(name)), .. entry.LinkName])));
        return entry.HasContent ? entry.Size : 0;
    }

    // what comes later replaces what was there, as unpacking would
    private void Forget(string name)
    {
        if (places.Remove(name, out var old)) kept -= old.Kept?.Length ?? 0;
    }

    private void Keep(string name, TarPlace place)
    {
        nameChars += name.Length + (place.LinksTo?.Length ?? 0);
        if (nameChars > MostNameChars) throw new InvalidDataException($"its names take more than {MostNameChars >> 20} MiB");
        places[name] = place;
        kept += place.Kept?.Length ?? 0;
    }

    private async Task<byte[]?> SmallAsync(long size, CancellationToken cancellationToken) =>
        tar.IsPacked && size <= MostKeptOfOne && kept + size <= MostKept ? await ContentAsync(size, MostKeptOfOne, cancellationToken) : null;

    private async Task<byte[]> ContentAsync(long size, int most, CancellationToken cancellationToken)
    {
        if (size < 0 || size > most) throw new InvalidDataException($"a header has an extension of {size} bytes");
        var content = new byte[size];
        return await FillAsync(content, cancellationToken) == size ? content : throw tar.Cut();
    }

    private async Task<bool> IsHeaderNextAsync(byte[] block, CancellationToken cancellationToken)
    {
        var count = await FillAsync(block, cancellationToken);
        return count == block.Length || (count == 0 ? false : throw new InvalidDataException("it is cut"));
    }

    private async Task<int> FillAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < buffer.Length && await tar.ReadAsync(buffer.AsMemory(filled), cancellationToken) is > 0 and var count) filled += count;
        return filled;
    }

    private static string FolderOf(string name) => name[..(name.LastIndexOf('/') + 1)];

    // bytes as characters, one for one: names need not be UTF-8
    private static string Clean(byte[] name)
    {
        var parts = new List<string>();
        foreach (var part in Encoding.Latin1.GetString(name).Split('/'))
        {
            if (part == "..") parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            else if (part is not ("" or ".")) parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
