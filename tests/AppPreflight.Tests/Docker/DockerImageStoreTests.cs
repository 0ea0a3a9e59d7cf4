using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Docker;

/// <summary>Against a real Docker Engine 20.10.24 and a real registry.</summary>
[NonParallelizable]
[CancelAfter(120_000)]
internal sealed class DockerImageStoreTests
{
    private static int count;

    private Stage stage;
    private DockerImageStore store;
    private string label;

    [SetUp]
    public async Task OpenAsync()
    {
        stage = await SharedStage.OpenAsync(CancellationToken.None);
        await stage.SettleAsync(CancellationToken.None);
        store = new(DockerHost.Parse(stage.Engine.Host), TimeProvider.System);
        label = $"docker{Interlocked.Increment(ref count)}";
    }

    [TearDown]
    public void Close() => store.Dispose();

    private string Name => $"{stage.Registry.Authority}/{label}:1";

    private ImageReference Reference => ImageReference.Parse(Name);

    private BuiltLayer Layer(string file, int sizeBytes = 300_000)
    {
        using var layer = new LayerBuilder();
        return layer.AddFolder("srv").AddBulk(file, sizeBytes, $"{label}/{file}").Build();
    }

    private static Digest Id(BuiltImage image) => Digest.Parse(image.ConfigDigest);

    private static DiffId[] DiffIds(BuiltImage image) => [.. image.Layers.Select(layer => new DiffId(Digest.Parse(layer.DiffId)))];

    private async Task<BuiltImage> LoadAsync(CancellationToken cancellationToken, params BuiltLayer[] layers)
    {
        var image = ImageBuilder.Build(new(label), layers);
        await stage.Engine.Api.LoadAsync(ImageBuilder.Archive(image, Name), cancellationToken);
        return image;
    }

    private async Task<BuiltImage> PushAsync(CancellationToken cancellationToken, params BuiltLayer[] layers)
    {
        var image = ImageBuilder.Build(new(label), layers);
        await stage.Registry.Api.PushAsync(label, "1", image, cancellationToken);
        return image;
    }

    private async Task<StoredImage> StoredAsync(Digest id, CancellationToken cancellationToken) =>
        (await store.ReadAsync(cancellationToken)).Images.Single(image => image.Id == id);

    private Task PullAsync(CancellationToken cancellationToken) => store.PullAsync(Reference, new("linux", "amd64"), null, null, cancellationToken);

    [Test]
    public async Task Reads_the_engine_with_its_images_and_their_containers(CancellationToken cancellationToken)
    {
        var image = await LoadAsync(cancellationToken, Layer("base"), Layer("top"));
        var state = await store.ReadAsync(cancellationToken);
        var stored = state.Images.Single(candidate => candidate.Id == Id(image));
        Assert.That(state.Version, Does.StartWith("20.10."));
        Assert.That((state.Driver, state.DataRoot, state.UsesContainerdStore, state.UnpacksZstd), Is.EqualTo(("overlay2", stage.Engine.DataRoot, false, false)));
        Assert.That(state.Network.InsecureNetworks, Is.EqualTo(new[] { "127.0.0.0/8" }));
        Assert.That(state.FreeBytes, Is.EqualTo(new DriveInfo(stage.Engine.DataRoot).AvailableFreeSpace).Within(1L << 30));
        Assert.That(state.FreeInodes, Is.GreaterThan(0));
        Assert.That(stored.Tags, Is.EqualTo(new[] { Name }));
        Assert.That((stored.DiffIds, stored.Platform, stored.Fault), Is.EqualTo((DiffIds(image), state.Platform, (SourceFault?)null)));
        Assert.That(stored.SizeBytes, Is.EqualTo(600_000));
    }

    [Test]
    public async Task Finds_by_tag_and_by_digest_and_null_when_there_is_none(CancellationToken cancellationToken)
    {
        Assert.That(await store.FindAsync(Reference, cancellationToken), Is.Null);
        var image = await PushAsync(cancellationToken, Layer("only"));
        await PullAsync(cancellationToken);
        var pinned = Reference.At(Digest.Parse(image.Manifest.Digest));
        Assert.That((await store.FindAsync(Reference, cancellationToken), await store.FindAsync(pinned, cancellationToken)), Is.EqualTo((Id(image), Id(image))));
        Assert.That((await StoredAsync(Id(image), cancellationToken)).RepoDigests, Is.EqualTo(new[] { pinned.ToString() }));
    }

    [Test]
    public async Task Goes_on_after_a_restart_of_the_engine_and_says_when_there_is_none(CancellationToken cancellationToken)
    {
        var image = await LoadAsync(cancellationToken, Layer("only"));
        await store.ReadAsync(cancellationToken);
        await stage.Engine.StopAsync(cancellationToken);
        var fault = await Faults.OfAsync(() => store.ReadAsync(cancellationToken));
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Unreachable, $"the Docker engine does not answer at {stage.Engine.Host}: is docker.service running?")));
        await stage.Engine.StartAgainAsync(cancellationToken);
        Assert.That(await store.FindAsync(Reference, cancellationToken), Is.EqualTo(Id(image)));
        await stage.Engine.RestartAsync(cancellationToken);
        Assert.That((await StoredAsync(Id(image), cancellationToken)).Tags, Is.EqualTo(new[] { Name }));
    }

    [Test]
    public async Task Digests_config_and_layers_of_an_export_in_their_order(CancellationToken cancellationToken)
    {
        var (bottom, top) = (Layer("bottom", 9_000_000), Layer("top"));
        var image = await LoadAsync(cancellationToken, bottom, top, bottom, top);
        var seen = new Greatest();
        var content = await store.ExportAsync(await StoredAsync(Id(image), cancellationToken), seen, cancellationToken);
        Assert.That((content.Fault, content.Config), Is.EqualTo(((SourceFault?)null, Id(image))));
        Assert.That(content.Layers.Select(layer => layer.Observed), Is.EqualTo(DiffIds(image).Select(diffId => diffId.Value)));
        Assert.That(content.HashedBytes, Is.GreaterThan(bottom.Tar.Length + top.Tar.Length));
        Assert.That(seen.Value, Is.GreaterThanOrEqualTo(content.HashedBytes));
    }

    [TestCase(0, "bottom")]
    [TestCase(1, "top")]
    public async Task Names_the_file_of_a_rotten_layer(int place, string file, CancellationToken cancellationToken)
    {
        var image = await LoadAsync(cancellationToken, Layer("bottom"), Layer("top"));
        Spoiler.FlipBit(Spoiler.StoredFilePath(stage.Engine, image, place, file));
        var fault = (await store.ExportAsync(await StoredAsync(Id(image), cancellationToken), null, cancellationToken)).Fault;
        Assert.That((fault?.Fault, fault?.Subject), Is.EqualTo(((Fault?)Fault.Corrupt, file)));
        Assert.That(fault?.Message, Is.EqualTo($"the engine cannot read its own copy of {Name} out: file integrity checksum failed for \"{file}\""));
    }

    [Test]
    public async Task Finds_a_rotten_layer_in_each_image_that_shares_it(CancellationToken cancellationToken)
    {
        var shared = Layer("shared");
        var first = await LoadAsync(cancellationToken, shared, Layer("one"));
        label += "b";
        var second = await LoadAsync(cancellationToken, shared, Layer("two"));
        Spoiler.FlipBit(Spoiler.StoredFilePath(stage.Engine, first, 0, "shared"));
        var contents = new List<Fault?>();
        foreach (var id in new[] { Id(first), Id(second) })
            contents.Add((await store.ExportAsync(await StoredAsync(id, cancellationToken), null, cancellationToken)).Fault?.Fault);
        Assert.That(contents, Is.EqualTo(new Fault?[] { Fault.Corrupt, Fault.Corrupt }));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Tells_a_rotten_config_from_an_absent_image_and_a_pull_heals_it(bool restarts, CancellationToken cancellationToken)
    {
        var image = await PushAsync(cancellationToken, Layer("only"));
        await PullAsync(cancellationToken);
        Spoiler.FlipBit(Spoiler.StoredConfigPath(stage.Engine, image.ConfigDigest));
        if (restarts) await stage.Engine.RestartAsync(cancellationToken);

        var fault = await Faults.OfAsync(() => store.FindAsync(Reference, cancellationToken));
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Corrupt, image.ConfigDigest)));
        var state = await store.ReadAsync(cancellationToken);
        Assert.That(state.Images.Select(stored => stored.Id), Has.No.Member(Id(image)));
        Assert.That((await Faults.OfAsync(() => store.RemoveAsync(Name, cancellationToken))).Fault, Is.EqualTo(Fault.Missing));

        await PullAsync(cancellationToken);
        Assert.That(await store.FindAsync(Reference, cancellationToken), Is.EqualTo(Id(image)));
        var content = await store.ExportAsync(await StoredAsync(Id(image), cancellationToken), null, cancellationToken);
        Assert.That((content.Config, content.Fault), Is.EqualTo((Id(image), (SourceFault?)null)));
    }

    [Test]
    public async Task Shows_an_unreadable_image_when_a_container_stands_on_it(CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        var installed = appliance.Images.Installed;
        var sound = await StoredAsync(Id(installed), cancellationToken);
        Spoiler.FlipBit(Spoiler.StoredConfigPath(stage.Engine, installed.ConfigDigest));
        var hidden = await StoredAsync(Id(installed), cancellationToken);
        Spoiler.FlipBit(Spoiler.StoredConfigPath(stage.Engine, installed.ConfigDigest));
        Assert.That((sound.Fault, sound.InUseBy.Select(use => use.IsRunning)), Is.EqualTo(((SourceFault?)null, new[] { true })));
        Assert.That((hidden.Fault?.Fault, hidden.InUseBy), Is.EqualTo(((Fault?)Fault.Corrupt, sound.InUseBy)));
    }

    [Test]
    public async Task Refuses_to_remove_what_a_container_uses_with_the_engines_sentence(CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        var before = await appliance.LookAtContainerAsync(cancellationToken);
        var fault = await Faults.OfAsync(() => store.RemoveAsync(appliance.InstalledReference, cancellationToken));
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Refused, fault.Message)));
        Assert.That(fault.Message, Does.StartWith($"the engine would not remove {appliance.InstalledReference}: conflict: unable to remove repository reference"));
        Assert.That(await appliance.LookAtContainerAsync(cancellationToken), Is.EqualTo(before));
    }

    [Test]
    public async Task Tags_and_removes_and_lists_what_went(CancellationToken cancellationToken)
    {
        var image = await LoadAsync(cancellationToken, Layer("bottom"), Layer("top"));
        var other = ImageReference.Parse($"{stage.Registry.Authority}/{label}:other");
        await store.TagAsync(Id(image), other, cancellationToken);
        Assert.That(await store.FindAsync(other, cancellationToken), Is.EqualTo(Id(image)));
        Assert.That((await Faults.OfAsync(() => store.RemoveAsync("0123456789ab", cancellationToken))).Fault, Is.EqualTo(Fault.Missing));
        Assert.That(await store.RemoveAsync(other.ToString(), cancellationToken), Is.EqualTo(new[] { other.ToString() }));
        var gone = await store.RemoveAsync(image.ConfigDigest, cancellationToken);
        Assert.That((gone[0], gone[1], gone.Count), Is.EqualTo((Name, image.ConfigDigest, 4)));
        Assert.That(await store.FindAsync(Reference, cancellationToken), Is.Null);
    }

    [Test]
    public async Task Reports_a_pulls_progress_to_its_end(CancellationToken cancellationToken)
    {
        var image = await PushAsync(cancellationToken, Layer("bottom", 4_000_000), Layer("top"));
        var seen = new Last();
        await store.PullAsync(Reference, new("linux", "amd64"), null, seen, cancellationToken);
        Assert.That((seen.Value?.LayersDone, seen.Value?.Layers, seen.Value?.DoneBytes == seen.Value?.TotalBytes), Is.EqualTo((2, 2, true)));
        Assert.That(seen.Value!.TotalBytes, Is.GreaterThanOrEqualTo(image.Layers[0].Compressed.Length));
    }

    [Test]
    public async Task Hands_on_the_engines_sentence_for_a_rotten_blob_and_for_a_missing_tag(CancellationToken cancellationToken)
    {
        Assert.That((await Faults.OfAsync(() => PullAsync(cancellationToken))).Fault, Is.EqualTo(Fault.Refused));
        var image = await PushAsync(cancellationToken, Layer("only"));
        Spoiler.FlipBit(stage.Registry.BlobPath(image.ConfigDigest));
        var fault = await Faults.OfAsync(() => PullAsync(cancellationToken));
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Refused, image.ConfigDigest)));
        Assert.That(PullFailure.Classify(fault.Message).Kind, Is.EqualTo(PullFailureKind.ConfigAltered));
        Assert.That(await store.FindAsync(Reference, cancellationToken), Is.Null);
    }

    [Test]
    public async Task Sees_what_happens(CancellationToken cancellationToken)
    {
        await using var events = store.Events.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        Assert.That(await events.MoveNextAsync() ? events.Current.Action : "", Is.EqualTo("connected"));
        var image = await LoadAsync(cancellationToken, Layer("only"));
        await store.TagAsync(Id(image), ImageReference.Parse($"{stage.Registry.Authority}/{label}:event"), cancellationToken);
        while (await events.MoveNextAsync() && (events.Current.Action, events.Current.Subject) != ("tag", image.ConfigDigest))
            Assert.That(events.Current.Type, Is.AnyOf("image", "container"));
        Assert.That(events.Current.Name, Is.EqualTo($"{stage.Registry.Authority}/{label}:event"));
    }

    private sealed class Greatest : IProgress<long>
    {
        public long Value { get; private set; }

        public void Report(long value) => Value = Math.Max(value, Value);
    }

    private sealed class Last : IProgress<PullProgress>
    {
        public PullProgress? Value { get; private set; }

        public void Report(PullProgress value) => Value = value;
    }
}
