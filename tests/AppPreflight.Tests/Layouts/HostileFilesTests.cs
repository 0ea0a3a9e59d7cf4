using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.LayerStore;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Layouts;

/// <summary>Folders and files from strangers: a clear sentence, never a hang, nothing from elsewhere.</summary>
internal sealed class HostileFilesTests
{
    private Copies copies = null!;
    private BuiltImage image = null!;

    [SetUp]
    public void Open()
    {
        copies = new();
        image = Copies.Image();
        copies.Layout("a", image);
    }

    [TearDown]
    public void Close() => copies.Dispose();

    [Test]
    public async Task Proves_every_document_and_every_layer()
    {
        foreach (var (digest, part) in new[] { (image.Manifest.Digest, ImagePart.Manifest), (image.ConfigDigest, ImagePart.Config), (Copies.Base.Digest, ImagePart.Layer), (Copies.Top.Digest, ImagePart.Layer) })
        {
            var path = copies.BlobPath("a", digest);
            var bytes = await File.ReadAllBytesAsync(path);
            byte[] flipped = [.. bytes];
            flipped[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(path, flipped);
            await Expect(Fault.Corrupt, part, digest);
            await File.WriteAllBytesAsync(path, bytes[..^1]);
            await Expect(Fault.Corrupt, part, $"{bytes.Length - 1} bytes instead of {bytes.Length} bytes");
            await File.WriteAllBytesAsync(path, [.. bytes, 0]);
            await Expect(Fault.Corrupt, part, $"{bytes.Length + 1} bytes instead of {bytes.Length} bytes");
            File.Delete(path);
            await Expect(Fault.Missing, part, digest["sha256:".Length..]);
            await File.WriteAllBytesAsync(path, bytes);
        }

        Assert.That(await Copies.ListAsync(await Copies.DescribeAsync(ImagePlace.Layout, copies["a"])), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Proves_what_a_layer_unpacks_to()
    {
        var lying = ImageBuilder.Build(new ImageTraits("lie") { Format = ImageFormat.Oci }, Copies.Base with { DiffId = Copies.Top.DiffId });
        copies.Layout("a", lying);
        await Expect(Fault.Corrupt, ImagePart.Layer, $"the tar of layer 1 than promised: {Copies.Base.DiffId} instead of {Copies.Top.DiffId}");
    }

    [Test]
    public async Task Leaves_the_folder_by_no_link()
    {
        var path = copies.BlobPath("a", Copies.Top.Digest);
        File.Move(path, copies["outside"]);
        File.CreateSymbolicLink(path, copies["outside"]);
        await Expect(Fault.Refused, ImagePart.Manifest, "has a link that leads out of it: blobs/sha256/");
        File.Delete(path);
        File.Move(copies["outside"], Path.Combine(copies["a"], "inside"));
        File.CreateSymbolicLink(path, "../../inside");
        Assert.That(await Copies.ListAsync(await Copies.DescribeAsync(ImagePlace.Layout, copies["a"])), Has.Count.EqualTo(2));
        Directory.Move(Path.Combine(copies["a"], "blobs"), copies["blobs"]);
        Directory.CreateSymbolicLink(Path.Combine(copies["a"], "blobs"), copies["blobs"]);
        await Expect(Fault.Refused, ImagePart.Manifest, "has a link that leads out of it: blobs/sha256/");
        File.Delete(Path.Combine(copies["a"], "index.json"));
        File.CreateSymbolicLink(Path.Combine(copies["a"], "index.json"), "index.json");
        await Expect(Fault.Unsupported, ImagePart.Manifest, "it has no index.json");
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Never_waits_at_a_pipe_and_reads_no_device(CancellationToken cancellationToken)
    {
        foreach (var name in new[] { "a/index.json", $"a/blobs/sha256/{image.ConfigDigest["sha256:".Length..]}" })
        {
            var bytes = await File.ReadAllBytesAsync(copies[name], cancellationToken);
            File.Delete(copies[name]);
            copies.Run("/usr/bin/mkfifo", name);
            await Expect(Fault.Refused, ImagePart.Manifest, "no regular file");
            File.Delete(copies[name]);
            await File.WriteAllBytesAsync(copies[name], bytes, cancellationToken);
        }

        copies.Run("/usr/bin/mkfifo", "pipe");
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, copies["pipe"])).Fault, Is.EqualTo(Fault.Refused));
        foreach (var device in new[] { "/dev/zero", "/dev/null", "/dev/tty0" }.Where(File.Exists)) Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, device)).Fault, Is.EqualTo(Fault.Refused), device);
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Layout, "/proc/self")).Fault, Is.EqualTo(Fault.Unsupported));
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, "/proc/self/status")).Fault, Is.EqualTo(Fault.Malformed));
    }

    [TestCase("", "is not valid JSON")]
    [TestCase("{", "is not valid JSON")]
    [TestCase("[]", "is not a JSON object")]
    [TestCase("{}", "holds no image")]
    [TestCase("""{"manifests":7}""", "\"manifests\" is not a list")]
    [TestCase("""{"manifests":[{}]}""", "entry 1 of index.json has no digest")]
    [TestCase("""{"manifests":[{"digest":"sha256:../../../etc/passwd","size":1}]}""", "is not a sha256 or sha512 digest")]
    [TestCase("""{"manifests":[{"digest":"sha256:aa","digest":"sha256:bb"}]}""", "is not valid JSON")]
    [TestCase("""{"manifests":[{"mediaType":"\ud800","digest":"sha256:2629c38cce1d8d8d7e679653a9477607714196bc14a7720299d3585aa4831907"}]}""", "not Unicode")]
    public async Task Names_what_is_wrong_with_a_list_of_contents(string text, string what)
    {
        copies.Write("a", "index.json", Encoding.UTF8.GetBytes(text));
        var fault = await Copies.FaultOfAsync(ImagePlace.Layout, copies["a"]);
        Assert.That(fault.Message, Does.StartWith(copies["a"] + " ").And.Contains(what));
        Assert.That(fault.Fault, Is.EqualTo(what == "holds no image" ? Fault.Unsupported : Fault.Malformed));
    }

    [Test]
    public async Task Bounds_documents_in_size_and_depth()
    {
        copies.Write("a", "index.json", Encoding.UTF8.GetBytes($$"""{"a":{{new string('[', 100_000)}}"""));
        await Expect(Fault.Malformed, ImagePart.Manifest, "is not valid JSON");
        using (var large = File.Create(Path.Combine(copies["a"], "index.json"))) large.SetLength(1L << 40);
        await Expect(Fault.Malformed, ImagePart.Manifest, "of 1099511627776 bytes, more than the 4 MiB allowed");
        await File.WriteAllBytesAsync(copies["t.tar"], Copies.Tar(("manifest.json", "[{\"Config\":\"c.json\",\"Layers\":[]}]"u8.ToArray()), ("c.json", new byte[9 << 20])));
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, copies["t.tar"])).Message, Does.EndWith("has a c.json of 9437184 bytes, more than the 8 MiB allowed"));
    }

    [Test]
    public async Task Refuses_what_is_no_container_image()
    {
        copies.Layout("a", Artifact("application/vnd.cncf.helm.config.v1+json", "{}"u8));
        await Expect(Fault.Unsupported, ImagePart.Config, "holds no container image: its configuration is of the kind 'application/vnd.cncf.helm.config.v1+json'");
        copies.Layout("a", Artifact("application/vnd.oci.image.config.v1+json", "{}"u8));
        await Expect(Fault.Malformed, ImagePart.Config, "the image configuration has no rootfs");
        var schema1 = new BuiltManifest("""{"schemaVersion":1,"fsLayers":[],"history":[]}"""u8.ToArray(), "application/vnd.docker.distribution.manifest.v1+json");
        copies.Layout("a", (schema1, [], null));
        await Expect(Fault.Unsupported, ImagePart.Manifest, "which is no image manifest");
        var both = new BuiltManifest("""{"schemaVersion":2,"manifests":[],"layers":[]}"""u8.ToArray(), "application/vnd.oci.image.manifest.v1+json");
        copies.Layout("a", (both, [], null));
        await Expect(Fault.Malformed, ImagePart.Manifest, "an index and a manifest at once");
    }

    [Test]
    public async Task Tells_an_archive_that_is_cut_at_any_place_from_a_whole_one([Values] bool packed)
    {
        var whole = SavedArchiveTests.Write(copies, image, packed);
        var bytes = await File.ReadAllBytesAsync(whole);
        var told = new HashSet<Fault>();
        for (var length = 0; length < bytes.Length - 1100; length += Math.Max(1, bytes.Length / 300))
        {
            await File.WriteAllBytesAsync(copies["cut"], bytes[..length]);
            var fault = await Copies.FaultOfAsync(ImagePlace.Archive, copies["cut"]);
            Assert.That(fault.Message, Does.StartWith(copies["cut"]), $"{length} bytes");
            told.Add(fault.Fault);
        }

        // between two files a plain tar may end: then what is missing is missing
        Assert.That(told, Is.SubsetOf(new[] { Fault.Malformed, Fault.Unsupported, Fault.Missing }));
        Assert.That(told, Does.Contain(Fault.Malformed));
    }

    [Test]
    public async Task Follows_links_in_an_archive_by_name_only_and_not_for_ever()
    {
        var contents = "[{\"Config\":\"c\",\"Layers\":[]}]"u8.ToArray();
        foreach (var link in new[] { "c", "../../../../etc/hostname", "/etc/hostname", "/proc/self/status", "d/../c", "" })
        {
            await File.WriteAllBytesAsync(copies["t"], new TarMaker().Add('0', "manifest.json", content: contents).Add('2', "c", link: link).End());
            var fault = await Copies.FaultOfAsync(ImagePlace.Archive, copies["t"]);
            Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Missing, $"{copies["t"]} lacks the configuration c")), link);
        }

        await File.WriteAllBytesAsync(copies["t"], new TarMaker().Add('0', "manifest.json", content: contents).Add('2', "c", link: "d").Add('1', "d", link: "./c").End());
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, copies["t"])).Fault, Is.EqualTo(Fault.Missing));
        foreach (var type in "3456")
        {
            await File.WriteAllBytesAsync(copies["t"], new TarMaker().Add('0', "manifest.json", content: contents).Add(type, "c").End());
            Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, copies["t"])).Fault, Is.EqualTo(Fault.Missing), $"type {type}");
        }
    }

    [Test]
    public async Task Bounds_what_a_tar_says_of_itself()
    {
        await ExpectTar(new TarMaker().AddRaw(TarMaker.Header('x', "h"u8.ToArray(), size: 2 << 20)).End(), Fault.Malformed, "an extension of 2097152 bytes");
        await ExpectTar(new TarMaker().AddRaw(TarMaker.Header('0', "h"u8.ToArray(), size: 1L << 32)).End(), Fault.Malformed, "is cut: it ends in the middle of a file it holds");
        await ExpectTar(new TarMaker().AddRaw(TarMaker.Meta('x', TarMaker.Records(("size", "9223372036854775807"u8.ToArray())))).Add('0', "h").End(), Fault.Malformed, "a size that is none");
        await ExpectTar(new TarMaker().AddRaw(TarMaker.Meta('x', TarMaker.Records(("size", "-5"u8.ToArray())))).Add('0', "h").End(), Fault.Malformed, "a negative size for h");
        await ExpectTar(new TarMaker().AddRaw(TarMaker.Meta('x', TarMaker.Records(("GNU.sparse.map", "0,1"u8.ToArray())))).Add('0', "h").End(), Fault.Unsupported, "holds the sparse file h");
        await ExpectTar(new TarMaker().Add('S', "h").End(), Fault.Unsupported, "holds the sparse file h");
        await ExpectTar(new byte[10_240], Fault.Malformed, "it is empty");
        await ExpectTar([], Fault.Malformed, "it is empty");
        await ExpectTar([.. Encoding.ASCII.GetBytes(new string('x', 5000))], Fault.Malformed, "A tar header has a wrong checksum");
        await ExpectTar([0xFD, .. "7zXZ\0"u8, .. new byte[100]], Fault.Unsupported, "is packed with xz");
        await ExpectTar([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], Fault.Malformed, "can't be unpacked: the gzip stream is damaged");
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Ends_at_a_million_files(CancellationToken cancellationToken)
    {
        var header = TarMaker.Header('0', "h"u8.ToArray());
        await using (var file = File.Create(copies["many"]))
        await using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        {
            byte[] thousand = [.. Enumerable.Repeat(header, 1000).SelectMany(one => one)];
            for (var i = 0; i <= 1000; i++) await gzip.WriteAsync(thousand, cancellationToken);
        }

        var fault = await Copies.FaultOfAsync(ImagePlace.Archive, copies["many"]);
        Assert.That(fault.Message, Does.EndWith("it holds more than 1000000 files"));
    }

    [Test]
    public async Task Unpacks_no_bomb_to_its_end()
    {
        await using (var file = File.Create(copies["bomb"]))
        await using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
        {
            await gzip.WriteAsync(TarMaker.Header('0', "h"u8.ToArray(), size: 1L << 32));
            for (var i = 0; i < 200; i++) await gzip.WriteAsync(new byte[1 << 20]);
        }

        var watch = Stopwatch.StartNew();
        var bounded = new LayoutCopies(ImagePlace.Archive, null, new UnpackLimits(BombBytes: 10 << 20, BombRatio: 20));
        var fault = (await Assert.ThrowsAsync<Ports.SourceException>(() => bounded.DescribeAsync(copies["bomb"], Copies.Amd64, CancellationToken.None)))!;
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unsupported), fault.Message);
        Assert.That(fault.Message, Does.Match("looks like a bomb: [0-9]+ bytes unpack to more than [0-9]+$"));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    [Test]
    public void Ends_when_it_is_told_to()
    {
        var whole = SavedArchiveTests.Write(copies, image, packed: true);
        Assert.That(() => new LayoutCopies(ImagePlace.Archive).DescribeAsync(whole, Copies.Amd64, new(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => new LayoutCopies(ImagePlace.Layout).DescribeAsync(copies["a"], Copies.Amd64, new(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    private async Task ExpectTar(byte[] tar, Fault fault, string what)
    {
        await File.WriteAllBytesAsync(copies["t"], tar);
        var found = await Copies.FaultOfAsync(ImagePlace.Archive, copies["t"]);
        Assert.That(found.Fault, Is.EqualTo(fault), found.Message);
        Assert.That(found.Message, Does.StartWith(copies["t"] + " ").And.Contains(what));
    }

    private async Task Expect(Fault fault, ImagePart part, string what)
    {
        var found = await Copies.FaultOfAsync(ImagePlace.Layout, copies["a"]);
        Assert.That((found.Fault, found.Part, found.From), Is.EqualTo((fault, part, Source.Files)), found.Message);
        Assert.That(found.Message, Does.StartWith(copies["a"] + " ").And.Contains(what));
    }

    private BuiltImage Artifact(string configType, ReadOnlySpan<byte> config)
    {
        copies.Blob("a", config);
        var manifest = $$"""{"schemaVersion":2,"config":{"mediaType":"{{configType}}","digest":"{{LayerBuilder.Sha256(config)}}","size":{{config.Length}}},"layers":[]}""";
        return new(new(Encoding.UTF8.GetBytes(manifest), "application/vnd.oci.image.manifest.v1+json"), config.ToArray(), [], "amd64");
    }
}
