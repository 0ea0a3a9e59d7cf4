using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Reader;

/// <summary>The agent's eyes, both ends of the conversation.</summary>
[CancelAfter(20_000)]
internal sealed class ReaderTests
{
    private static readonly DiffId Base = new(Digest.Of("base"u8)), Top = new(Digest.Of("top"u8)), Gone = new(Digest.Of("gone"u8));
    private static readonly StoredImage Image = new() { Id = Digest.Of("image"u8), DiffIds = [Base, Top, Gone], Platform = new("linux", "arm64", "v8") };
    private static readonly IReadOnlyList<ChainId> Chains = ChainId.AllOf(Image.DiffIds);

    private static readonly EngineState Engine = new()
    {
        Version = "20.10.24",
        Platform = new("linux", "amd64"),
        Driver = "overlay2",
        DataRoot = "/var/lib/docker",
        IsLocal = true,
        RemapsOwners = true,
        UsesContainerdStore = true,
    };

    private static readonly StoredLayer Sound = new(Base, Chains[0]) { Observed = Base.Value, SizeBytes = 4096, IsFromMedium = true, Stamp = "0123456789ab-ff" };

    private static readonly StoredLayer Damaged = new(Top, Chains[1])
    {
        Observed = Digest.Of("other"u8),
        SizeBytes = 1,
        Damages = [new(DamageKind.Content, "etc/naïve\\x0a", "crc64:1", "crc64:2"), new(DamageKind.Surplus, "bin/sh")],
        MoreDamages = 7,
    };

    private static readonly StoredLayer Missing = new(Gone, Chains[2]) { Fault = new(Source.Engine, Fault.Missing, "the engine's table has no layer") { Subject = "layerdb/x" } };

    private static readonly SourceFault Rotten = new(Source.Engine, Fault.Corrupt, "the stored configuration") { Subject = "s", Part = ImagePart.Config, Expected = "e", Observed = "o" };

    // the same layer, which another image has from another blob
    private static readonly StoredLayer Twin = Sound with { Way = ProofWay.ContentBlobs, Promised = Digest.Of("blob"u8), Observed = Digest.Of("blob"u8) };

    private ReaderStage stage;

    [SetUp]
    public void Open() => stage = new();

    [TearDown]
    public async Task CloseAsync() => await stage.DisposeAsync();

    [Test]
    public async Task Hands_over_each_layer_that_is_read_and_at_the_end_what_the_images_are_made_of(CancellationToken cancellationToken)
    {
        var content = new StoredContent { Way = ProofWay.LayerStore, Config = Image.Id, Layers = [Sound, Damaged, Missing, Twin], HashedBytes = 4097, Unseen = ["owners"], Fault = Rotten };
        stage.Work = (_, images, _, finished, progress, _) =>
        {
            finished(Damaged);
            finished(Sound);
            progress.Report(4097);
            return Task.FromResult<IReadOnlyDictionary<Digest, StoredContent>>(images.ToDictionary(image => image.Id, _ => content));
        };
        var told = new List<StoredLayer>();

        var read = await stage.Door().ReadAsync(Engine, [Image], ReadingPace.Foreground, told.Add, null, cancellationToken);

        Assert.That(told.Select(Shown), Is.EqualTo(new[] { Shown(Damaged), Shown(Sound) }));
        Assert.That(read.Keys, Is.EqualTo(new[] { Image.Id }));
        var got = read[Image.Id];
        Assert.That(got.Layers.Select(Shown), Is.EqualTo(content.Layers.Select(Shown)));
        Assert.That((got.Way, got.Config, got.HashedBytes, got.Fault, string.Join(',', got.Unseen)), Is.EqualTo((content.Way, content.Config, content.HashedBytes, Rotten, "owners")));
    }

    [Test]
    public async Task Is_asked_for_what_was_wanted_and_nothing_else(CancellationToken cancellationToken)
    {
        ReaderRequest? asked = null;
        stage.Work = (engine, images, pace, _, _, _) =>
        {
            asked = new(engine, images, pace);
            throw new SourceException(Source.Engine, Fault.Unsupported, "enough");
        };
        var pace = new ReadingPace { IsFromMedium = true, IsBackground = true, BytesPerSecond = 20_000_000, Only = [Chains[1], Chains[0]] };

        await FaultAsync(pace, cancellationToken);

        Assert.That(asked!.Engine with { Network = Engine.Network, Images = Engine.Images }, Is.EqualTo(Engine));
        Assert.That(asked.Images.Select(image => (image.Id, image.Platform, string.Join(' ', image.DiffIds))), Is.EqualTo(new[] { (Image.Id, Image.Platform, string.Join(' ', Image.DiffIds)) }));
        Assert.That(asked.Pace with { Only = pace.Only }, Is.EqualTo(pace));
        Assert.That(asked.Pace.Only, Is.EqualTo(pace.Only));
    }

    [Test]
    public async Task Passes_on_an_obstacle_as_it_is(CancellationToken cancellationToken)
    {
        var fault = new SourceFault(Source.Engine, Fault.Denied, "this user may not read diff") { Subject = "diff" };
        stage.Work = (_, _, _, _, _, _) => throw new SourceException(fault);
        Assert.That(await FaultAsync(ReadingPace.Foreground, cancellationToken), Is.EqualTo(fault));
    }

    [Test]
    public async Task Stops_reading_when_its_client_hangs_up(CancellationToken cancellationToken)
    {
        var (begun, stopped) = (new TaskCompletionSource(), new TaskCompletionSource());
        stage.Work = async (_, _, _, _, _, token) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stopped.SetResult();
            throw new OperationCanceledException();
        };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = stage.Door().ReadAsync(Engine, [Image], ReadingPace.Foreground, null, null, patience.Token);
        await begun.Task.WaitAsync(cancellationToken);

        await patience.CancelAsync();

        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
        await stopped.Task.WaitAsync(cancellationToken);
    }

    [TestCase("", "JSON")]
    [TestCase("[]", "not a JSON object")]
    [TestCase("{}", "schema")]
    [TestCase("""{"schema":"app-preflight/reader/2"}""", "schema")]
    [TestCase("""{"schema":"app-preflight/reader/1"}""", "engine")]
    [TestCase("""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"var/lib"}}""", "dataRoot")]
    [TestCase("""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"/a\u0000b"}}""", "dataRoot")]
    [TestCase("""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"/d","local":1}}""", "local")]
    [TestCase("""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"/d"},"images":[{"id":"x"}]}""", "x")]
    [TestCase("""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"/d"},"images":[{"id":"sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9","diffIds":[1]}]}""", "digest")]
    [TestCase("""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"/d"},"pace":{"bytesPerSecond":0}}""", "bytesPerSecond")]
    public async Task Refuses_what_is_no_such_request_and_says_why(string request, string why, CancellationToken cancellationToken)
    {
        stage.Work = (_, _, _, _, _, _) => throw new InvalidOperationException("it was read");
        var said = await stage.SayAsync(request + "\n", cancellationToken);
        Assert.That(said, Does.Contain("\"obstacle\"").And.Contain("\"malformed\"").And.Contain(why));
    }

    [Test]
    public async Task Refuses_a_request_without_end(CancellationToken cancellationToken) =>
        Assert.That(await stage.SayAsync(new string('x', ReaderRequest.MaxBytes + 100_000), cancellationToken), Does.Contain("more than"));

    [Test]
    public async Task Takes_one_request_only(CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource();
        stage.Work = async (_, _, _, _, _, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stopped.SetResult();
            throw new OperationCanceledException();
        };
        var one = System.Text.Encoding.UTF8.GetString(new ReaderRequest(Engine, [Image], ReadingPace.Foreground).Line.Span);
        Assert.That(await stage.SayAsync(one + one, cancellationToken), Is.Null);
        await stopped.Task.WaitAsync(cancellationToken);
    }

    [TestCase("""{"type":"layer","finished":true,"diffId":"D","chainId":"C","promised":"D","way":"layer-store","sizeBytes":1,"moreDamages":0}""", "nobody asked for")]
    [TestCase("""{"type":"contents","images":[]}""", "an image is missing")]
    [TestCase("""{"type":"contents","images":[{"id":"I","way":"layer-store","hashedBytes":0,"layers":[{"chainId":"C","promised":"D"}]}]}""", "did not tell of")]
    [TestCase("""{"type":"progress","bytes":-1}""", "bytes")]
    [TestCase("nonsense", "JSON")]
    [TestCase("", "JSON")]
    public async Task An_answer_that_can_t_be_is_an_obstacle(string answer, string why, CancellationToken cancellationToken)
    {
        var text = answer.Replace("\"D\"", $"\"{Digest.Of("d"u8)}\"", StringComparison.Ordinal).Replace("\"C\"", $"\"{Digest.Of("c"u8)}\"", StringComparison.Ordinal).Replace("\"I\"", $"\"{Image.Id}\"", StringComparison.Ordinal);
        stage.Instead = async line =>
        {
            await line.ReadAsync(Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(5), cancellationToken);
            await line.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text + "\n"), TimeSpan.FromSeconds(5), cancellationToken);
        };
        var fault = await FaultAsync(ReadingPace.Foreground, cancellationToken);
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
        Assert.That(fault.Message, Does.Contain(why));
    }

    [Test]
    public async Task A_reader_that_ends_before_its_answer_is_an_obstacle(CancellationToken cancellationToken)
    {
        stage.Instead = static _ => Task.CompletedTask;
        var fault = await FaultAsync(ReadingPace.Foreground, cancellationToken);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Unreachable, "the reader of the engine's layers gave no answer: it ended before its answer; its log has more: journalctl -u 'app-preflight-reader@*'")));
    }

    [Test]
    public async Task A_reader_that_says_nothing_for_a_minute_is_an_obstacle(CancellationToken cancellationToken)
    {
        var time = new Agent.ManualTime(Cli.Samples.Noon);
        var heard = new TaskCompletionSource();
        stage.Instead = async line =>
        {
            await line.ReadAsync(Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(5), cancellationToken);
            heard.SetResult();
            await line.ReadAsync(Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(5), cancellationToken);
        };
        var door = new LayerDoor(new Pipeline.NoLayers(), stage.Path, mayReadAll: false, time);
        var reading = door.ReadAsync(Engine, [Image], ReadingPace.Foreground, null, null, cancellationToken);
        await heard.Task.WaitAsync(cancellationToken);
        // its wait begins a moment after it has written
        while (!reading.IsCompleted)
        {
            time.GoOn(TimeSpan.FromSeconds(61));
            await Task.Yield();
        }

        Assert.That(async () => await reading, Throws.TypeOf<SourceException>().With.Message.Contains("nothing came in time"));
    }

    [TestCase(true, true, 0, TestName = "Who_may_read_everything_reads_himself")]
    [TestCase(false, true, 1, TestName = "Who_may_not_asks_the_reader")]
    [TestCase(false, false, 0, TestName = "Of_an_engine_elsewhere_nobody_asks_the_reader")]
    public async Task Chooses(bool mayReadAll, bool isLocal, int asked, CancellationToken cancellationToken)
    {
        try
        {
            await stage.Door(mayReadAll).ReadAsync(Engine with { IsLocal = isLocal }, [], ReadingPace.Foreground, null, null, cancellationToken);
        }
        catch (SourceException e)
        {
            Assert.That(e.Fault, Is.EqualTo(Fault.Unsupported), "the direct way of these tests");
        }

        Assert.That(stage.Connections, Is.EqualTo(asked));
    }

    [Test]
    public void Without_a_reader_the_direct_way_tells_what_is_in_the_way() =>
        Assert.That(
            async () => await new LayerDoor(new Pipeline.NoLayers(), "/nonexistent/reader.sock", mayReadAll: false, TimeProvider.System).ReadAsync(Engine, [Image], ReadingPace.Foreground, null, null, CancellationToken.None),
            Throws.TypeOf<SourceException>().With.Property(nameof(SourceException.Fault)).EqualTo(Fault.Unsupported));

    private static readonly PullLookup Lookup = new(
        Oci.ImageReference.Parse("example.org/a:1"), [new(MediaType.OciIndex, Digest.Of("index"u8), 700), new(MediaType.OciManifest, Digest.Of("manifest"u8), 600)],
        [new(Digest.Of("blob"u8), Base), new(Digest.Of("blob 2"u8), Top)]);

    [Test]
    public async Task Tells_what_is_wrong_in_the_tables_to_whom_may_not_read_them(CancellationToken cancellationToken)
    {
        TableDamage[] tables =
        [
            new(TableDamageKind.DigestMapping, Lookup.Image, "/d/entry") { Blob = Digest.Of("blob"u8), Expected = "e", Observed = "o", Layer = Chains[1] },
            new(TableDamageKind.LayerFolder, Lookup.Image, "/d/folder") { Layer = Chains[0], Observed = "", IsEmpty = true },
            new(TableDamageKind.CachedManifest, Lookup.Image, "/d/blob"),
        ];
        (EngineState Engine, IReadOnlyList<PullLookup> Wanted)? asked = null;
        stage.Tables = (engine, wanted) =>
        {
            asked = (engine, wanted);
            return tables;
        };

        var read = await stage.Door(direct: new Closed()).ReadTablesAsync(Engine with { Images = [Image] }, [Lookup], cancellationToken);

        Assert.That(read, Is.EqualTo(tables));
        Assert.That(asked!.Value.Engine.Images.Select(image => image.Id), Is.EqualTo(new[] { Image.Id }));
        Assert.That(asked.Value.Wanted.Select(Shown), Is.EqualTo(new[] { Shown(Lookup) }));
    }

    [Test]
    public async Task Looks_into_the_tables_itself_while_it_may(CancellationToken cancellationToken)
    {
        stage.Tables = static (_, _) => throw new InvalidOperationException("it was asked");
        Assert.That(await stage.Door(direct: new Pipeline.NoLayers()).ReadTablesAsync(Engine, [Lookup], cancellationToken), Is.Empty);
        Assert.That(stage.Connections, Is.Zero);
    }

    [Test]
    public void Without_a_reader_it_says_that_it_may_not_look_into_the_tables() =>
        Assert.That(
            async () => await new LayerDoor(new Closed(), "/nonexistent/reader.sock", mayReadAll: false, TimeProvider.System).ReadTablesAsync(Engine, [Lookup], CancellationToken.None),
            Throws.TypeOf<SourceException>().With.Property(nameof(SourceException.Fault)).EqualTo(Fault.Denied));

    [TestCase("""{"type":"tables","tables":[{"kind":"digest-mapping","image":"example.org/b:1","path":"/d"}]}""", "nobody asked for")]
    [TestCase("""{"type":"tables","tables":[{"kind":"other","image":"example.org/a:1","path":"/d"}]}""", "kind")]
    [TestCase("""{"type":"tables","tables":[{"kind":"layer-folder","image":"","path":"/d"}]}""", "image")]
    [TestCase("""{"type":"tables","tables":[{"kind":"layer-folder","image":"example.org/a:1"}]}""", "path")]
    [TestCase("""{"type":"contents","images":[]}""", "before its answer")]
    public async Task Tables_that_can_t_be_are_an_obstacle(string answer, string why, CancellationToken cancellationToken)
    {
        stage.Instead = async line =>
        {
            await line.ReadAsync(Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(5), cancellationToken);
            await line.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer + "\n"), TimeSpan.FromSeconds(5), cancellationToken);
        };
        Assert.That(
            async () => await stage.Door(direct: new Closed()).ReadTablesAsync(Engine, [Lookup], cancellationToken),
            Throws.TypeOf<SourceException>().With.Property(nameof(SourceException.Fault)).EqualTo(Fault.Unreachable).And.Message.Contains(why));
    }

    [TestCase("""{"image":"?"}""", "?")]
    [TestCase("""{"image":"example.org/a:1","documents":[{"mediaType":"x","digest":"y","sizeBytes":1}]}""", "digest")]
    [TestCase("""{"image":"example.org/a:1","layers":[{"blob":"sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"}]}""", "diffId")]
    public async Task Refuses_to_look_up_what_is_no_image(string wanted, string why, CancellationToken cancellationToken)
    {
        stage.Tables = static (_, _) => throw new InvalidOperationException("it was asked");
        var said = await stage.SayAsync($$"""{"schema":"app-preflight/reader/1","engine":{"driver":"overlay2","dataRoot":"/d"},"wanted":[{{wanted}}]}""" + "\n", cancellationToken);
        Assert.That(said, Does.Contain("\"obstacle\"").And.Contain("\"malformed\"").And.Contain(why));
    }

    private static string Shown(PullLookup lookup) => $"{lookup.Image} {string.Join(' ', lookup.Documents)} {string.Join(' ', lookup.Layers)}";

    /// <summary>A store whose folders are somebody else's.</summary>
    private sealed class Closed : ILayerStore
    {
        public Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
            EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress, CancellationToken cancellationToken) =>
            throw new SourceException(Source.Engine, Fault.Denied, "not for this user");

        public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken) =>
            throw new SourceException(Source.Engine, Fault.Denied, "not for this user");

        public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers) => new Dictionary<ChainId, string>();
    }

    private async Task<SourceFault> FaultAsync(ReadingPace pace, CancellationToken cancellationToken)
    {
        try
        {
            await stage.Door().ReadAsync(Engine, [Image], pace, null, null, cancellationToken);
        }
        catch (SourceException e)
        {
            return e.What;
        }

        throw new AssertionException("it was read");
    }

    // a record holds lists by reference
    private static string Shown(StoredLayer layer) =>
        $"{layer.Way} {layer.DiffId} {layer.Chain} {layer.Promised} {layer.Observed} {layer.SizeBytes} {layer.MoreDamages} {layer.Fault} {layer.IsFromMedium} {layer.Stamp}: {string.Join("; ", layer.Damages)}";
}
