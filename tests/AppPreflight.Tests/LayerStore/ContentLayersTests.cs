using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Rehearsal;
using NUnit.Framework;
using EngineState = AppPreflight.Images.EngineState;

namespace AppPreflight.LayerStore;

/// <summary>Against the content folder of a real containerd, filled by a pull from a real registry; then spoilt on disk.</summary>
[CancelAfter(120_000)]
internal sealed class ContentLayersTests
{
    private static readonly Platform Host = new("linux", "amd64");

    private static int count;

    private RegistryServer registry;
    private Containerd containerd;
    private string label;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        registry = await RegistryServer.StartAsync(new(), CancellationToken.None);
        containerd = await Containerd.StartAsync(CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (containerd is not null) await containerd.DisposeAsync();
        if (registry is not null) await registry.DisposeAsync();
    }

    [SetUp]
    public void Name() => label = $"content{Interlocked.Increment(ref count)}";

    private EngineState Engine => new()
    {
        Version = "29.0.0",
        Platform = Host,
        Driver = "overlayfs",
        UsesContainerdStore = true,
        DataRoot = containerd.DataRoot,
        IsLocal = true,
    };

    private BuiltLayer Layer(string file, int sizeBytes = 300_000)
    {
        using var layer = new LayerBuilder();
        return layer.AddFolder("srv").AddBulk($"srv/{file}", sizeBytes, $"{label}/{file}").Build();
    }

    private async Task<BuiltImage> PullAsync(CancellationToken cancellationToken, params BuiltLayer[] layers) => await PullAsync(label, cancellationToken, layers);

    private async Task<BuiltImage> PullAsync(string name, CancellationToken cancellationToken, params BuiltLayer[] layers)
    {
        var image = ImageBuilder.Build(new(name), layers);
        await registry.Api.PushAsync(name, "1", image, cancellationToken);
        await containerd.PullAsync($"{registry.Authority}/{name}:1", cancellationToken);
        return image;
    }

    private async Task<(BuiltIndex Index, BuiltImage Image)> PullIndexAsync(CancellationToken cancellationToken, params BuiltLayer[] layers)
    {
        var image = ImageBuilder.Build(new(label) { Format = ImageFormat.Oci }, layers);
        var other = ImageBuilder.Build(new(label) { Format = ImageFormat.Oci, Architecture = "arm64" }, Layer("other"));
        var index = ImageBuilder.Index(ImageFormat.Oci, attestation: true, other, image);
        await registry.Api.PushAsync(label, "1", index, cancellationToken);
        await containerd.PullAsync($"{registry.Authority}/{label}:1", cancellationToken);
        return (index, image);
    }

    private static StoredImage Stored(BuiltImage image, string? id = null) => new()
    {
        Id = Digest.Parse(id ?? image.Manifest.Digest),
        DiffIds = [.. image.Layers.Select(layer => new DiffId(Digest.Parse(layer.DiffId)))],
        Platform = Host,
    };

    private Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        CancellationToken cancellationToken, ReadingPace? pace = null, Action<StoredLayer>? finished = null, IProgress<long>? progress = null, params StoredImage[] images) =>
        new EngineLayers(TimeProvider.System).ReadAsync(Engine, images, pace ?? ReadingPace.Foreground, finished, progress, cancellationToken);

    private async Task<StoredContent> ReadAsync(StoredImage image, CancellationToken cancellationToken) => (await ReadAsync(cancellationToken, images: image))[image.Id];

    private static bool? IsSound(StoredImage image, StoredContent content) => (image with { Content = content }).IsSound();

    private static (DamageKind, string, string?, string?) Only(StoredLayer layer)
    {
        var damage = layer.Damages.Single();
        return (damage.Kind, damage.Path, damage.Expected, damage.Observed);
    }

    private static string BlobName(string digest) => "blobs/" + digest.Replace(':', '/');

    private void Flip(string digest)
    {
        using var file = File.Open(containerd.BlobPath(digest), FileMode.Open, FileAccess.ReadWrite);
        file.Position = file.Length / 2;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 1));
    }

    private string DigestOfFile(string digest) => LayerBuilder.Sha256(File.ReadAllBytes(containerd.BlobPath(digest)));

    [Test]
    public async Task Proves_every_blob_of_a_sound_image(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"), Layer("middle", 5_000_000), Layer("top"));
        var image = Stored(built);
        var content = await ReadAsync(image, cancellationToken);
        Assert.That((IsSound(image, content), content.Way, content.Fault), Is.EqualTo(((bool?)true, ProofWay.ContentBlobs, (SourceFault?)null)));
        Assert.That(content.Config, Is.EqualTo(Digest.Parse(built.ConfigDigest)));
        Assert.That(content.Layers.Select(layer => (layer.DiffId.ToString(), layer.Promised.ToString(), layer.Observed?.ToString(), layer.SizeBytes)),
            Is.EqualTo(built.Layers.Select(layer => (layer.DiffId, layer.Digest, layer.Digest, (long)layer.Compressed.Length))));
        Assert.That(content.Layers.Select(layer => layer.Chain), Is.EqualTo(ChainId.AllOf(image.DiffIds)));
        Assert.That(content.Unseen.Single(), Does.Contain("snapshots"));
        Assert.That(content.HashedBytes, Is.EqualTo(built.Manifest.Bytes.Length + built.Config.Length + built.Layers.Sum(layer => layer.Compressed.Length)));
    }

    [Test]
    public async Task Walks_an_index_to_the_engine_s_platform_past_attestations(CancellationToken cancellationToken)
    {
        var (index, built) = await PullIndexAsync(cancellationToken, Layer("base"), Layer("top"));
        var image = Stored(built, index.Manifest.Digest) with { Platform = null };
        var content = await ReadAsync(image, cancellationToken);
        Assert.That((IsSound(image, content), content.Config?.ToString(), content.Fault), Is.EqualTo(((bool?)true, built.ConfigDigest, (SourceFault?)null)));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public async Task Names_the_layer_whose_blob_has_a_flipped_byte(int place, CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"), Layer("middle"), Layer("top"));
        var digest = built.Layers[place].Digest;
        Flip(digest);
        var image = Stored(built);
        var content = await ReadAsync(image, cancellationToken);
        var observed = DigestOfFile(digest);
        Assert.That(Only(content.Layers[place]), Is.EqualTo((DamageKind.Content, BlobName(digest), (string?)digest, (string?)observed)));
        Assert.That((content.Layers[place].Observed?.ToString(), IsSound(image, content)), Is.EqualTo((observed, (bool?)false)));
        Assert.That(content.Layers.Count(layer => layer.IsSound == true), Is.EqualTo(2));
    }

    [Test]
    public async Task Names_a_layer_that_was_cut(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"), Layer("top"));
        var blob = built.Layers[1];
        using (var file = File.OpenWrite(containerd.BlobPath(blob.Digest))) file.SetLength(1000);
        var layer = (await ReadAsync(Stored(built), cancellationToken)).Layers[1];
        Assert.That(Only(layer), Is.EqualTo((DamageKind.Content, BlobName(blob.Digest), (string?)$"{blob.Compressed.Length} bytes", (string?)"1000 bytes")));
        Assert.That((layer.Observed?.ToString(), layer.SizeBytes), Is.EqualTo((DigestOfFile(blob.Digest), 1000L)));
    }

    [Test]
    public async Task Reads_no_further_than_a_layer_was_promised_to_be(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"));
        var blob = built.Layers[0];
        using (var file = File.OpenWrite(containerd.BlobPath(blob.Digest))) file.SetLength(1L << 40);
        var layer = (await ReadAsync(Stored(built), cancellationToken)).Layers[0];
        Assert.That(Only(layer), Is.EqualTo((DamageKind.Content, BlobName(blob.Digest), (string?)$"{blob.Compressed.Length} bytes", (string?)"1099511627776 bytes")));
        Assert.That((layer.Observed, layer.SizeBytes), Is.EqualTo(((Digest?)null, layer.SizeBytes)).And.Matches<(Digest?, long)>(read => read.Item2 < 3_000_000));
    }

    [Test]
    public async Task Cannot_tell_of_a_layer_whose_blob_is_not_kept(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"), Layer("top"));
        File.Delete(containerd.BlobPath(built.Layers[0].Digest));
        var image = Stored(built);
        var content = await ReadAsync(image, cancellationToken);
        var layer = content.Layers[0];
        Assert.That((layer.IsSound, layer.Fault?.Fault, layer.Fault?.Subject, layer.Damages.Count), Is.EqualTo(((bool?)null, (Fault?)Fault.Unsupported, built.Layers[0].Digest, 0)));
        Assert.That((content.Layers[1].IsSound, IsSound(image, content)), Is.EqualTo(((bool?)true, (bool?)null)));
    }

    [Test]
    public async Task Names_an_altered_configuration_and_still_proves_the_layers(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"), Layer("top"));
        Flip(built.ConfigDigest);
        var image = Stored(built);
        var content = await ReadAsync(image, cancellationToken);
        Assert.That((content.Fault?.Fault, content.Fault?.Part, content.Fault?.Subject, content.Fault?.Expected, content.Fault?.Observed),
            Is.EqualTo(((Fault?)Fault.Corrupt, (ImagePart?)ImagePart.Config, built.ConfigDigest, built.ConfigDigest, DigestOfFile(built.ConfigDigest))));
        Assert.That((content.Layers.All(layer => layer.IsSound == true), IsSound(image, content)), Is.EqualTo((true, (bool?)false)));
    }

    [Test]
    public async Task Names_an_altered_manifest(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"));
        Flip(built.Manifest.Digest);
        await ExpectCorruptAsync(Stored(built), built.Manifest.Digest, cancellationToken);
    }

    [Test]
    public async Task Names_an_altered_index(CancellationToken cancellationToken)
    {
        var (index, built) = await PullIndexAsync(cancellationToken, Layer("base"));
        Flip(index.Manifest.Digest);
        await ExpectCorruptAsync(Stored(built, index.Manifest.Digest), index.Manifest.Digest, cancellationToken);
    }

    [Test]
    public async Task Names_an_altered_manifest_below_an_index(CancellationToken cancellationToken)
    {
        var (index, built) = await PullIndexAsync(cancellationToken, Layer("base"));
        Flip(built.Manifest.Digest);
        await ExpectCorruptAsync(Stored(built, index.Manifest.Digest), built.Manifest.Digest, cancellationToken);
    }

    [Test]
    public async Task Hashes_a_huge_manifest_without_keeping_it(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"));
        using (var file = File.OpenWrite(containerd.BlobPath(built.Manifest.Digest))) file.SetLength(100 << 20);
        var before = GC.GetTotalAllocatedBytes();
        await ExpectCorruptAsync(Stored(built), built.Manifest.Digest, cancellationToken);
        // the expectation itself reads the file whole, once
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(150 << 20));
    }

    [Test]
    public async Task Tells_of_a_manifest_that_is_not_there(CancellationToken cancellationToken)
    {
        var (index, built) = await PullIndexAsync(cancellationToken, Layer("base"));
        File.Delete(containerd.BlobPath(built.Manifest.Digest));
        var fault = (await ReadAsync(Stored(built, index.Manifest.Digest), cancellationToken)).Fault;
        Assert.That((fault?.Fault, fault?.Subject), Is.EqualTo(((Fault?)Fault.Missing, built.Manifest.Digest)));
    }

    [TestCase("{}", "neither an index nor a manifest")]
    [TestCase("[", "not valid JSON")]
    [TestCase("""{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"DIGEST","size":9,"platform":{"os":"plan9","architecture":"mips"}}]}""", "no manifest for linux/amd64")]
    [TestCase("""{"manifests":[],"layers":[]}""", "index and a manifest at once")]
    [TestCase("""{"config":{"digest":"../../../etc/passwd","size":9},"layers":[]}""", "not a sha256 or sha512 digest")]
    public async Task Cannot_tell_where_bytes_are_as_pulled_but_make_no_sense(string text, string why, CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"));
        var bytes = Encoding.UTF8.GetBytes(text.Replace("DIGEST", built.Manifest.Digest, StringComparison.Ordinal));
        var digest = LayerBuilder.Sha256(bytes);
        await File.WriteAllBytesAsync(containerd.BlobPath(digest), bytes, cancellationToken);
        var image = Stored(built, digest);
        var content = await ReadAsync(image, cancellationToken);
        Assert.That((content.Fault?.Fault, IsSound(image, content), content.Layers.Count), Is.EqualTo(((Fault?)Fault.Malformed, (bool?)null, 0)));
        Assert.That(content.Fault?.Message, Does.Contain(why));
    }

    [Test]
    public async Task Hashes_by_the_algorithm_that_a_digest_names(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"));
        var blob = built.Layers[0].Compressed;
        var digest = "sha512:" + Convert.ToHexStringLower(SHA512.HashData(blob));
        var manifest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(built.Manifest.Bytes).Replace(built.Layers[0].Digest, digest, StringComparison.Ordinal));
        Directory.CreateDirectory(Path.GetDirectoryName(containerd.BlobPath(digest))!);
        await File.WriteAllBytesAsync(containerd.BlobPath(digest), blob, cancellationToken);
        await File.WriteAllBytesAsync(containerd.BlobPath(LayerBuilder.Sha256(manifest)), manifest, cancellationToken);
        var image = Stored(built, LayerBuilder.Sha256(manifest));
        var content = await ReadAsync(image, cancellationToken);
        Assert.That((content.Layers.Single().Observed?.ToString(), IsSound(image, content)), Is.EqualTo((digest, (bool?)true)));
        Flip(digest);
        Assert.That((await ReadAsync(image, cancellationToken)).Layers.Single().IsSound, Is.False);
    }

    [Test]
    public async Task Cannot_tell_where_the_engine_names_other_layers_than_the_configuration(CancellationToken cancellationToken)
    {
        var image = Stored(await PullAsync(cancellationToken, Layer("base"), Layer("top")));
        foreach (var diffIds in new[] { image.DiffIds.Reverse(), image.DiffIds.Take(1) })
        {
            var content = await ReadAsync(image with { DiffIds = [.. diffIds] }, cancellationToken);
            Assert.That((content.Fault?.Fault, content.Layers.Count), Is.EqualTo(((Fault?)Fault.Malformed, 0)));
        }
    }

    [TestCase("symlink")]
    [TestCase("fifo")]
    [TestCase("folder")]
    public async Task Reads_nothing_but_a_file_in_a_blob_s_place(string kind, CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base"));
        var (layer, manifest) = (built.Layers[0].Digest, built.Manifest.Digest);
        var image = Stored(built);
        Replace(layer, kind, cancellationToken);
        var content = await ReadAsync(image, cancellationToken);
        Assert.That(Only(content.Layers[0]), Is.EqualTo((DamageKind.Type, BlobName(layer), (string?)"file", (string?)kind)));
        Replace(manifest, kind, cancellationToken);
        content = await ReadAsync(image, cancellationToken);
        Assert.That((content.Fault?.Fault, content.Fault?.Subject, content.Fault?.Observed), Is.EqualTo(((Fault?)Fault.Corrupt, manifest, kind)));
    }

    [Test]
    public async Task Reads_a_layer_that_two_images_share_once(CancellationToken cancellationToken)
    {
        var (@base, one, two) = (Layer("base", 6_000_000), Layer("one"), Layer("two"));
        var first = await PullAsync(label + "a", cancellationToken, @base, one);
        var second = await PullAsync(label + "b", cancellationToken, @base, two, one);
        Flip(@base.Digest);
        var (finished, progress) = (new List<StoredLayer>(), new LastReport());
        var images = new[] { Stored(first), Stored(second) };
        var contents = await ReadAsync(cancellationToken, ReadingPace.Foreground, layer => { lock (finished) finished.Add(layer); }, progress, images);
        // the same blob on another base is another layer, and still the same bytes
        Assert.That(finished.Select(layer => layer.Promised.ToString()), Is.EquivalentTo(new[] { @base.Digest, one.Digest, one.Digest, two.Digest }));
        var documents = new[] { first, second }.Sum(image => image.Manifest.Bytes.Length + image.Config.Length);
        Assert.That(progress.Last, Is.EqualTo(documents + @base.Compressed.Length + one.Compressed.Length + two.Compressed.Length));
        Assert.That(images.Select(image => string.Concat(contents[image.Id].Layers.Select(layer => layer.IsSound == true ? '+' : '-'))), Is.EqualTo(new[] { "-+", "-++" }));
    }

    [Test]
    public async Task Stops_when_it_is_told_to(CancellationToken cancellationToken)
    {
        var image = Stored(await PullAsync(cancellationToken, Layer("base"), Layer("middle"), Layer("top")));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var finished = 0;
        var read = async () => await ReadAsync(stop.Token, new ReadingPace { IsBackground = true }, _ =>
        {
            finished++;
            stop.Cancel();
        }, images: image);
        await Assert.ThatAsync(read, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(finished, Is.EqualTo(1));
    }

    [Test]
    public async Task Reads_from_the_medium_and_stamps_what_it_read(CancellationToken cancellationToken)
    {
        var built = await PullAsync(cancellationToken, Layer("base", 3_000_000), Layer("top"));
        var image = Stored(built);
        var pace = new ReadingPace { IsFromMedium = true };
        var first = (await ReadAsync(cancellationToken, pace, images: image))[image.Id].Layers;
        Assert.That(first.Select(layer => (layer.IsSound, layer.IsFromMedium)), Is.All.EqualTo(((bool?)true, true)));
        var again = (await ReadAsync(cancellationToken, pace, images: image))[image.Id].Layers;
        Assert.That(again.Select(layer => layer.Stamp), Is.EqualTo(first.Select(layer => layer.Stamp)));
        await File.WriteAllBytesAsync(containerd.BlobPath(built.Layers[1].Digest), built.Layers[1].Compressed, cancellationToken);
        var written = (await ReadAsync(image, cancellationToken)).Layers;
        Assert.That((written[0].Stamp == first[0].Stamp, written[1].Stamp == first[1].Stamp, written[1].IsSound), Is.EqualTo((true, false, (bool?)true)));
    }

    [Test]
    public async Task Leaves_it_to_the_export_where_no_store_holds_the_image(CancellationToken cancellationToken)
    {
        var image = Stored(ImageBuilder.Build(new(label), Layer("base")));
        await ExpectExportAsync(() => ReadAsync(image, cancellationToken), Fault.Missing);
    }

    [Test]
    public async Task Finds_the_store_that_holds_the_image_and_guesses_at_none_of_two(CancellationToken cancellationToken)
    {
        var image = Stored(await PullAsync(cancellationToken, Layer("base")));
        var empty = Directory.CreateTempSubdirectory("content");
        var copy = Directory.CreateTempSubdirectory("content");
        try
        {
            Directory.CreateDirectory(Path.Combine(copy.FullName, "blobs/sha256"));
            File.Copy(containerd.BlobPath(image.Id.ToString()), Path.Combine(copy.FullName, BlobName(image.Id.ToString())));
            var contents = await In(empty.FullName, "/nowhere", containerd.ContentFolder);
            Assert.That(contents[image.Id].Layers.Single().IsSound, Is.True);
            await ExpectExportAsync(() => In(copy.FullName, containerd.ContentFolder), Fault.Unsupported);
        }
        finally
        {
            empty.Delete(recursive: true);
            copy.Delete(recursive: true);
        }

        Task<IReadOnlyDictionary<Digest, StoredContent>> In(params string[] places) =>
            new ContentLayers(places, TimeProvider.System).ReadAsync(Engine, [image], ReadingPace.Foreground, null, null, cancellationToken);
    }

    private async Task ExpectCorruptAsync(StoredImage image, string digest, CancellationToken cancellationToken)
    {
        var content = await ReadAsync(image, cancellationToken);
        Assert.That((content.Fault?.Fault, content.Fault?.Part, content.Fault?.Subject, content.Fault?.Expected, content.Fault?.Observed),
            Is.EqualTo(((Fault?)Fault.Corrupt, (ImagePart?)ImagePart.Manifest, digest, digest, DigestOfFile(digest))));
        Assert.That((content.Layers.Count, content.Config, IsSound(image, content)), Is.EqualTo((0, (Digest?)null, (bool?)false)));
    }

    private static async Task ExpectExportAsync(Func<Task> read, Fault fault) =>
        await Assert.ThatAsync(read, Throws.InstanceOf<SourceException>().With.Property(nameof(SourceException.Fault)).EqualTo(fault));

    private void Replace(string digest, string kind, CancellationToken cancellationToken)
    {
        var path = containerd.BlobPath(digest);
        var aside = path + ".aside";
        File.Move(path, aside);
        if (kind == "symlink") File.CreateSymbolicLink(path, aside);
        else if (kind == "folder") Directory.CreateDirectory(path);
        else MakeFifo(path, cancellationToken);
    }

    private static void MakeFifo(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var made = Process.Start("/usr/bin/mkfifo", [path]);
        made.WaitForExit();
    }

    private sealed class LastReport : IProgress<long>
    {
        public long Last { get; private set; }

        public void Report(long value) => Last = Math.Max(Last, value);
    }
}
