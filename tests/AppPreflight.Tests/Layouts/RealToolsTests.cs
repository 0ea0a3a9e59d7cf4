using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Layouts;

/// <summary>What skopeo, umoci and the engine write, against what they were given.</summary>
[NonParallelizable]
internal sealed class RealToolsTests
{
    private const string Umoci = "/usr/bin/umoci";

    private Copies copies = null!;

    [SetUp]
    public void Open() => copies = new();

    [TearDown]
    public void Close() => copies.Dispose();

    [Test]
    [CancelAfter(120_000)]
    public async Task Finds_in_all_forms_of_skopeo_what_the_registry_has([Values] ImageFormat format, CancellationToken cancellationToken)
    {
        await using var registry = await RegistryServer.StartAsync(new(), cancellationToken);
        var image = ImageBuilder.Build(new ImageTraits("one") { Format = format }, Copies.Base, Copies.Top, Copies.Base);
        await registry.Api.PushAsync("app/web", "1.0", image, cancellationToken);
        var from = $"docker://{registry.Authority}/app/web:1.0";

        Skopeo(from, "oci:o:1.0");
        Skopeo(from, "oci-archive:o.tar:1.0");
        Skopeo(from, "docker-archive:d.tar:app/web:1.0");
        copies.Run("/usr/bin/gzip", "-k", "o.tar", "d.tar");
        foreach (var (place, name) in new[] { (ImagePlace.Layout, "o:1.0"), (ImagePlace.Archive, "o.tar"), (ImagePlace.Archive, "o.tar.gz:1.0"), (ImagePlace.Archive, "d.tar:app/web:1.0"), (ImagePlace.Archive, "d.tar.gz:1.0") })
        {
            var form = await Copies.DescribeAsync(place, copies[name]);
            Assert.That(form.Config.DiffIds.Select(id => id.ToString()), Is.EqualTo(image.Layers.Select(layer => layer.DiffId)), name);
            // of Docker's configuration skopeo makes one of OCI's, and none the other way round
            Assert.That(form.ConfigDigest!.ToString() == image.ConfigDigest, Is.EqualTo(name[0] == 'd' || format == ImageFormat.Oci), name);
            Assert.That((await Copies.ListAsync(form)).Select(layer => layer.Files), Is.EqualTo(image.Layers.Select(layer => Copies.FilesOf(layer.Tar))), name);
            if (name[0] == 'd') continue;
            Assert.That(form.Layers.Select(layer => layer.Packed!.Digest.ToString()), Is.EqualTo(image.Layers.Select(layer => layer.Digest)), name);
            if (format == ImageFormat.Oci) Assert.That(form.ManifestBytes!.Bytes.ToArray(), Is.EqualTo(image.Manifest.Bytes), name);
        }
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Finds_a_whole_index_that_skopeo_copied(CancellationToken cancellationToken)
    {
        await using var registry = await RegistryServer.StartAsync(new(), cancellationToken);
        var index = ImageBuilder.Index(ImageFormat.Oci, true, Copies.Image(architecture: "arm64"), Copies.Image());
        await registry.Api.PushAsync("app/web", "1.0", index, cancellationToken);
        copies.Run(Programs.Skopeo, "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{registry.Authority}/app/web:1.0", "oci:o:1.0");
        var form = await Copies.DescribeAsync(ImagePlace.Layout, copies["o"]);
        Assert.That((form.Root!.Digest.ToString(), form.Index!.Manifests.Count, form.ManifestBytes!.Digest.ToString()), Is.EqualTo((index.Manifest.Digest, 3, Copies.Image().Manifest.Digest)));
    }

    [Test]
    public async Task Reads_what_umoci_makes()
    {
        copies.Run(Umoci, "init", "--layout", "o");
        copies.Run(Umoci, "new", "--image", "o:1");
        Assert.That(await Copies.ListAsync(await Copies.DescribeAsync(ImagePlace.Layout, copies["o"])), Is.Empty);
        copies.Write("root", "etc/motd", "hello"u8);
        copies.Run(Umoci, "insert", "--image", "o:1", "root", "/");
        copies.Run(Umoci, "config", "--image", "o:1", "--tag", "2", "--config.label", "a=b");
        var (one, two) = (await Copies.DescribeAsync(ImagePlace.Layout, copies["o:1"]), await Copies.DescribeAsync(ImagePlace.Layout, copies["o:2"]));
        Assert.That((two.Config.Fields["config.Labels.a"], one.Layers.SequenceEqual(two.Layers)), Is.EqualTo(("b", true)));
        Assert.That((await Copies.FaultOfAsync(ImagePlace.Layout, copies["o"])).Message, Does.EndWith(": 1, 2"));
        var listed = await Copies.ListAsync(one);
        Assert.That(listed.Select(layer => layer.Untold), Is.All.Null);
        var files = listed.SelectMany(layer => layer.Files).ToList();
        Assert.That(files.Select(file => file.Path), Does.Contain("etc/motd"));
        Assert.That(files.Single(file => file.Path == "etc/motd").Content, Is.EqualTo(Digest.Of("hello"u8)));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Reads_what_the_engine_saves(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        var repository = $"saved/{SharedStage.NextName()}";
        // two equal layers: the engine writes the second as a link to the first
        var image = ImageBuilder.Build(new("saved"), Copies.Base, Copies.Top, Copies.Base);
        await stage.Engine.Api.LoadAsync(ImageBuilder.Archive(image, $"{repository}:1"), cancellationToken);
        var other = ImageBuilder.Build(new("other"), Copies.Base);
        await stage.Engine.Api.LoadAsync(ImageBuilder.Archive(other, $"{repository}:2"), cancellationToken);
        await SaveAsync(stage, $"{repository}:1", "one.tar", cancellationToken);
        await SaveAsync(stage, repository, "both.tar", cancellationToken);
        copies.Run("/usr/bin/gzip", "-k", "one.tar");
        foreach (var name in new[] { "one.tar", "one.tar.gz", $"both.tar:{repository}:1", "both.tar:1" })
        {
            var form = await Copies.DescribeAsync(ImagePlace.Archive, copies[name]);
            Assert.That(form.ConfigDigest!.ToString(), Is.EqualTo(image.ConfigDigest), name);
            var listed = await Copies.ListAsync(form);
            Assert.That(listed.Select(layer => layer.Files), Is.EqualTo(image.Layers.Select(layer => Copies.FilesOf(layer.Tar))), name);
            Assert.That(listed.Sum(layer => layer.ReadBytes), Is.EqualTo(Copies.Base.Tar.Length + Copies.Top.Tar.Length), name);
        }

        Assert.That((await Copies.FaultOfAsync(ImagePlace.Archive, copies["both.tar"])).Fault, Is.EqualTo(Fault.Refused));
        await stage.Engine.Api.RemoveImageAsync($"{repository}:1", force: true, cancellationToken);
        await stage.Engine.Api.RemoveImageAsync($"{repository}:2", force: true, cancellationToken);
    }

    private async Task SaveAsync(Rehearsal.Stage stage, string reference, string file, CancellationToken cancellationToken)
    {
        await using var target = File.Create(copies[file]);
        await stage.Engine.Api.ExportAsync(reference, target, cancellationToken);
    }

    private void Skopeo(string from, string to) => copies.Run(Programs.Skopeo, "copy", "-q", "--src-tls-verify=false", from, to);
}
