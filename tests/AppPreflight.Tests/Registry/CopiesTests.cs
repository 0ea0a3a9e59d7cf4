using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>Copies of images to be compared, at Debian's docker-registry with schema 1 enabled.</summary>
[NonParallelizable]
internal sealed class CopiesTests
{
    private static readonly BuiltLayer Base = Layer("base", 200_000);
    private static readonly BuiltLayer Top = Layer("top", 40_000);
    private RegistryServer registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => registry = await RegistryServer.StartAsync(new(Schema1: true), CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [Test]
    public async Task Describes_an_image_and_lists_its_layers([Values] ImageFormat format)
    {
        var built = ImageBuilder.Build(new ImageTraits("one") { Format = format }, Base, Top, Base);
        var name = await PushAsync($"app/{format}".ToLowerInvariant(), built);
        using var client = Pulls.Client();
        var form = await client.DescribeAsync(name, Pulls.Amd64, CancellationToken.None);
        Assert.That((form.Name, form.Place, form.Root!.Digest.ToString(), form.ConfigDigest?.ToString()), Is.EqualTo((name, ImagePlace.Registry, built.Manifest.Digest, built.ConfigDigest)));
        Assert.That((form.Index, form.Schema1, form.ManifestBytes), Is.EqualTo(((ImageIndex?)null, (Schema1Manifest?)null, form.Root)));
        Assert.That(form.Manifest!.MediaType, Is.EqualTo(MediaTypes.Manifest(format)));
        Assert.That(form.Layers.Select(layer => (layer.Packed!.Digest.ToString(), layer.DiffId!.ToString())), Is.EqualTo(new[] { Base, Top, Base }.Select(layer => (layer.Digest, layer.DiffId))));
        Assert.That((form.Config.Platform, form.Config.History.Count, form.Config.Fields["config.Labels.rehearsal"]), Is.EqualTo((Pulls.Amd64, 3, "one")));

        var heard = new Greatest();
        var files = await client.ListLayersAsync(form, [2, 1, 0], heard, CancellationToken.None);
        Assert.That(files.Select(layer => (layer.Layer, layer.DiffId.ToString(), layer.ReadBytes)), Is.EqualTo(new[] { (2, Base.DiffId, (long)Base.Compressed.Length), (1, Top.DiffId, Top.Compressed.Length), (0, Base.DiffId, Base.Compressed.Length) }));
        Assert.That(files[1].Files.Select(file => (file.Path, file.SizeBytes)), Is.EqualTo(new[] { ("top", 40_000L), ("top.txt", 10_000) }));
        Assert.That(files.Select(layer => layer.Untold), Has.All.Null);
        Assert.That(heard.Value, Is.EqualTo(Base.Compressed.Length + Top.Compressed.Length), "the same digest is read once");
    }

    [Test]
    public async Task Takes_the_platforms_image_from_an_index_and_else_the_first()
    {
        var arm = ImageBuilder.Build(new ImageTraits("arm") { Architecture = "arm64", Format = ImageFormat.Oci }, Base);
        var amd = ImageBuilder.Build(new ImageTraits("amd") { Format = ImageFormat.Oci }, Base, Top);
        await registry.Api.PushAsync("app/index", "both", ImageBuilder.Index(ImageFormat.Oci, true, arm, amd), CancellationToken.None);
        var armOnly = ImageBuilder.Index(ImageFormat.Oci, true, arm);
        await registry.Api.PushAsync("app/index", "arm", armOnly, CancellationToken.None);
        using var client = Pulls.Client();
        var both = await client.DescribeAsync($"{registry.Authority}/app/index:both", Pulls.Amd64, CancellationToken.None);
        Assert.That((both.ManifestBytes!.Digest.ToString(), both.Index!.Manifests.Count), Is.EqualTo((amd.Manifest.Digest, 3)));
        var other = await client.DescribeAsync($"{registry.Authority}/app/index:arm", Pulls.Amd64, CancellationToken.None);
        Assert.That((other.ManifestBytes!.Digest.ToString(), other.Root!.Digest.ToString(), other.Config.Platform.Architecture), Is.EqualTo((arm.Manifest.Digest, armOnly.Manifest.Digest, "arm64")));
        Assert.That(other.ManifestDigests.Select(digest => digest.ToString()), Is.EqualTo(new[] { arm.Manifest.Digest, armOnly.Manifest.Digest }));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public async Task Reads_schema_1_as_it_was_pushed(int signatures)
    {
        var repository = $"app/schema{signatures}";
        var built = Schema1Builder.Build(repository, "1.0", WithEmptySteps(), signatures);
        // Distribution takes no unsigned one
        if (signatures == 0) built = built with { Manifest = new(Schema1Builder.Sign(built.Manifest.Bytes), Schema1Builder.Signed) };
        await registry.Api.PushAsync(repository, "1.0", built, CancellationToken.None);
        var named = await registry.Api.FindDigestAsync(repository, "1.0", CancellationToken.None);
        using var client = Pulls.Client();
        foreach (var name in (string[])[$"{registry.Authority}/{repository}:1.0", $"{registry.Authority}/{repository}@{named}"])
        {
            var form = await client.DescribeAsync(name, Pulls.Amd64, CancellationToken.None);
            Assert.That((form.Schema1!.PayloadDigest.ToString(), form.Schema1.IsSigned), Is.EqualTo((built.PayloadDigest, true)));
            Assert.That(named, Is.EqualTo(built.PayloadDigest));
            Assert.That(form.ManifestDigests.First().ToString(), Is.EqualTo(named));
            Assert.That((form.Manifest, form.ConfigDigest, form.Config.DiffIds.Count, form.Config.Platform), Is.EqualTo(((ImageManifest?)null, (Digest?)null, 0, Pulls.Amd64)));
            Assert.That(form.Schema1.Layers.Select(layer => layer.IsThrowaway), Is.EqualTo(new[] { false, true, false, true }));
            Assert.That(form.Layers.Select(layer => layer.Packed), Is.EqualTo(new[] { Base, Top }.Select(layer => new Descriptor(MediaType.DockerLayerGzip, Digest.Parse(layer.Digest), -1))));
            var files = await client.ListLayersAsync(form, [0, 1], null, CancellationToken.None);
            Assert.That(files.Select(layer => layer.DiffId.ToString()), Is.EqualTo(new[] { Base.DiffId, Top.DiffId }));
        }
    }

    [Test]
    public async Task Reads_what_the_registry_makes_of_schema_2_for_old_engines()
    {
        var built = WithEmptySteps();
        await PushAsync("app/old", built);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{registry.Authority}/v2/app/old/manifests/1.0");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(Schema1Builder.Signed));
        using var answer = await http.SendAsync(request);
        var served = Served.Of(await answer.Content.ReadAsByteArrayAsync(), answer.Content.Headers.ContentType!.MediaType!);
        var schema1 = Schema1Manifest.Parse(served);
        Assert.That((schema1.Name, schema1.Tag, schema1.IsSigned, served.MediaType), Is.EqualTo(("app/old", "1.0", true, Schema1Builder.Signed)));
        Assert.That(answer.Headers.GetValues("Docker-Content-Digest"), Is.EqualTo(new[] { schema1.PayloadDigest.ToString() }));
        Assert.That(schema1.Layers.Select(layer => layer.Digest.ToString()), Is.EqualTo(new[] { Base.Digest, Schema1Builder.Empty.Digest, Top.Digest, Schema1Builder.Empty.Digest }));
        Assert.That(schema1.Layers.Skip(1).Select(layer => layer.Parent), Is.EqualTo(schema1.Layers.SkipLast(1).Select(layer => layer.Id)), "from the base upwards");

        var own = ConfigDetails.Parse(built.Config);
        Assert.That((schema1.Config.Platform, schema1.Config.Created), Is.EqualTo((own.Platform, own.Created)));
        Assert.That(schema1.Config.Fields, Is.EqualTo(own.Fields));
        // of the topmost step schema 1 has the whole image's words
        Assert.That(schema1.Config.History.SkipLast(1), Is.EqualTo(own.History.SkipLast(1)));
    }

    [Test]
    public async Task Says_which_bytes_rotted()
    {
        var built = ImageBuilder.Build(new ImageTraits("rotten"), Base, Layer("rotten", 5_000));
        var name = await PushAsync("app/rotten", built);
        using var client = Pulls.Client();
        var form = await client.DescribeAsync(name, Pulls.Amd64, CancellationToken.None);
        Spoiler.FlipBit(registry.BlobPath(built.Layers[1].Digest));
        var fault = await Pulls.FaultOfAsync(() => client.ListLayersAsync(form, [0, 1], null, CancellationToken.None));
        Assert.That((fault.Fault, fault.Subject, fault.Expected), Is.EqualTo((Fault.Corrupt, built.Layers[1].Digest, built.Layers[1].Digest)));
        Assert.That(fault.Observed, Does.StartWith("sha256:"));
        Spoiler.FlipBit(registry.BlobPath(built.ConfigDigest));
        fault = await Pulls.FaultOfAsync(() => client.DescribeAsync(name, Pulls.Amd64, CancellationToken.None));
        Assert.That((fault.Fault, fault.Part, fault.Subject), Is.EqualTo((Fault.Corrupt, ImagePart.Config, built.ConfigDigest)));
    }

    [Test]
    public async Task Says_what_is_no_name_and_what_is_not_there()
    {
        using var client = Pulls.Client();
        Assert.That((await Pulls.FaultOfAsync(() => client.DescribeAsync("A B", Pulls.Amd64, CancellationToken.None))).Fault, Is.EqualTo(Fault.Refused));
        Assert.That((await Pulls.FaultOfAsync(() => client.DescribeAsync($"{registry.Authority}/none", Pulls.Amd64, CancellationToken.None))).Fault, Is.EqualTo(Fault.Missing));
    }

    private async Task<string> PushAsync(string repository, BuiltImage image)
    {
        await registry.Api.PushAsync(repository, "1.0", image, CancellationToken.None);
        return $"{registry.Authority}/{repository}:1.0";
    }

    /// <summary>Two layers, and two steps that made none.</summary>
    private static BuiltImage WithEmptySteps()
    {
        var built = ImageBuilder.Build(new ImageTraits("old"), Base, Top);
        var config = JsonNode.Parse(built.Config)!.AsObject();
        config["history"] = new JsonArray(Step("FROM scratch", false), Step("ENV A=b", true), Step("COPY . /", false), Step("CMD [\"a\"]", true));
        config["author"] = "somebody";
        config["container_config"] = new JsonObject { ["Cmd"] = new JsonArray("/bin/sh", "-c", "#(nop) ", "CMD [\"a\"]") };
        var bytes = Encoding.UTF8.GetBytes(config.ToJsonString());
        var manifest = JsonNode.Parse(built.Manifest.Bytes)!.AsObject();
        manifest["config"]!["size"] = bytes.Length;
        manifest["config"]!["digest"] = LayerBuilder.Sha256(bytes);
        return built with { Config = bytes, ConfigDigest = LayerBuilder.Sha256(bytes), Manifest = new(Encoding.UTF8.GetBytes(manifest.ToJsonString()), built.Manifest.MediaType) };
    }

    private static JsonObject Step(string command, bool isEmpty)
    {
        var step = new JsonObject { ["created"] = "2025-03-14T10:10:10Z", ["created_by"] = command };
        if (isEmpty) step["empty_layer"] = true;
        return step;
    }

    private static BuiltLayer Layer(string name, int sizeBytes)
    {
        using var builder = new LayerBuilder();
        return builder.AddBulk(name, sizeBytes, name).AddText(name + ".txt", new string('x', 10_000)).Build();
    }

    private sealed class Greatest : IProgress<long>
    {
        private long value;

        public long Value => Interlocked.Read(ref value);

        public void Report(long value) => InterlockedMax(value);

        private void InterlockedMax(long other)
        {
            for (var seen = Value; other > seen; seen = Value)
            {
                if (Interlocked.CompareExchange(ref value, other, seen) == seen) return;
            }
        }
    }
}
