using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Layouts;

/// <summary>OCI layouts made here, file by file, in a folder and in a tar.</summary>
internal sealed class LayoutCopiesTests
{
    private Copies copies = null!;

    [SetUp]
    public void Open() => copies = new();

    [TearDown]
    public void Close() => copies.Dispose();

    [Test]
    public async Task Describes_an_image_by_documents_that_were_proven()
    {
        var image = Copies.Image();
        var form = await Copies.DescribeAsync(ImagePlace.Layout, copies.Layout("a", image, "1.0"));
        Assert.That((form.Root!.Digest.ToString(), form.ManifestBytes!.Digest.ToString(), form.Index), Is.EqualTo((image.Manifest.Digest, image.Manifest.Digest, (ImageIndex?)null)));
        Assert.That((form.ConfigDigest!.ToString(), form.Config.Platform), Is.EqualTo((image.ConfigDigest, Copies.Amd64)));
        Assert.That(form.Layers.Select(layer => (layer.Packed!.Digest.ToString(), layer.DiffId!.ToString())), Is.EqualTo(image.Layers.Select(layer => (layer.Digest, layer.DiffId))));
        Assert.That((form.Place, form.Name, form.Config.Fields["config.Labels.rehearsal"]), Is.EqualTo((ImagePlace.Layout, copies["a"], "one")));
    }

    [Test]
    public async Task Tells_a_manifest_by_its_fields()
    {
        var image = Copies.Image();
        var manifest = JsonNode.Parse(image.Manifest.Bytes)!.AsObject();
        manifest["annotations"] = new JsonObject { ["org.example"] = "a" };
        manifest["config"]!["annotations"] = new JsonObject { ["c"] = "d" };
        manifest["layers"]![1]!["annotations"] = new JsonObject { ["e"] = "f" };
        image = image with { Manifest = new(Encoding.UTF8.GetBytes(manifest.ToJsonString()), image.Manifest.MediaType) };
        var form = await Copies.DescribeAsync(ImagePlace.Layout, copies.Layout("a", image));
        Assert.That(form.ManifestFields, Is.EquivalentTo(new Dictionary<string, string> { ["annotations.org.example"] = "a", ["config.annotations.c"] = "d", ["layers[1].annotations.e"] = "f" }));
    }

    [Test]
    public async Task Lists_layers_in_the_order_asked_for_and_counts_their_bytes([Values] bool inTar)
    {
        var image = Copies.Image();
        var (place, path) = Copy(image, inTar);
        var form = await Copies.DescribeAsync(place, path);
        var seen = new Seen();
        var listed = await new LayoutCopies(place).ListLayersAsync(form, [1, 0], seen, CancellationToken.None);
        Assert.That(listed.Select(layer => (layer.Layer, layer.DiffId.ToString(), layer.ReadBytes, layer.Untold)), Is.EqualTo(new (int, string, long, string?)[]
        {
            (1, Copies.Top.DiffId, Copies.Top.Compressed.Length, null), (0, Copies.Base.DiffId, Copies.Base.Compressed.Length, null),
        }));
        Assert.That(listed[0].Files, Is.EqualTo(Copies.FilesOf(Copies.Top.Tar)));
        Assert.That(listed[1].Files, Is.EqualTo(Copies.FilesOf(Copies.Base.Tar)));
        Assert.That(seen.Last, Is.EqualTo(Copies.Top.Compressed.Length + Copies.Base.Compressed.Length));
        Assert.That(seen.IsRising);
    }

    [Test]
    public async Task Reads_a_layer_once_that_is_there_twice([Values] bool inTar)
    {
        var image = ImageBuilder.Build(new ImageTraits("twice") { Format = ImageFormat.Oci }, Copies.Base, Copies.Top, Copies.Base);
        var (place, path) = Copy(image, inTar);
        var listed = await Copies.ListAsync(await Copies.DescribeAsync(place, path));
        Assert.That(listed.Select(layer => layer.Layer), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(listed.Sum(layer => layer.ReadBytes), Is.EqualTo(Copies.Base.Compressed.Length + Copies.Top.Compressed.Length));
        Assert.That(listed[2].Files, Is.EqualTo(listed[0].Files));
    }

    [Test]
    public async Task Takes_the_image_of_the_platform_from_an_index_and_no_attestation([Values] bool inTar)
    {
        var (arm, amd) = (Copies.Image(architecture: "arm64"), Copies.Image());
        var index = ImageBuilder.Index(ImageFormat.Oci, true, arm, amd);
        var path = copies.Layout("a", (index.Manifest, index.Images, "1.0"));
        if (inTar) copies.Run("/usr/bin/tar", "-C", "a", "-cf", "a.tar", ".");
        var form = await new LayoutCopies(inTar ? ImagePlace.Archive : ImagePlace.Layout).DescribeAsync((inTar ? copies["a.tar"] : path) + ":1.0", Copies.Amd64, CancellationToken.None);
        Assert.That((form.Root!.Digest.ToString(), form.ManifestBytes!.Digest.ToString()), Is.EqualTo((index.Manifest.Digest, amd.Manifest.Digest)));
        Assert.That(form.Index!.Manifests.Select(entry => entry.Digest.ToString()), Is.EqualTo(index.Images.Select(image => image.Manifest.Digest)));
        var other = await new LayoutCopies(ImagePlace.Layout).DescribeAsync(path, new("linux", "s390x"), CancellationToken.None);
        Assert.That(other.Config.Platform.Architecture, Is.EqualTo("arm64"), "the first that is an image");
    }

    [Test]
    public async Task Takes_what_is_there_where_an_engine_saved_one_platform_of_several()
    {
        var (arm, amd) = (Copies.Image(architecture: "arm64"), Copies.Image());
        var index = ImageBuilder.Index(ImageFormat.Oci, true, amd, arm);
        var form = await Copies.DescribeAsync(ImagePlace.Layout, copies.Layout("a", (index.Manifest, [arm], null)));
        Assert.That((form.Root!.Digest.ToString(), form.ManifestBytes!.Digest.ToString()), Is.EqualTo((index.Manifest.Digest, arm.Manifest.Digest)));
        File.Delete(copies.BlobPath("a", arm.Manifest.Digest));
        var fault = await Copies.FaultOfAsync(ImagePlace.Layout, copies["a"]);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Missing, $"{copies["a"]} lacks {amd.Manifest.Digest}, which it lists")));
    }

    [Test]
    public async Task Takes_a_list_of_contents_for_an_index_that_is_one()
    {
        var (arm, amd) = (Copies.Image(architecture: "arm64"), Copies.Image());
        var index = ImageBuilder.Index(ImageFormat.Oci, true, arm, amd);
        var folder = copies.Layout("a", (index.Manifest, index.Images, null));
        copies.Write("a", "index.json", index.Manifest.Bytes);
        var form = await Copies.DescribeAsync(ImagePlace.Layout, folder);
        Assert.That((form.Root!.Digest.ToString(), form.ManifestBytes!.Digest.ToString(), form.Index!.Manifests.Count), Is.EqualTo((index.Manifest.Digest, amd.Manifest.Digest, 3)));
    }

    [Test]
    public async Task Goes_through_indexes_within_indexes_but_not_for_ever()
    {
        var image = Copies.Image();
        var at = ImageBuilder.Index(ImageFormat.Oci, false, image).Manifest;
        var all = new List<BuiltManifest> { at };
        for (var depth = 2; depth <= 5; depth++) all.Add(at = Around(at));
        foreach (var one in all) copies.Blob("a", one.Bytes);
        var form = await Copies.DescribeAsync(ImagePlace.Layout, copies.Layout("a", (all[3], [image], null)));
        Assert.That(form.ManifestBytes!.Digest.ToString(), Is.EqualTo(image.Manifest.Digest));
        copies.Layout("a", (all[4], [image], null));
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Layout, copies["a"])).Fault, Is.EqualTo(Fault.Unsupported));
    }

    [TestCase("1.0", "one")]
    [TestCase("2.0", "two")]
    [TestCase("localhost:5000/app:3.0", "three")]
    [TestCase("3.0", "three")]
    [TestCase("docker.io/library/app:4", "four")]
    [TestCase("app:4", "four")]
    public async Task Finds_an_image_by_its_name(string asked, string label)
    {
        Several("a:b");
        var form = await Copies.DescribeAsync(ImagePlace.Layout, $"{copies["a:b"]}:{asked}");
        Assert.That(form.Config.Fields["config.Labels.rehearsal"], Is.EqualTo(label));
        var image = Copies.Image(label);
        Assert.That((await Copies.DescribeAsync(ImagePlace.Layout, $"{copies["a:b"]}@{image.Manifest.Digest}")).ConfigDigest!.ToString(), Is.EqualTo(image.ConfigDigest));
        Assert.That((await Copies.DescribeAsync(ImagePlace.Layout, $"{copies["a:b"]}:{image.Manifest.Digest}")).ConfigDigest!.ToString(), Is.EqualTo(image.ConfigDigest));
    }

    [Test]
    public async Task Asks_which_of_several_images_is_meant()
    {
        Several("a");
        var fault = await Copies.FaultOfAsync(ImagePlace.Layout, copies["a"]);
        Assert.That((fault.Fault, fault.From, fault.Message), Is.EqualTo((Fault.Refused, Source.Files,
            $"{copies["a"]} holds several images, say which one with a colon and its name: 1.0, 2.0, localhost:5000/app:3.0, docker.io/library/app:4")));
        fault = await Copies.FaultOfAsync(ImagePlace.Layout, copies["a"] + ":9");
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Missing, $"{copies["a"]} holds no image called 9, only 1.0, 2.0, localhost:5000/app:3.0, docker.io/library/app:4")));
        copies.Layout("b", [.. Enumerable.Range(0, 12).Select(i => (Copies.Image($"{i}").Manifest, (IReadOnlyList<BuiltImage>)[Copies.Image($"{i}")], (string?)$"t{i}"))]);
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Layout, copies["b"])).Message, Does.EndWith(": t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 2 more"));
    }

    [Test]
    public async Task Takes_two_names_of_one_image_for_one()
    {
        var image = Copies.Image();
        var form = await Copies.DescribeAsync(ImagePlace.Layout, copies.Layout("a", (image.Manifest, [image], "1"), (image.Manifest, [image], "2")));
        Assert.That(form.ConfigDigest!.ToString(), Is.EqualTo(image.ConfigDigest));
    }

    [Test]
    public async Task Says_what_is_no_layout_and_no_archive()
    {
        copies.Layout("a", Copies.Image());
        var file = copies.Write("f", [1]);
        Directory.CreateDirectory(copies["empty"]);
        await Expect(ImagePlace.Layout, copies["x"], Fault.Missing, $"{copies["x"]} does not exist");
        await Expect(ImagePlace.Layout, copies["x"] + ":1", Fault.Missing, $"{copies["x"]}:1 does not exist");
        await Expect(ImagePlace.Layout, "", Fault.Missing, " does not exist");
        await Expect(ImagePlace.Layout, file, Fault.Unsupported, $"{file} is no folder: name it archive:{file}");
        await Expect(ImagePlace.Archive, copies["a"], Fault.Unsupported, $"{copies["a"]} is a folder: name it oci:{copies["a"]}");
        await Expect(ImagePlace.Layout, copies["empty"], Fault.Unsupported, $"{copies["empty"]} is no OCI image layout: it has no index.json");
        await Expect(ImagePlace.Archive, file, Fault.Malformed, $"{file} is no tar archive that can be read: it is cut");
    }

    private static async Task Expect(ImagePlace place, string name, Fault fault, string message)
    {
        var found = await Copies.FaultOfAsync(place, name);
        Assert.That((found.Fault, found.Message, found.From), Is.EqualTo((fault, message, Source.Files)));
    }

    private (ImagePlace Place, string Path) Copy(BuiltImage image, bool inTar)
    {
        var folder = copies.Layout("a", image);
        if (!inTar) return (ImagePlace.Layout, folder);
        copies.Run("/usr/bin/tar", "-C", "a", "-cf", "a.tar", "blobs", "index.json", "oci-layout");
        return (ImagePlace.Archive, copies["a.tar"]);
    }

    private void Several(string folder) => copies.Layout(folder,
        (Copies.Image("one").Manifest, [Copies.Image("one")], "1.0"), (Copies.Image("two").Manifest, [Copies.Image("two")], "2.0"),
        (Copies.Image("three").Manifest, [Copies.Image("three")], "localhost:5000/app:3.0"), (Copies.Image("four").Manifest, [Copies.Image("four")], "docker.io/library/app:4"));

    private static BuiltManifest Around(BuiltManifest inner) => new(
        Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = inner.MediaType,
            ["manifests"] = new JsonArray(new JsonObject { ["mediaType"] = inner.MediaType, ["digest"] = inner.Digest, ["size"] = inner.Bytes.Length }),
        }.ToJsonString()), inner.MediaType);

    private sealed class Seen : IProgress<long>
    {
        public long Last { get; private set; }

        public bool IsRising { get; private set; } = true;

        public void Report(long value) => (IsRising, Last) = (IsRising && value >= Last, value);
    }
}
