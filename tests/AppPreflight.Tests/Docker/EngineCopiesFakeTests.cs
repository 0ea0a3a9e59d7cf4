using System.Formats.Tar;
using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Registry;
using NUnit.Framework;

namespace AppPreflight.Docker;

/// <summary>Copies at engines that answer what a real one of 20.10 does not.</summary>
[CancelAfter(30_000)]
internal sealed class EngineCopiesFakeTests
{
    private const string Containerd = """{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}""";
    private static readonly Platform amd64 = new("linux", "amd64");
    private static readonly byte[] config = [.. "config"u8];
    private static readonly byte[] one = LayerTar("one");
    private static readonly byte[] two = LayerTar("two");

    private static string Image(params byte[][] layers) => $$"""
        {"Id":"{{Digest.Of(config)}}","Os":"linux","Architecture":"arm64","Variant":"v8","Created":"0001-01-01T00:00:00Z","RepoDigests":["a@{{Digest.Of("m"u8)}}","b@{{Digest.Of("m"u8)}}",null,"<none>@<none>"],
         "Config":{"Cmd":["a && b"],"Volumes":{"/v":{} },"Env":null},"Comment":"last","RootFS":{"Type":"layers","Layers":[{{string.Join(',', layers.Select(layer => $"\"{Digest.Of(layer)}\""))}}] } }
        """;

    [Test]
    public async Task Names_images_of_the_containerd_store_by_their_manifests([Values] bool isContainerd, CancellationToken cancellationToken)
    {
        await using var engine = Engine(Image(one, two), info: isContainerd ? Containerd : "{}");
        using var store = Open(engine);
        var form = await store.Copies.DescribeAsync("a:1", amd64, cancellationToken);
        Assert.That(form.ConfigDigest, Is.EqualTo(isContainerd ? null : Digest.Of(config)));
        Assert.That(form.PulledAs, Is.EqualTo(isContainerd ? new[] { Digest.Of(config), Digest.Of("m"u8) } : [Digest.Of("m"u8)]));
        Assert.That((form.Config.Platform, form.Config.Created), Is.EqualTo((new Platform("linux", "arm64", "v8"), (string?)null)));
        Assert.That(form.Config.Fields, Is.EqualTo(new Dictionary<string, string> { ["config.Cmd"] = "[\"a && b\"]", ["config.Volumes./v"] = "{}" }), "the comment is the newest step's");
        Assert.That(form.Config.History.Select(step => step.CreatedBy), Is.EqualTo(new[] { "old", "new" }));
    }

    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"Id":"x"}""")]
    [TestCase("""{"Id":"sha256:ab","Config":{"Cmd":["\ud800"]}}""")]
    [TestCase("""{"Id":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","Author":"\ud800"}""")]
    [TestCase("""{"Id":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","Config":{"Cmd":["\ud800"]}}""")]
    [TestCase("""{"Id":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","RootFS":{"Layers":["x"]}}""")]
    [TestCase("""{"Id":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","Config":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}}}}}}}}""")]
    public async Task Tells_an_unreadable_answer(string inspect, CancellationToken cancellationToken)
    {
        await using var engine = Engine(inspect);
        using var store = Open(engine);
        var fault = await Faults.OfAsync(() => store.Copies.DescribeAsync("a:1", amd64, cancellationToken));
        Assert.That((fault.From, fault.Fault), Is.EqualTo((Source.Engine, Fault.Malformed)));
    }

    [Test]
    public async Task Lists_blobs_of_newer_engines_plain_and_packed(CancellationToken cancellationToken)
    {
        var packed = Pulls.Gzip(two);
        var form = await ListedAsync(out var files, [one, two], cancellationToken, (Blob(config), config), (Blob(one), one), (Blob(packed), packed), ("manifest.json", Manifest(Blob(one), Blob(packed))));
        Assert.That((await files).Select(layer => (layer.Layer, layer.DiffId.Value, layer.ReadBytes, layer.Files.Single().Path)), Is.EqualTo(new[] { (0, Digest.Of(one), (long)one.Length, "one"), (1, Digest.Of(two), packed.Length, "two") }));
        Assert.That(form.Layers, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Stops_reading_when_it_has_what_is_wanted(CancellationToken cancellationToken)
    {
        _ = await ListedAsync(out var files, [one], cancellationToken, ("a/layer.tar", two), ("b/layer.tar", one), ("manifest.json", [.. "garbage that nobody reads"u8]));
        Assert.That((await files).Single().Files.Single().Path, Is.EqualTo("one"));
    }

    [Test]
    public async Task Names_a_layer_whose_bytes_are_others(CancellationToken cancellationToken)
    {
        _ = await ListedAsync(out var files, [one, two], cancellationToken, ("c.json", config), ("a/layer.tar", one), ("b/layer.tar", one[..^512]), ("manifest.json", Manifest("a/layer.tar", "b/layer.tar")));
        var fault = await Faults.OfAsync(() => files);
        Assert.That((fault.Fault, fault.Part, fault.Subject, fault.Expected, fault.Observed), Is.EqualTo((Fault.Corrupt, ImagePart.Layer, Digest.Of(two).ToString(), Digest.Of(two).ToString(), Digest.Of(one.AsSpan()[..^512]).ToString())));
    }

    [Test]
    public async Task Says_that_a_layer_can_not_be_unpacked(CancellationToken cancellationToken)
    {
        byte[] zstd = [0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3];
        _ = await ListedAsync(out var files, [one], cancellationToken, (Blob(config), config), (Blob(zstd), zstd), ("manifest.json", Manifest(Blob(config), Blob(zstd))));
        var fault = await Faults.OfAsync(() => files);
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Unsupported, Digest.Of(zstd).ToString())));
    }

    [Test]
    public async Task Lists_nothing_of_a_layer_that_is_no_tar(CancellationToken cancellationToken)
    {
        byte[] rubbish = [.. Enumerable.Repeat((byte)'x', 2000)];
        _ = await ListedAsync(out var files, [rubbish], cancellationToken, ("a/layer.tar", rubbish));
        Assert.That((await files).Single().Untold, Is.Not.Empty);
    }

    private static Task<ImageForm> ListedAsync(out Task<IReadOnlyList<LayerFiles>> files, byte[][] layers, CancellationToken cancellationToken, params (string Name, byte[] Content)[] archive)
    {
        var engine = Engine(Image(layers), archive: FakeEngine.Chunked(Tar(archive), isCut: false));
        var store = Open(engine);
        var form = store.Copies.DescribeAsync("a:1", amd64, cancellationToken);
        files = ListAsync();
        return form;

        async Task<IReadOnlyList<LayerFiles>> ListAsync()
        {
            try
            {
                return await store.Copies.ListLayersAsync(await form, [.. Enumerable.Range(0, layers.Length)], null, cancellationToken);
            }
            finally
            {
                store.Dispose();
                await engine.DisposeAsync();
            }
        }
    }

    private static FakeEngine Engine(string inspect, string info = "{}", byte[]? archive = null) => new(line =>
        line.EndsWith("/info", StringComparison.Ordinal) ? FakeEngine.Ok(info)
        : line.EndsWith("/history", StringComparison.Ordinal) ? FakeEngine.Ok("""[{"CreatedBy":"new","Comment":"last","Size":3},{"CreatedBy":"old","Size":3}]""")
        : line.EndsWith("/get", StringComparison.Ordinal) ? archive
        : FakeEngine.Ok(inspect));

    private static DockerImageStore Open(FakeEngine engine) => new(engine.Host, TimeProvider.System, TimeSpan.FromSeconds(10));

    private static string Blob(byte[] content) => "blobs/sha256/" + Digest.Of(content).Hex;

    private static byte[] Manifest(params string[] names) => Encoding.UTF8.GetBytes(
        $$"""[{"Config":"{{(names[0].StartsWith("blobs", StringComparison.Ordinal) ? Blob(config) : "c.json")}}","Layers":[{{string.Join(',', names.Where(name => name != Blob(config)).Select(layer => $"\"{layer}\""))}}]}]""");

    private static byte[] LayerTar(string file) => Tar((file, Encoding.UTF8.GetBytes(file)));

    private static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var stream = new MemoryStream(content);
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = stream });
            }
        }

        return buffer.ToArray();
    }
}
