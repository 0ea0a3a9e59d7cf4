using System.Net;
using System.Text;
using AppPreflight.Archive;
using AppPreflight.LayerStore;
using AppPreflight.Oci;
using AppPreflight.Registry;

namespace AppPreflight.Fuzz;

/// <summary>What lies in an engine's store, and packed layers.</summary>
internal static class LayerTargets
{
    private const string Json = "{ } \" : , null -1 1e400 9223372036854775807 \\ud800 \\u0000 \"type\" \"payload\" \"position\" \"size\" \"name\" \"name_raw\" = == AAAA";
    private static readonly Type[] Invalid = [typeof(InvalidDataException)];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("tar-split", TarSplit) { Words = Json, Allowed = Invalid },
        new("tar-header", Header) { Words = "ustar ustar\0\00 0000644 path= ../ /../ .wh. .wh..wh..opq", Allowed = Invalid, Mend = Tars.Resealed },
        new("pax", Pax) { Words = "path= linkpath= uid= gid= size= SCHILY.xattr. GNU.sparse.major=1 GNU.sparse.map= 11 30 \0 = -", Allowed = Invalid },
        new("name", Name) { Corpus = "reference", Words = "/ . .. // ./ ../ .wh. .wh..wh..opq \0", Allowed = Invalid },
        new("gzip-stream", GzipStreamOf) { Allowed = Invalid, Longest = 8 << 10, InTest = 500 },
        new("zstd-stream", ZstdStream) { Allowed = [typeof(InvalidDataException), typeof(ZstdWindowException)], Longest = 1 << 10, InTest = 500 },
    ];

    private static void TarSplit(byte[] input)
    {
        var (whole, pieces) = (PiecesOf(new MemoryStream(input)), PiecesOf(new Dribble(input)));
        Hold.Equal(pieces.Count, whole.Count, "pieces read from pieces against whole");
        Hold.Equal(pieces.Fault?.Message, whole.Fault?.Message, "refused in pieces against whole");
        using var reader = TarSplitReader.OverJson(new MemoryStream(input));
        var tree = SplitTree.Build(reader, null, CancellationToken.None);
        Hold.True(whole.Fault is null && tree.Entries <= whole.Count, "no more entries than pieces");
    }

    private static (int Count, InvalidDataException? Fault) PiecesOf(Stream json)
    {
        var count = 0;
        using var reader = TarSplitReader.OverJson(json);
        try
        {
            for (; reader.Read(); count++) Hold.True(reader.Size >= 0 && reader.Name.Length <= TarSplitReader.MaxNameBytes, "sizes and names are bounded");
            return (count, null);
        }
        catch (InvalidDataException fault)
        {
            return (count, fault);
        }
    }

    private static void Header(byte[] input)
    {
        using var reader = new TarHeaderReader();
        var (headers, name, size) = Tars.FirstOf(input);
        reader.Add(headers);
        var entry = reader.Complete(name, size);
        Hold.True(entry.Type == EntryType.Sparse || (entry.Name.AsSpan().SequenceEqual(name) && entry.Size == size && entry.Size >= 0), "name and size are those of the header");
    }

    private static void Pax(byte[] input)
    {
        var read = PaxRecords.Read(input);
        var written = new List<(string Key, byte[] Value)>();
        if (read.Path is { } path) written.Add(("path", path));
        if (read.LinkPath is { } link) written.Add(("linkpath", link));
        if (read.Uid is { } uid) written.Add(("uid", Encoding.ASCII.GetBytes(uid.ToString())));
        if (read.Size is { } size) written.Add(("size", Encoding.ASCII.GetBytes(size.ToString())));
        if (written.Count == 0) return;
        var again = PaxRecords.Read(TarMaker.Records([.. written]));
        Hold.Same(again.Path, read.Path, "path");
        Hold.Same(again.LinkPath, read.LinkPath, "link");
        Hold.Equal((again.Uid, again.Size), (read.Uid, read.Size), "numbers");
    }

    private static void Name(byte[] input)
    {
        var name = new CleanName();
        name.Set(input);
        var parts = Enumerable.Range(0, name.Count).Select(index => name[index].ToArray()).ToList();
        Hold.True(parts.TrueForAll(part => part.Length > 0 && !part.AsSpan().SequenceEqual("."u8) && !part.AsSpan().SequenceEqual(".."u8) && !part.Contains((byte)'/')), "parts are names");
        byte[] joined = [.. parts.SelectMany(part => part.Append((byte)'/'))];
        name.Set(joined);
        Hold.Equal(name.Count, parts.Count, "cleaned twice");
        Hold.True(!LayerPath.Show(input).Any(char.IsControl), "what is shown has no control characters");
    }

    // ISA-L and the framework's decoder: one verdict, the same bytes
    private static void GzipStreamOf(byte[] input)
    {
        var (isal, managed) = (Unpack(input, body => new GzipTar(body)), Unpack(input, body => new ManagedGzipTar(body)));
        Hold.Equal(isal.Digest?.ToString(), managed.Digest?.ToString(), "ISA-L against the framework");
        if (isal.Fault is not null) throw isal.Fault;
    }

    private static void ZstdStream(byte[] input)
    {
        var (small, large) = (Unpack(input, body => new ZstdTar(body), 19), Unpack(input, body => new ZstdTar(body), 4096));
        // libzstd proves the size that an empty frame states only when it gets the frame in one piece: one of both may be refused
        if (small.Fault is null && large.Fault is null) Hold.Equal(small.Digest?.ToString(), large.Digest?.ToString(), "in small pieces against large ones");
        if (small.Fault is not null) throw small.Fault;
    }

    private static (Digest? Digest, InvalidDataException? Fault) Unpack(byte[] packed, Func<PackedBody, Stream> open, int chunkBytes = 64) => UnpackAsync(packed, open, chunkBytes).GetAwaiter().GetResult();

    private static async Task<(Digest? Digest, InvalidDataException? Fault)> UnpackAsync(byte[] packed, Func<PackedBody, Stream> open, int chunkBytes)
    {
        using var endpoint = new RegistryEndpoint("memory", ["http"], 1);
        using var body = new ResumableBody((_, _) => Task.FromResult(new Answer(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(packed) }, endpoint, new MemoryStream())), Pulls.Quick, TimeProvider.System);
        await using var source = new PackedBody(body, new(MediaType.DockerLayerGzip, Digest.Of([]), packed.Length), null, new(), chunkBytes);
        await using var tar = open(source);
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        var buffer = new byte[16 << 10];
        try
        {
            while (await tar.ReadAsync(buffer) is > 0 and var count) hash.AppendData(buffer, 0, count);
            return (Digest.OfHash(System.Security.Cryptography.HashAlgorithmName.SHA256, hash.GetHashAndReset()), null);
        }
        catch (InvalidDataException fault)
        {
            return (null, fault);
        }
    }
}

/// <summary>Tars for fuzzing: what chance would never get right.</summary>
internal static class Tars
{
    private const int Block = 512;

    /// <summary>Every block with a magic gets the checksum it has.</summary>
    public static byte[] Resealed(byte[] input)
    {
        byte[] sealedOnes = [.. input];
        for (var at = 0; at + Block <= sealedOnes.Length; at += Block)
        {
            if (sealedOnes.AsSpan(at + 257, 5).SequenceEqual("ustar"u8)) TarMaker.Seal(sealedOnes[at..(at + Block)]).CopyTo(sealedOnes, at);
        }

        return sealedOnes;
    }

    public static byte[] Packed(byte[] input)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest)) gzip.Write(input);
        return packed.ToArray();
    }

    /// <summary>The headers of the first entry, and what a tar-split would call it.</summary>
    public static (byte[] Headers, byte[] Name, long Size) FirstOf(byte[] input)
    {
        byte[]? name = null;
        long? size = null;
        for (var at = 0; at + Block <= input.Length;)
        {
            var header = new TarHeader(input.AsSpan(at));
            at += Block;
            if (header.Type == 'g') return (input, header.Name(), 0);
            if (header.Type is not ((byte)'x' or (byte)'L' or (byte)'K')) return (input[..at], name ?? header.Name(), size ?? header.Size);
            if (header.Size < 0 || header.Size > input.Length - at) break;
            var content = input.AsSpan(at, (int)header.Size);
            if (header.Type == 'x') (name, size) = (PaxRecords.Read(content).Path ?? name, PaxRecords.Read(content).Size);
            if (header.Type == 'L' && TarField.Text(content) is { IsEmpty: false } text) name = text.ToArray();
            at += (content.Length + Block - 1) / Block * Block;
        }

        return (input, [], 0);
    }
}
