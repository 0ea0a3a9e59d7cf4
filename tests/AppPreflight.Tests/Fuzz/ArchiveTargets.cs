using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Layouts;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Fuzz;

/// <summary>Layers as lists of files, and archives and layouts that somebody names.</summary>
internal static class ArchiveTargets
{
    private const string TarWords = "ustar ustar\0\00 0000644 path= ../ /../ .wh. .wh..wh..opq L K x g S 1 2 layer.tar manifest.json index.json size= mtime= GNU.sparse.map=";

    public static IEnumerable<FuzzTarget> All =>
    [
        new("layer-listing", Listing) { Words = TarWords, Allowed = [], Mend = Tars.Resealed, Longest = 32 << 10 },
        new("saved-archive", SavedArchive) { Words = TarWords, Allowed = [typeof(SourceException)], Mend = Tars.Resealed, Longest = 32 << 10, InTest = 1000 },
        new("layout-documents", LayoutDocuments) { Words = "{ } [ ] \" : , null -1 1e400 \"manifests\" \"digest\" \"size\" \"annotations\" \"org.opencontainers.image.ref.name\" \"Config\" \"RepoTags\" \"Layers\" \"layers\" \\ud800 ../" },
    ];

    private static void Listing(byte[] input)
    {
        var (whole, pieces) = (ListingOf([input]), ListingOf(input.Chunk(7)));
        Hold.Equal(pieces.Untold, whole.Untold, "untold in pieces against whole");
        Hold.True(pieces.Files.SequenceEqual(whole.Files), "listed in pieces against whole");
        Hold.True(whole.Untold is null || whole.Files.Count == 0, "either files or why there are none");
        Hold.True(whole.Files.Zip(whole.Files.Skip(1)).All(pair => string.CompareOrdinal(pair.First.Path, pair.Second.Path) < 0), "in order, each once");
        Hold.True(whole.Files.All(file => !$"{file.Path}{file.Target}{file.Attributes}{file.Stamp}".Any(char.IsControl)), "nothing for a terminal to obey");
        Hold.True(whole.Files.All(file => file.Content is not null == (file.Kind == LayerFileKind.File)), "every file has its digest");
    }

    private static (IReadOnlyList<LayerFile> Files, string? Untold) ListingOf(IEnumerable<byte[]> chunks)
    {
        using var listing = new LayerListing();
        foreach (var chunk in chunks) listing.Take(chunk);
        var files = listing.Finish();
        return (files, listing.Untold);
    }

    // as it stands, and packed as a whole: one verdict
    private static void SavedArchive(byte[] input)
    {
        var complaint = new Complaint("memory");
        var (plain, packed) = (Saved(new PlainTar(new MemoryStream(input), complaint)), Saved(new PackedTar(new MemoryStream(Tars.Packed(input)), Packing.Gzip, Unpacking.OfThisMachine, new(), complaint)));
        Hold.Equal(packed.Fault?.Message, plain.Fault?.Message, "packed against plain");
        Hold.True(plain.Layers.Select(layer => layer.Files).Zip(packed.Layers.Select(layer => layer.Files)).All(pair => pair.First.SequenceEqual(pair.Second)), "the same files");
        if (plain.Fault is not null) throw plain.Fault;
    }

    private static (IReadOnlyList<LayerFiles> Layers, SourceException? Fault) Saved(TarBytes tar) => SavedAsync(tar).GetAwaiter().GetResult();

    private static async Task<(IReadOnlyList<LayerFiles> Layers, SourceException? Fault)> SavedAsync(TarBytes tar)
    {
        try
        {
            await using var files = await TarFiles.OpenAsync(tar, CancellationToken.None);
            var form = await LayoutCopies.DescribeAsync(files, ImagePlace.Archive, "memory", null, new("linux", "amd64"), CancellationToken.None);
            var reading = new LayerReading(files, Unpacking.OfThisMachine, new(), null);
            return (await LayoutCopies.ListLayersAsync(files, form, null, [.. Enumerable.Range(0, form.Layers.Count)], reading, CancellationToken.None), null);
        }
        catch (SourceException fault)
        {
            return ([], fault);
        }
    }

    private static void LayoutDocuments(byte[] input)
    {
        if (input.AsSpan().TrimStart(" \n\r\t"u8) is [(byte)'[', ..])
        {
            Hold.True(SavedImage.ParseAll(input).All(image => image.Config.Length > 0 && image.Promised?.Algorithm is null or "sha256"), "every image has a configuration");
            return;
        }

        var index = LayoutIndex.Parse(input);
        Hold.True(index.Entries.All(entry => entry.Target.SizeBytes >= 0 && entry.Names.All(name => name.Length > 0)), "sizes and names are such");
        Hold.True(ManifestFields.Of(Served.Of(input, "")).Keys.All(name => name is not ("schemaVersion" or "config" or "layers")), "descriptors are no fields");
    }
}
