using System.IO.Compression;
using System.Text;
using AppPreflight.Images;
using AppPreflight.LayerStore;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Layouts;

/// <summary>Archives in the form of <c>docker save</c>, made here.</summary>
internal sealed class SavedArchiveTests
{
    private Copies copies = null!;

    [SetUp]
    public void Open() => copies = new();

    [TearDown]
    public void Close() => copies.Dispose();

    public static string Write(Copies copies, BuiltImage image, bool packed, params IReadOnlyList<string> tags)
    {
        var bytes = ImageBuilder.Archive(image, tags);
        return copies.Write("saved.tar", packed ? Gzip(bytes) : bytes);
    }

    [Test]
    public async Task Describes_and_lists_an_image_without_a_manifest([Values] bool packed)
    {
        var image = Copies.Image(format: ImageFormat.Docker);
        var form = await Copies.DescribeAsync(ImagePlace.Archive, Write(copies, image, packed, "app:1.0"));
        Assert.That((form.Root, form.ManifestBytes, form.Manifest, form.Index), Is.EqualTo(((object?)null, (object?)null, (object?)null, (object?)null)));
        Assert.That((form.ConfigDigest!.ToString(), form.Place), Is.EqualTo((image.ConfigDigest, ImagePlace.Archive)));
        Assert.That(form.Layers.Select(layer => (layer.Packed, layer.DiffId!.ToString())), Is.EqualTo(image.Layers.Select(layer => ((Oci.Descriptor?)null, layer.DiffId))));
        var listed = await Copies.ListAsync(form);
        Assert.That(listed.Select(layer => (layer.ReadBytes, layer.Untold)), Is.EqualTo(image.Layers.Select(layer => ((long)layer.Tar.Length, (string?)null))));
        Assert.That(listed.Select(layer => layer.Files), Is.EqualTo(image.Layers.Select(layer => Copies.FilesOf(layer.Tar))));
    }

    [TestCase("app:1.0", "one")]
    [TestCase("docker.io/library/app:1.0", "one")]
    [TestCase("1.0", "one")]
    [TestCase("localhost:5000/a/b:2", "two")]
    [TestCase("app", "three")]
    [TestCase("app:latest", "three")]
    public async Task Finds_an_image_by_its_name(string asked, string label)
    {
        var path = Several(("one", "app:1.0"), ("two", "localhost:5000/a/b:2"), ("three", "app:latest"));
        Assert.That((await Copies.DescribeAsync(ImagePlace.Archive, $"{path}:{asked}")).Config.Fields["config.Labels.rehearsal"], Is.EqualTo(label));
    }

    [Test]
    public async Task Asks_which_of_several_images_is_meant()
    {
        var path = Several(("one", "app:1.0"), ("two", "app:2.0"));
        var fault = await Copies.FaultOfAsync(ImagePlace.Archive, path);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Refused, $"{path} holds several images, say which one with a colon and its name: app:1.0, app:2.0")));
    }

    [Test]
    public async Task Takes_layers_that_are_packed_one_by_one()
    {
        var image = Copies.Image(format: ImageFormat.Docker);
        var path = copies.Write("x.tar", Saved(image, "config.json", layer => layer.Compressed));
        var form = await Copies.DescribeAsync(ImagePlace.Archive, path);
        Assert.That(form.ConfigDigest!.ToString(), Is.EqualTo(image.ConfigDigest));
        Assert.That((await Copies.ListAsync(form)).Select(layer => layer.Files), Is.EqualTo(image.Layers.Select(layer => Copies.FilesOf(layer.Tar))));
    }

    [Test]
    public async Task Reads_a_layer_once_that_others_are_links_to()
    {
        var image = ImageBuilder.Build(new("twice"), Copies.Base, Copies.Base, Copies.Base);
        var tar = new TarMaker().Add('0', "a/layer.tar", content: Copies.Base.Tar).Add('2', "b/layer.tar", link: "../a/layer.tar").Add('1', "c/layer.tar", link: "b/layer.tar")
            .Add('0', "config", content: image.Config).Add('0', "./manifest.json", content: """[{"Config":"config","RepoTags":null,"Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]}]"""u8.ToArray()).End();
        var listed = await Copies.ListAsync(await Copies.DescribeAsync(ImagePlace.Archive, copies.Write("x", tar)));
        Assert.That(listed.Select(layer => layer.ReadBytes), Is.EqualTo(new long[] { Copies.Base.Tar.Length, 0, 0 }));
        Assert.That(listed.Select(layer => layer.Files), Is.All.EqualTo(Copies.FilesOf(Copies.Base.Tar)));
    }

    [Test]
    public async Task Names_every_part_that_is_wrong()
    {
        var image = Copies.Image(format: ImageFormat.Docker);
        var name = image.ConfigDigest["sha256:".Length..] + ".json";
        await Expect(Saved(image, name, layer => layer.Tar, config: [.. image.Config, (byte)' ']), Fault.Corrupt, ImagePart.Config, $"other bytes for the configuration {name} than promised");
        await Expect(Saved(image, name, _ => Copies.Base.Tar), Fault.Corrupt, ImagePart.Layer, "other bytes for the tar of layer 2 than promised");
        await Expect(Saved(image, name, layer => layer.Compressed[..^3]), Fault.Malformed, ImagePart.Layer, "cannot be unpacked: the gzip stream is cut");
        await Expect(Copies.Tar((name, image.Config), ("manifest.json", Encoding.UTF8.GetBytes($$"""[{"Config":"{{name}}","Layers":["a","b"]}]"""))), Fault.Missing, ImagePart.Layer, "lacks the layer a");
        await Expect(Copies.Tar((name, image.Config), ("manifest.json", Encoding.UTF8.GetBytes($$"""[{"Config":"{{name}}","Layers":["a"]}]"""))), Fault.Malformed, ImagePart.Config, "manifest.json has 1 layers and the configuration 2");
        await Expect(Copies.Tar(("manifest.json", "[]"u8.ToArray())), Fault.Unsupported, ImagePart.Manifest, "holds no image");
        await Expect(Copies.Tar(("manifest.json", "[{}]"u8.ToArray())), Fault.Malformed, ImagePart.Manifest, "an image in manifest.json has no Config");
        await Expect(Copies.Tar(("manifest.json", "{}"u8.ToArray())), Fault.Malformed, ImagePart.Manifest, "manifest.json is not a JSON list");
        await Expect(Copies.Tar(("repositories", "{}"u8.ToArray())), Fault.Unsupported, ImagePart.Manifest, "holds no saved image: neither index.json nor manifest.json");
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Saved(BuiltImage image, string configName, Func<BuiltLayer, byte[]> content, byte[]? config = null)
    {
        var names = string.Join(',', image.Layers.Select(layer => $"\"{layer.DiffId[7..]}/layer.tar\""));
        var manifest = Encoding.UTF8.GetBytes($$"""[{"Config":"{{configName}}","RepoTags":["app:1"],"Layers":[{{names}}]}]""");
        return Copies.Tar([.. image.Layers.Select(layer => ($"{layer.DiffId[7..]}/layer.tar", content(layer))), (configName, config ?? image.Config), ("manifest.json", manifest)]);
    }

    private string Several(params (string Label, string Tag)[] images)
    {
        List<(string Name, byte[] Content)> files = [];
        List<string> entries = [];
        foreach (var (label, tag) in images)
        {
            var image = ImageBuilder.Build(new(label), Copies.Base);
            files.Add(($"{label}.json", image.Config));
            entries.Add($$"""{"Config":"{{label}}.json","RepoTags":["{{tag}}"],"Layers":["base.tar"]}""");
        }

        return copies.Write("several.tar", Copies.Tar([.. files, ("base.tar", Copies.Base.Tar), ("manifest.json", Encoding.UTF8.GetBytes($"[{string.Join(',', entries)}]"))]));
    }

    private async Task Expect(byte[] tar, Fault fault, ImagePart part, string what)
    {
        var found = await Copies.FaultOfAsync(ImagePlace.Archive, copies.Write("x", tar));
        Assert.That((found.Fault, found.Part), Is.EqualTo((fault, part)), found.Message);
        Assert.That(found.Message, Does.StartWith(copies["x"]).And.Contains(what));
    }
}
