using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>Copies at registries that count what they are asked, and at such as lie.</summary>
[CancelAfter(60_000)]
internal sealed class CopiesFakeTests
{
    private static readonly BuiltLayer[] Layers = [.. Enumerable.Range(0, 6).Select(number => Layer($"layer{number}"))];
    private static readonly BuiltImage Image = ImageBuilder.Build(new("fake"), Layers);

    [Test]
    public async Task Asks_for_nothing_but_the_documents(CancellationToken cancellationToken)
    {
        var index = ImageBuilder.Index(ImageFormat.Docker, true, Image);
        await using var server = FakeServer.Start(Serve(Documents(index.Manifest, Image.Manifest), Image));
        using var client = Pulls.Client();
        var form = await client.DescribeAsync($"{server.Authority}/app/web@{index.Manifest.Digest}", Pulls.Amd64, cancellationToken);
        Assert.That((form.ConfigDigest!.ToString(), form.Index!.Manifests.Count), Is.EqualTo((Image.ConfigDigest, 2)));
        Assert.That(Asked(server), Is.EqualTo(new[] { $"GET manifests/{index.Manifest.Digest}", $"GET manifests/{Image.Manifest.Digest}", $"GET blobs/{Image.ConfigDigest}" }));
        await client.ListLayersAsync(form, [4, 2, 4], null, cancellationToken);
        Assert.That(Asked(server).Skip(3), Is.EquivalentTo(new[] { $"GET blobs/{Layers[4].Digest}", $"GET blobs/{Layers[2].Digest}" }));
        Assert.That(server.Accepted, Is.LessThanOrEqualTo(2), "connections are kept");
    }

    [Test]
    public async Task Reads_several_layers_at_once_but_not_all(CancellationToken cancellationToken)
    {
        var (now, most) = (0, new ConcurrentBag<int>());
        using var gate = new SemaphoreSlim(0);
        await using var server = FakeServer.Start(request =>
        {
            if (Array.Exists(Layers, layer => request.Path.EndsWith(layer.Digest, StringComparison.Ordinal)))
            {
                var count = Interlocked.Increment(ref now);
                most.Add(count);
                // the fourth lets all go
                if (count == 4) gate.Release(Layers.Length);
                gate.Wait(cancellationToken);
                Interlocked.Decrement(ref now);
            }

            return Serve(Documents(Image.Manifest), Image)(request);
        });
        using var client = Pulls.Client();
        var form = await client.DescribeAsync($"{server.Authority}/app/web:1.0", Pulls.Amd64, cancellationToken);
        var files = await client.ListLayersAsync(form, [.. Enumerable.Range(0, Layers.Length)], null, cancellationToken);
        Assert.That(files.Select(layer => layer.DiffId.ToString()), Is.EqualTo(Layers.Select(layer => layer.DiffId)));
        Assert.That(most.Max(), Is.EqualTo(4));
    }

    [Test]
    public async Task Takes_files_down_once_although_the_connection_broke(CancellationToken cancellationToken)
    {
        var asked = 0;
        var layer = Layers[0];
        await using var server = FakeServer.Start(request =>
        {
            var reply = Serve(Documents(Image.Manifest), Image)(request);
            if (!request.Path.EndsWith(layer.Digest, StringComparison.Ordinal)) return reply;
            // no part is to be had: the next pass begins anew
            return Interlocked.Increment(ref asked) <= 2 ? reply with { Body = layer.Compressed[..5000], Announced = layer.Compressed.Length } : reply;
        });
        using var client = Pulls.Client();
        var form = await client.DescribeAsync($"{server.Authority}/app/web:1.0", Pulls.Amd64, cancellationToken);
        var files = await client.ListLayersAsync(form, [0], null, cancellationToken);
        Assert.That(files[0].Files.Select(file => file.Path), Is.EqualTo(new[] { "layer0" }));
        Assert.That(asked, Is.EqualTo(3));
    }

    [Test]
    public async Task Tells_a_layer_that_unpacks_to_something_else(CancellationToken cancellationToken)
    {
        var config = JsonNode.Parse(Image.Config)!.AsObject();
        config["rootfs"]!["diff_ids"]![1] = Layers[2].DiffId;
        var lying = Image with { Config = Encoding.UTF8.GetBytes(config.ToJsonString()) };
        var manifest = JsonNode.Parse(Image.Manifest.Bytes)!.AsObject();
        manifest["config"]!["size"] = lying.Config.Length;
        manifest["config"]!["digest"] = LayerBuilder.Sha256(lying.Config);
        await using var server = FakeServer.Start(Serve(Documents(new BuiltManifest(Encoding.UTF8.GetBytes(manifest.ToJsonString()), Image.Manifest.MediaType)), lying));
        using var client = Pulls.Client();
        var form = await client.DescribeAsync($"{server.Authority}/app/web:1.0", Pulls.Amd64, cancellationToken);
        var fault = await Pulls.FaultOfAsync(() => client.ListLayersAsync(form, [0, 1], null, cancellationToken));
        Assert.That((fault.Fault, fault.Part, fault.Subject, fault.Expected, fault.Observed), Is.EqualTo((Fault.Corrupt, ImagePart.Layer, Layers[1].Digest, Layers[2].DiffId, Layers[1].DiffId)));
    }

    [Test]
    public async Task Reads_a_layer_of_schema_1_whose_size_nobody_says([Values(200, 404, 405)] int head, CancellationToken cancellationToken)
    {
        var schema1 = Schema1Builder.Build("app/web", "1.0", Image);
        await using var server = FakeServer.Start(request => request.Method == "HEAD" ? FakeReply.Text(head, "") : Serve(Documents(schema1.Manifest), Image)(request));
        using var client = Pulls.Client();
        var form = await client.DescribeAsync($"{server.Authority}/app/web:1.0", Pulls.Amd64, cancellationToken);
        if (head == 404) Assert.That((await Pulls.FaultOfAsync(() => client.ListLayersAsync(form, [0], null, cancellationToken))).Fault, Is.EqualTo(Fault.Missing));
        else Assert.That((await client.ListLayersAsync(form, [0], null, cancellationToken)).Single().DiffId.ToString(), Is.EqualTo(Layers[0].DiffId), "also where HEAD says that it has no bytes");
    }

    [Test]
    public async Task Takes_no_foreign_words_around_a_promised_payload(CancellationToken cancellationToken)
    {
        // the promised manifest rides inside a signature, the words outside are others
        var evil = JsonNode.Parse(Image.Manifest.Bytes)!.AsObject();
        evil["layers"]!.AsArray().RemoveAt(0);
        Wrap(evil, Image.Manifest.Bytes);
        await AssertCorruptAsync(new(Encoding.UTF8.GetBytes(evil.ToJsonString()), Image.Manifest.MediaType), Image, Image.Manifest.Digest, cancellationToken);
        await AssertCorruptAsync(new(Encoding.UTF8.GetBytes(evil.ToJsonString()), MediaType.DockerSchema1Signed), Image, Image.Manifest.Digest, cancellationToken);

        // and so does a configuration, which has no business with signatures
        var config = JsonNode.Parse(Image.Config)!.AsObject();
        config["architecture"] = "arm64";
        config["fsLayers"] = new JsonArray();
        Wrap(config, Image.Config);
        await AssertCorruptAsync(Image.Manifest, Image with { Config = Encoding.UTF8.GetBytes(config.ToJsonString()), ConfigDigest = Image.ConfigDigest }, Image.Manifest.Digest, cancellationToken);
    }

    [Test]
    public async Task Calls_a_schema_1_manifest_by_digest_corrupt_when_its_payload_is_another(CancellationToken cancellationToken)
    {
        var (one, other) = (Schema1Builder.Build("app/web", "1.0", Image), Schema1Builder.Build("app/web", "2.0", Image));
        await AssertCorruptAsync(other.Manifest, Image, one.PayloadDigest, cancellationToken);
    }

    [Test]
    public async Task Still_refuses_schema_1_for_an_upgrade_and_does_not_call_its_digest_wrong(CancellationToken cancellationToken)
    {
        var schema1 = Schema1Builder.Build("app/web", "1.0", Image, 2);
        await using var server = FakeServer.Start(_ => Pulls.Reply(schema1.Manifest.Bytes, schema1.Manifest.MediaType) with { Headers = [("Content-Type", schema1.Manifest.MediaType), ("Docker-Content-Digest", schema1.PayloadDigest)] });
        using var client = Pulls.Client();
        foreach (var rest in (string[])["app/web:1.0", $"app/web@{schema1.PayloadDigest}"])
        {
            var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority, rest), Pulls.Amd64, cancellationToken));
            Assert.That(fault.Fault, Is.EqualTo(Fault.Unsupported), rest);
        }
    }

    private static async Task AssertCorruptAsync(BuiltManifest manifest, BuiltImage image, string promised, CancellationToken cancellationToken)
    {
        await using var server = FakeServer.Start(Serve(new() { [promised] = manifest }, image));
        using var client = Pulls.Client();
        var fault = await Pulls.FaultOfAsync(() => client.DescribeAsync($"{server.Authority}/app/web@{promised}", Pulls.Amd64, cancellationToken));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Corrupt));
    }

    private static void Wrap(JsonObject words, byte[] inside)
    {
        var header = new JsonObject { ["formatLength"] = 0, ["formatTail"] = Base64Url.EncodeToString(inside) };
        words["signatures"] = new JsonArray(new JsonObject { ["protected"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString())) });
    }

    private static List<string> Asked(FakeServer server) => [.. server.Requests.Select(request => $"{request.Method} {request.Path["/v2/app/web/".Length..]}")];

    // the first also under its tag
    private static Dictionary<string, BuiltManifest> Documents(params BuiltManifest[] manifests) =>
        new(manifests.Select(manifest => KeyValuePair.Create(manifest.Digest, manifest)).Prepend(KeyValuePair.Create("1.0", manifests[0])), StringComparer.Ordinal);

    private static Func<FakeRequest, FakeReply> Serve(Dictionary<string, BuiltManifest> manifests, BuiltImage image) => request =>
    {
        var name = request.Path[(request.Path.LastIndexOf('/') + 1)..];
        if (manifests.TryGetValue(name, out var manifest)) return FakeReply.Text(200, "", manifest.MediaType) with { Body = manifest.Bytes };
        var blob = name == image.ConfigDigest || name == LayerBuilder.Sha256(image.Config) ? image.Config : image.Layers.FirstOrDefault(layer => layer.Digest == name)?.Compressed;
        return blob is null ? FakeReply.Text(404, "") : new(200, blob);
    };

    private static BuiltLayer Layer(string name)
    {
        using var builder = new LayerBuilder();
        return builder.AddBulk(name, 30_000, name).Build();
    }
}
