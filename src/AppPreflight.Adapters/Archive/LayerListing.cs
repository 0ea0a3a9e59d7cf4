using System.Security.Cryptography;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Archive;

/// <summary>
/// A layer's files, taken down as its tar passes: each entry placed as the engine would unpack it, each content hashed, nothing kept of it.
/// </summary>
/// <remarks>Headers are read by the rules of Go's archive/tar, of which the engine's unpacker is a user.</remarks>
internal sealed class LayerListing(int maxPaths = LayerListing.MaxPaths) : IDisposable
{
    /// <summary>Paths of one layer: they are all in memory at once.</summary>
    public const int MaxPaths = 1_000_000;

    private const int MaxExtensionBytes = 1 << 20;

    private readonly LayerTree tree = new(maxPaths);
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] block = new byte[TarField.BlockBytes];
    private byte[] extension = [];
    private byte extensionType;
    private PaxRecords? pax;
    private byte[]? longName;
    private byte[]? longLink;
    private LayerEntry? open;
    private int filled;
    private long content;
    private long skip;
    private int place;
    private bool wasZero;
    private bool isOver;

    /// <summary>Why the files can't be told, one sentence; null as long as they can.</summary>
    public string? Untold { get; private set; }

    public void Dispose() => hash.Dispose();

    /// <summary>The next bytes of the tar. Behind its end, and behind what can't be read, they are passed over.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty && !isOver && Untold is null)
            {
                bytes = content > 0 ? TakeContent(bytes) : skip > 0 ? Skip(bytes) : TakeBlock(bytes);
            }
        }
        catch (InvalidDataException e)
        {
            Untold = Quote.Short(e.Message);
        }
    }

    /// <summary>The files; the tar has ended.</summary>
    public IReadOnlyList<LayerFile> Finish()
    {
        // Go takes a tar that ends before its last padding for a whole one, and umoci writes such
        if (!isOver && (open is not null || content > 0 || filled > 0)) Untold ??= "The tar ends in the middle of an entry.";
        if (Untold is not null) return [];
        try
        {
            return TreeFiles.Of(tree);
        }
        catch (InvalidDataException e)
        {
            Untold = Quote.Short(e.Message);
            return [];
        }
    }

    // redirects and the like show what lies elsewhere; an opaque folder is understood
    private static bool IsOverlays(LayerXattr xattr) =>
        xattr.Name.AsSpan().StartsWith("trusted.overlay."u8) && !xattr.Name.AsSpan().SequenceEqual("trusted.overlay.opaque"u8);

    private ReadOnlySpan<byte> TakeContent(ReadOnlySpan<byte> bytes)
    {
        var part = bytes[..(int)Math.Min(content, bytes.Length)];
        if (extension.Length > 0) part.CopyTo(extension.AsSpan((int)(extension.Length - content)));
        else if (open is not null) hash.AppendData(part);
        content -= part.Length;
        if (content == 0) EndContent();
        return bytes[part.Length..];
    }

    private ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes)
    {
        var part = (int)Math.Min(skip, bytes.Length);
        skip -= part;
        return bytes[part..];
    }

    private ReadOnlySpan<byte> TakeBlock(ReadOnlySpan<byte> bytes)
    {
        var part = bytes[..Math.Min(block.Length - filled, bytes.Length)];
        part.CopyTo(block.AsSpan(filled));
        filled += part.Length;
        if (filled == block.Length)
        {
            filled = 0;
            // two blocks of zeros are the end; whatever stands behind it nobody unpacks
            var isZero = !block.AsSpan().ContainsAnyExcept((byte)0);
            isOver = isZero && wasZero;
            // Go refuses a tar that goes on behind one such block, and so does every engine
            if (!isZero && wasZero) throw new InvalidDataException("The tar goes on behind a block of zeros.");
            wasZero = isZero;
            if (!isZero) Begin(new(block));
        }

        return bytes[part.Length..];
    }

    private void Begin(TarHeader header)
    {
        switch (header.Type)
        {
            case (byte)'x' or (byte)'L' or (byte)'K':
                if (header.Size is < 0 or > MaxExtensionBytes) throw new InvalidDataException($"A header of the tar has an extension of {header.Size} bytes.");
                (extension, extensionType) = (new byte[header.Size], header.Type);
                Expect(header.Size);
                if (header.Size == 0) EndExtension();
                break;
            case (byte)'g':
                // its records are for the entries behind it, and no engine heeds them
                Expect(header.Size);
                break;
            default:
                Open(header);
                break;
        }
    }

    private void Open(TarHeader header)
    {
        var entry = LayerEntry.Of(header, pax, longName, longLink) with { Stamp = StampOf(header) };
        if (entry.Size < 0) throw new InvalidDataException($"The tar has a negative size for {LayerPath.Show(entry.Name)}.");
        if (entry.Type == EntryType.Sparse) throw new InvalidDataException($"The layer has the sparse file {LayerPath.Show(entry.Name)}, which can't be compared.");
        if (entry.Xattrs.FirstOrDefault(IsOverlays) is { } steering) throw new InvalidDataException($"The layer steers overlayfs by {LayerPath.Show(steering.Name)} of {LayerPath.Show(entry.Name)}, which can't be compared.");
        (pax, longName, longLink) = (null, null, null);
        open = entry;
        Expect(entry.HasContent ? entry.Size : 0);
        if (content == 0) Close();
    }

    private void Expect(long bytes)
    {
        if (bytes is < 0 or > long.MaxValue - TarField.BlockBytes) throw new InvalidDataException("A header of the tar has a size that is none.");
        (content, skip) = (bytes, TarField.Padding(bytes));
    }

    private void EndContent()
    {
        if (extension.Length > 0) EndExtension();
        else if (open is not null) Close();
    }

    private void EndExtension()
    {
        if (extensionType == (byte)'x') pax = PaxRecords.Read(extension);
        else if (extensionType == (byte)'L') longName = TarField.Text(extension).ToArray();
        else longLink = TarField.Text(extension).ToArray();
        extension = [];
    }

    private void Close()
    {
        var entry = open!;
        open = null;
        var digest = entry.Type == EntryType.Regular ? Digest.OfHash(HashAlgorithmName.SHA256, hash.GetHashAndReset()) : null;
        tree.Apply(entry, 0, digest);
    }

    private FileStamp StampOf(TarHeader header)
    {
        var (seconds, nanoseconds) = pax?.Modified is { } text && TarTime.TryParse(text, out var time) ? time : (header.Modified, 0);
        return new(seconds, nanoseconds, Name(pax?.UserName ?? header.UserName), Name(pax?.GroupName ?? header.GroupName), ++place);
    }

    private static string Name(ReadOnlySpan<byte> name) => name.IsEmpty ? "" : name.SequenceEqual("root"u8) ? "root" : LayerPath.Show(name);
}
