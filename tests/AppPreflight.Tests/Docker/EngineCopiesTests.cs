using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Registry;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Docker;

/// <summary>Copies of images in a real Docker Engine 20.10.24; the witness is the configuration's own file below its data root.</summary>
[NonParallelizable]
[CancelAfter(120_000)]
internal sealed class EngineCopiesTests
{
    private static readonly Platform amd64 = new("linux", "amd64");
    private static readonly Lazy<string> folder = new(SharedStage.NextName);
    private static readonly SoundImage told = new("told", (workshop, cancellationToken) => workshop.BuildAsync("""
        MAINTAINER some <body@example.org>
        LABEL a.b=c quoted="say \"<&>\"" empty=""
        ENV A=b PATH=/bin:/sbin C=d=e
        EXPOSE 80/tcp 53/udp
        VOLUME /data /more
        HEALTHCHECK --interval=5s --retries=3 CMD echo a && echo <b>
        STOPSIGNAL SIGINT
        ONBUILD RUN echo never
        ARG X=/a/b
        RUN true
        RUN echo $X && echo ä >/etc/ä
        ENTRYPOINT ["/bin/sh", "-c"]
        """, [], cancellationToken));

    private static bool prepared;

    private Stage stage;
    private DockerImageStore store;

    [SetUp]
    public async Task OpenAsync()
    {
        stage = await SharedStage.OpenAsync(CancellationToken.None);
        await stage.SettleAsync(CancellationToken.None);
        if (!prepared) await Workshop.PrepareAsync(stage, folder.Value, CancellationToken.None);
        prepared = true;
        store = new(DockerHost.Parse(stage.Engine.Host), TimeProvider.System);
    }

    [TearDown]
    public void Close() => store.Dispose();

    private static IEnumerable<TestCaseData<string>> Names => SoundImages.All.Where(image => image.IsExported).Append(told).Select(image => new TestCaseData<string>(image.Name));

    [TestCaseSource(nameof(Names))]
    public async Task Describes_an_image_in_the_words_of_its_configuration_and_lists_its_layers(string name, CancellationToken cancellationToken)
    {
        var workshop = new Workshop(stage, folder.Value, name);
        await SoundImages.All.Append(told).First(image => image.Name == name).MakeAsync(workshop, cancellationToken);

        var form = await store.Copies.DescribeAsync(workshop.Reference, amd64, cancellationToken);

        var file = await File.ReadAllBytesAsync(Spoiler.StoredConfigPath(stage.Engine, form.ConfigDigest!.ToString()), cancellationToken);
        var own = ConfigDetails.Parse(file);
        Assert.That(form.ConfigDigest, Is.EqualTo(Digest.Of(file)));
        Assert.That((form.Place, form.Root, form.Manifest), Is.EqualTo((ImagePlace.Engine, (Served?)null, (ImageManifest?)null)));
        Assert.That(form.Config.Fields, Is.EqualTo(own.Fields));
        Assert.That((form.Config.Platform, form.Config.Created), Is.EqualTo((own.Platform, own.Created)));
        Assert.That(form.Config.DiffIds, Is.EqualTo(own.DiffIds));
        Assert.That(form.Layers, Is.EqualTo(own.DiffIds.Select(diffId => new FormLayer(null, diffId))));
        // which of two RUN without a file changed a folder nobody can tell
        var isTold = name != "build-empty-layers";
        HistoryEntry Told(HistoryEntry step) => step with { Created = null, Author = null, Comment = step.Comment is "" ? null : step.Comment, IsEmptyLayer = isTold && step.IsEmptyLayer };
        Assert.That(form.Config.History.Select(Told), Is.EqualTo(own.History.Select(Told)));
        Assert.That(form.Config.History.Count(step => !step.IsEmptyLayer), Is.EqualTo(own.History.Count(step => !step.IsEmptyLayer)));

        var files = await store.Copies.ListLayersAsync(form, [.. Enumerable.Range(0, form.Layers.Count)], null, cancellationToken);
        Assert.That(files.Select(layer => (layer.Layer, layer.DiffId)), Is.EqualTo(own.DiffIds.Select((diffId, place) => (place, diffId))));
        Assert.That(files.Where(layer => layer.Untold is not null).Select(layer => layer.Untold), Is.Empty);
        if (form.PulledAs.Count == 0) return;

        using var client = Pulls.Client();
        var served = await client.DescribeAsync(workshop.Reference, amd64, cancellationToken);
        Assert.That(form.PulledAs, Is.EqualTo(new[] { served.Root!.Digest }));
        Assert.That((served.ConfigDigest, served.Config.Created), Is.EqualTo((form.ConfigDigest, form.Config.Created)));
        Assert.That(served.Config.Fields, Is.EqualTo(form.Config.Fields));
        var same = await client.ListLayersAsync(served, [.. Enumerable.Range(0, form.Layers.Count)], null, cancellationToken);
        Assert.That(files.Select(layer => layer.Files), Is.EqualTo(same.Select(layer => layer.Files)));
    }

    [Test]
    public async Task Knows_an_image_by_all_its_names_and_lists_only_what_is_wanted(CancellationToken cancellationToken)
    {
        var workshop = new Workshop(stage, folder.Value, "named");
        var layers = new[] { Layer("one"), Layer("two"), Layer("three") };
        await workshop.PushAsync([.. layers, layers[1]], cancellationToken);
        var form = await store.Copies.DescribeAsync(workshop.Reference, amd64, cancellationToken);
        string[] names = [$"{workshop.Reference[..^2]}@{form.PulledAs[0]}", form.ConfigDigest!.ToString(), form.ConfigDigest.Hex, form.ConfigDigest.Hex[..12]];
        foreach (var name in names)
        {
            var again = await store.Copies.DescribeAsync(name, amd64, cancellationToken);
            Assert.That((again.Name, again.ConfigDigest), Is.EqualTo((name, form.ConfigDigest)));
        }

        await stage.Engine.Api.TagAsync(Workshop.Ground(folder.Value), workshop.Reference, cancellationToken);
        var files = await store.Copies.ListLayersAsync(form, [3, 1], null, cancellationToken);
        Assert.That(files.Select(layer => (layer.Layer, layer.DiffId.ToString(), layer.ReadBytes)), Is.EqualTo(new[] { (3, layers[1].DiffId, (long)layers[1].Tar.Length), (1, layers[1].DiffId, layers[1].Tar.Length) }), "although the tag moved");
        Assert.That(files[0].Files.Select(file => file.Path), Is.EqualTo(new[] { "two" }));
        Assert.That(await store.Copies.ListLayersAsync(form, [], null, cancellationToken), Is.Empty);
    }

    [Test]
    public async Task Says_what_is_not_there_what_rotted_and_what_is_no_name(CancellationToken cancellationToken)
    {
        var layer = Layer("rotten");
        var workshop = new Workshop(stage, folder.Value, "rotten");
        await workshop.PushAsync([layer], cancellationToken);
        var form = await store.Copies.DescribeAsync(workshop.Reference, amd64, cancellationToken);
        var image = ImageBuilder.Build(new($"{folder.Value} rotten"), layer);

        Spoiler.FlipBit(Spoiler.StoredFilePath(stage.Engine, image, 0, "rotten"));
        var fault = await Faults.OfAsync(() => store.Copies.ListLayersAsync(form, [0], null, cancellationToken));
        Spoiler.FlipBit(Spoiler.StoredFilePath(stage.Engine, image, 0, "rotten"));
        Assert.That((fault.From, fault.Fault, fault.Part), Is.EqualTo((Source.Engine, Fault.Corrupt, ImagePart.Layer)));
        Assert.That(fault.Message, Does.Contain("file integrity checksum failed"));

        Spoiler.FlipBit(Spoiler.StoredConfigPath(stage.Engine, image.ConfigDigest));
        fault = await Faults.OfAsync(() => store.Copies.DescribeAsync(workshop.Reference, amd64, cancellationToken));
        Spoiler.FlipBit(Spoiler.StoredConfigPath(stage.Engine, image.ConfigDigest));
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Corrupt, image.ConfigDigest)));

        fault = await Faults.OfAsync(() => store.Copies.DescribeAsync("no.such/image:1", amd64, cancellationToken));
        Assert.That((fault.Fault, fault.Subject, fault.Message), Is.EqualTo((Fault.Missing, "no.such/image:1", "the engine has no image no.such/image:1")));
        Assert.That((await Faults.OfAsync(() => store.Copies.DescribeAsync("No Name", amd64, cancellationToken))).Fault, Is.EqualTo(Fault.Refused));
    }

    private static BuiltLayer Layer(string name)
    {
        using var layer = new LayerBuilder();
        return layer.AddBulk(name, 100_000, $"{folder.Value}/{name}").Build();
    }
}
