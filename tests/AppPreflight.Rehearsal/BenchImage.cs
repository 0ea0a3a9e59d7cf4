using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>A layer in files: too large for memory.</summary>
/// <param name="TarPath">Its tar, or null where only the blob was kept.</param>
internal sealed record PackedLayer(string? TarPath, string DiffId, long TarBytes, string BlobPath, string Digest, long BlobBytes);

/// <summary>What goes into one layer: many small files and some large ones.</summary>
/// <param name="Seed">Other seed, other bytes; also the name of the layer's folder.</param>
/// <param name="SmallBytes">Bytes of all small files together.</param>
internal sealed record LayerPlan(int Seed, int Files, long SmallBytes, IReadOnlyList<(Grain Grain, long Bytes)> Large)
{
    /// <summary>So many of its small files have other bytes, of the same number.</summary>
    public int Altered { get; init; }
}

/// <summary>An image of any size, made from a seed: the same call gives the same bytes on every machine.</summary>
internal sealed class BenchImage
{
    /// <summary>Files in an image of 1000 MB.</summary>
    private const int Files = 10_000;

    /// <summary>How many files differ in the two images of a pair.</summary>
    public const int AlteredFiles = 5;

    private const int FilesInFolder = 40;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Open = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private BenchImage(IReadOnlyList<PackedLayer> layers, int files) => (Layers, FileCount) = (layers, files);

    public IReadOnlyList<PackedLayer> Layers { get; }

    /// <summary>Regular files of all layers.</summary>
    public int FileCount { get; }

    public long TarBytes => Layers.Sum(layer => layer.TarBytes);

    public long BlobBytes => Layers.Sum(layer => layer.BlobBytes);

    /// <summary>Four layers of 50, 30, 16 and 4 percent, as a distribution, its runtime, an app and its settings are.</summary>
    /// <param name="folder">Where the layers' files go.</param>
    /// <param name="megabytes">Unpacked size in units of a million bytes.</param>
    /// <param name="cancellationToken">Is looked at before a layer is begun.</param>
    public static Task<BenchImage> BuildAsync(string folder, int megabytes, CancellationToken cancellationToken)
    {
        var hundredth = megabytes * 10_000L;
        LayerPlan[] plans =
        [
            Plan(1, megabytes, 45, 50 * hundredth, (Grain.Code, 8 * hundredth)),
            Plan(2, megabytes, 35, 30 * hundredth, (Grain.Noise, 2 * hundredth), (Grain.Text, 4 * hundredth)),
            Plan(3, megabytes, 18, 16 * hundredth, (Grain.Code, 5 * hundredth)),
            Plan(4, megabytes, 2, 4 * hundredth),
        ];
        return PackAsync(folder, plans, keepTars: true, cancellationToken);
    }

    /// <summary>One file of zeros, which is as large as it says once it is unpacked, and some small files in a second layer.</summary>
    public static Task<BenchImage> BuildBigAsync(string folder, int megabytes, CancellationToken cancellationToken) =>
        PackAsync(folder, [new(1, 0, 0, [(Grain.Zeros, megabytes * 1_000_000L)]), new(2, 200, 2_000_000, [])], keepTars: false, cancellationToken);

    /// <summary>Two images of ten layers that differ in a few files of the sixth.</summary>
    public static async Task<(BenchImage Image, BenchImage Altered)> BuildPairAsync(string folder, int megabytes, CancellationToken cancellationToken)
    {
        var hundredth = megabytes * 10_000L;
        LayerPlan[] plans = [.. Enumerable.Range(1, 10).Select(seed => new LayerPlan(seed, Math.Max(2 * AlteredFiles, megabytes * 10 / 3), 7 * hundredth, [(Grain.Code, 3 * hundredth)]))];
        var image = await PackAsync(folder, plans, keepTars: false, cancellationToken);
        var altered = await PackAsync(Path.Combine(folder, "altered"), [plans[5] with { Altered = AlteredFiles }], keepTars: false, cancellationToken);
        return (image, new([.. image.Layers.Select((layer, place) => place == 5 ? altered.Layers[0] : layer)], image.FileCount));
    }

    /// <summary>Pushes a configuration for an image of one layer that the registry has already, and describes that image.</summary>
    public static async Task<BuiltManifest> DescribeAsync(RegistryApi registry, string repository, string digest, long bytes, CancellationToken cancellationToken)
    {
        var image = new BenchImage([new(null, digest, bytes, "", digest, bytes)], 0).Manifest(Config([digest]));
        await registry.PushAsync(repository, null, image, cancellationToken);
        return image.Manifest;
    }

    /// <summary>Uploads the layers and a config, and lets the tag name the whole.</summary>
    public async Task PushAsync(RegistryApi registry, string repository, string tag, CancellationToken cancellationToken)
    {
        foreach (var layer in Layers) await registry.PushFileAsync(repository, layer.Digest, layer.BlobPath, cancellationToken);
        await registry.PushAsync(repository, tag, Manifest(Config(Layers.Select(layer => layer.DiffId))), cancellationToken);
    }

    private static JsonObject Config(IEnumerable<string> diffIds) => new()
    {
        ["architecture"] = "amd64",
        ["os"] = "linux",
        ["config"] = new JsonObject { ["Cmd"] = new JsonArray("/bin/true") },
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. diffIds.Select(diffId => (JsonNode)diffId)]) },
    };

    private BuiltImage Manifest(JsonObject config)
    {
        var bytes = Encoding.UTF8.GetBytes(config.ToJsonString());
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.Manifest(ImageFormat.Docker),
            ["config"] = Descriptor(MediaTypes.Config(ImageFormat.Docker), bytes.Length, LayerBuilder.Sha256(bytes)),
            ["layers"] = new JsonArray([.. Layers.Select(layer => (JsonNode)Descriptor(MediaTypes.Layer(ImageFormat.Docker), layer.BlobBytes, layer.Digest))]),
        };
        return new(new(Encoding.UTF8.GetBytes(manifest.ToJsonString()), MediaTypes.Manifest(ImageFormat.Docker)), bytes, [], "amd64");
    }

    private static JsonObject Descriptor(string mediaType, long size, string digest) =>
        new() { ["mediaType"] = mediaType, ["size"] = size, ["digest"] = digest };

    private static LayerPlan Plan(int seed, int megabytes, int percentOfFiles, long bytes, params (Grain Grain, long Bytes)[] large)
    {
        var files = Math.Max(2, (int)((long)Files * megabytes / 1000 * percentOfFiles / 100));
        return new(seed, files, bytes - large.Sum(file => file.Bytes), large);
    }

    private static async Task<BenchImage> PackAsync(string folder, LayerPlan[] plans, bool keepTars, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var layers = await Task.WhenAll(plans.Select(plan => Task.Run(() => Pack(folder, plan, keepTars), cancellationToken)));
        return new(layers, plans.Sum(plan => plan.Files + plan.Large.Count));
    }

    // gzip at level 6, as docker push packs
    private static PackedLayer Pack(string folder, LayerPlan plan, bool keepTar)
    {
        var (tarPath, blobPath) = (Path.Combine(folder, $"{plan.Seed}.tar"), Path.Combine(folder, $"{plan.Seed}.tar.gz"));
        using var tarFile = keepTar ? File.Create(tarPath) : Stream.Null;
        using var blobFile = File.Create(blobPath);
        using var blob = new DigestingStream(blobFile);
        using var gzip = new GZipStream(blob, CompressionLevel.Optimal, leaveOpen: true);
        using var tar = new DigestingStream(tarFile, gzip);
        Write(plan, tar);
        gzip.Dispose();
        return new(keepTar ? tarPath : null, tar.Finish(), tar.Count, blobPath, blob.Finish(), blob.Count);
    }

    private static void Write(LayerPlan plan, Stream target)
    {
        // ustar cannot say a size of 8 GiB and more
        using var writer = new TarWriter(target, plan.Large.Any(file => file.Bytes >= 1L << 33) ? TarEntryFormat.Pax : TarEntryFormat.Ustar, leaveOpen: true);
        var numbers = new SeededNumbers((ulong)plan.Seed);
        var top = $"layer{plan.Seed}";
        AddFolder(writer, top);
        foreach (var (grain, bytes) in plan.Large) AddFile(writer, $"{top}/large-{grain}", grain, numbers.Next(), bytes);
        var sizes = Sizes(plan, numbers);
        for (var place = 0; place < sizes.Length; place++)
        {
            var folder = $"{top}/part{place / FilesInFolder}";
            if (place % FilesInFolder == 0) AddFolder(writer, folder);
            AddFile(writer, $"{folder}/file{place}", Draw(numbers), numbers.Next() + (place >= sizes.Length - plan.Altered ? 1UL : 0), sizes[place]);
        }
    }

    // the largest are ten thousand times the smallest, and every order of magnitude has about as many
    private static long[] Sizes(LayerPlan plan, SeededNumbers numbers)
    {
        var weights = Enumerable.Range(0, plan.Files).Select(_ => (16L + numbers.Below(16)) << numbers.Below(13)).ToArray();
        var sum = Math.Max(1, weights.Sum());
        return [.. weights.Select(weight => plan.SmallBytes / sum * weight + plan.SmallBytes % sum * weight / sum)];
    }

    private static Grain Draw(SeededNumbers numbers) => numbers.Below(100) switch
    {
        < 56 => Grain.Text,
        < 91 => Grain.Code,
        _ => Grain.Noise,
    };

    private static void AddFolder(TarWriter writer, string path) => Add(writer, TarEntryType.Directory, path + "/", Open, null);

    private static void AddFile(TarWriter writer, string path, Grain grain, ulong seed, long bytes)
    {
        using var content = new BenchContent(grain, seed, bytes);
        Add(writer, TarEntryType.RegularFile, path, grain == Grain.Code ? Open : Readable, content);
    }

    private static void Add(TarWriter writer, TarEntryType type, string path, UnixFileMode mode, Stream? content)
    {
        PosixTarEntry entry = writer.Format == TarEntryFormat.Pax ? new PaxTarEntry(type, path) : new UstarTarEntry(type, path);
        (entry.Mode, entry.ModificationTime) = (mode, LayerBuilder.Birth);
        if (content is not null) entry.DataStream = content;
        writer.WriteEntry(entry);
    }
}
