using System.Net;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>Against Debian's docker-registry on loopback.</summary>
[NonParallelizable]
internal sealed class RealRegistryTests
{
    private static readonly BuiltLayer Base = Layer("base", 200_000);
    private static readonly BuiltLayer Top = Layer("top", 40_000);

    [Test]
    public async Task Proves_an_image_from_manifest_to_tar([Values] ImageFormat format)
    {
        await using var registry = await RegistryServer.StartAsync(new(), CancellationToken.None);
        var built = ImageBuilder.Build(new ImageTraits("one") { Format = format }, Base, Top);
        await registry.Api.PushAsync("app/web", "1.0", built, CancellationToken.None);
        using var client = Pulls.Client();
        var image = Pulls.Image(registry.Authority);
        var served = await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(served.Root.Digest.ToString(), Is.EqualTo(built.Manifest.Digest));
        Assert.That(served.Contradictions, Is.Empty);
        foreach (var (layer, diffId) in served.Manifest.Layers.Zip(served.Config.DiffIds))
        {
            Assert.That(await client.FindLayerAsync(image, layer, CancellationToken.None), Is.EqualTo(layer.SizeBytes));
            var proof = await client.ReadLayerAsync(image, layer, null, CancellationToken.None);
            Assert.That((proof.Digest, proof.SizeBytes, proof.DiffId), Is.EqualTo((layer.Digest, layer.SizeBytes, diffId)));
        }
    }

    [Test]
    public async Task Chooses_from_an_index_and_passes_attestations_by()
    {
        await using var registry = await RegistryServer.StartAsync(new(), CancellationToken.None);
        var arm = ImageBuilder.Build(new ImageTraits("arm") { Architecture = "arm64", Format = ImageFormat.Oci }, Base);
        var amd = ImageBuilder.Build(new ImageTraits("amd") { Format = ImageFormat.Oci }, Base, Top);
        var index = ImageBuilder.Index(ImageFormat.Oci, true, arm, amd);
        await registry.Api.PushAsync("app/web", "1.0", index, CancellationToken.None);
        using var client = Pulls.Client();
        var served = await client.ResolveAsync(Pulls.Image(registry.Authority), Pulls.Amd64, CancellationToken.None);
        Assert.That((served.Root.Digest.ToString(), served.ManifestBytes.Digest.ToString()), Is.EqualTo((index.Manifest.Digest, amd.Manifest.Digest)));
    }

    [Test]
    public async Task Names_the_blob_that_rotted_in_the_registry()
    {
        await using var registry = await RegistryServer.StartAsync(new(), CancellationToken.None);
        var built = ImageBuilder.Build(new ImageTraits("one"), Base, Top);
        await registry.Api.PushAsync("app/web", "1.0", built, CancellationToken.None);
        using var client = Pulls.Client();
        var image = Pulls.Image(registry.Authority);
        var served = await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);

        Flip(registry.BlobPath(Base.Digest), 5_000);
        LayerProof? proof = null;
        try
        {
            proof = await client.ReadLayerAsync(image, served.Manifest.Layers[0], null, CancellationToken.None);
        }
        catch (Ports.SourceException e)
        {
            Assert.That((e.What.Fault, e.What.Subject), Is.EqualTo((Fault.Corrupt, Base.Digest)));
        }

        Assert.That(proof?.Digest.ToString(), Is.Not.EqualTo(Base.Digest));
        Flip(registry.BlobPath(built.ConfigDigest), 30);
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None));
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Corrupt, built.ConfigDigest)));
        File.Delete(registry.BlobPath(Top.Digest));
        fault = await Pulls.FaultOfAsync(() => client.FindLayerAsync(image, served.Manifest.Layers[1], CancellationToken.None));
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Missing, Top.Digest)));
    }

    [Test]
    public async Task Traces_what_rotted_in_the_registry_by_every_way()
    {
        await using var registry = await RegistryServer.StartAsync(new(), CancellationToken.None);
        var built = ImageBuilder.Build(new ImageTraits("one"), Base, Top);
        await registry.Api.PushAsync("app/web", "1.0", built, CancellationToken.None);
        using var client = Pulls.Client();
        var image = Pulls.Image(registry.Authority);
        var served = await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        var (layer, other) = (served.Manifest.Layers[0], served.Manifest.Layers[1]);
        Task<BlobRetrace> TraceAsync(ImagePart part, Descriptor blob, DiffId? diffId = null) =>
            client.RetraceAsync(image, new(part, blob.Digest, blob.SizeBytes, diffId), CancellationToken.None);

        Flip(registry.BlobPath(Base.Digest), 5_000);
        var retrace = await TraceAsync(ImagePart.Layer, layer, served.Config.DiffIds[0]);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {layer.SizeBytes} wrong", $"Again 200 {layer.SizeBytes} wrong", $"Ranges 206 {layer.SizeBytes} wrong" }));
        Assert.That(retrace.Fetches.Select(fetch => fetch.Digest).Distinct().ToList(), Has.Count.EqualTo(1));
        Assert.That(retrace.Fetches[0].Headers, Has.Some.EqualTo(new AnswerHeader("Docker-Content-Digest", Base.Digest)), "a claim, and a wrong one");

        await File.WriteAllBytesAsync(registry.BlobPath(Top.Digest), (await File.ReadAllBytesAsync(registry.BlobPath(Top.Digest)))[..2000]);
        retrace = await TraceAsync(ImagePart.Layer, other, served.Config.DiffIds[1]);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain 200 2000 wrong Truncated?", "Again 200 2000 wrong Truncated?", "Ranges 206 2000 wrong Truncated?" }));

        Flip(registry.BlobPath(built.ConfigDigest), 30);
        var size = served.Manifest.Config.SizeBytes;
        retrace = await TraceAsync(ImagePart.Config, served.Manifest.Config);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {size} wrong FlippedBit!", $"Again 200 {size} wrong FlippedBit!", $"Ranges 206 {size} wrong FlippedBit!" }));

        retrace = await client.RetraceAsync(image, new(ImagePart.Manifest, served.Root.Digest, null), CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {served.Root.Bytes.Length} right", $"Again 200 {served.Root.Bytes.Length} right" }));
    }

    [Test]
    public async Task Tells_how_large_a_layer_unpacks()
    {
        await using var registry = await RegistryServer.StartAsync(new(Account: new NetworkCredential("ucs", "readonly")), CancellationToken.None);
        await registry.Api.PushAsync("app/web", "1.0", ImageBuilder.Build(new ImageTraits("one"), Base, Top), CancellationToken.None);
        using var client = Pulls.Client();
        var image = Pulls.Image(registry.Authority);
        var served = await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        foreach (var layer in served.Manifest.Layers)
        {
            var proof = await client.ReadLayerAsync(image, layer, null, CancellationToken.None);
            Assert.That(await client.UnpackedSizeAsync(image, layer, CancellationToken.None), Is.EqualTo(proof.TarBytes));
        }
    }

    [Test]
    public async Task Says_which_tag_is_not_there()
    {
        await using var registry = await RegistryServer.StartAsync(new(), CancellationToken.None);
        using var client = Pulls.Client();
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(registry.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Missing, $"{registry.Authority}/app/web:1.0")));
    }

    [Test]
    public async Task Logs_in_where_a_password_is_wanted_over_unverified_TLS()
    {
        await using var registry = await RegistryServer.StartAsync(new(Account: new NetworkCredential("ucs", "readonly"), Tls: true), CancellationToken.None);
        await registry.Api.PushAsync("app/web", "1.0", ImageBuilder.Build(new ImageTraits("one"), Base), CancellationToken.None);
        using var client = Pulls.Client();
        var image = Pulls.Image(registry.Authority);
        var served = await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        var proof = await client.ReadLayerAsync(image, served.Manifest.Layers[0], null, CancellationToken.None);
        Assert.That(proof.DiffId.ToString(), Is.EqualTo(Base.DiffId));
        Assert.That(client.CredentialFor(image), Is.EqualTo(new Credential("ucs", "readonly")));
    }

    [Test]
    public async Task Denies_without_the_right_password()
    {
        await using var registry = await RegistryServer.StartAsync(new(Account: new NetworkCredential("ann", "secret")), CancellationToken.None);
        using var client = Pulls.Client();
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(registry.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Denied));
    }

    [Test]
    public async Task Trusts_an_authority_from_certs_d_and_nobody_without([Values] bool isThere)
    {
        await using var registry = await RegistryServer.StartAsync(new(Tls: true), CancellationToken.None);
        var root = Directory.CreateTempSubdirectory("apr-certs-").FullName;
        var folder = Directory.CreateDirectory(Path.Combine(root, "etc/docker/certs.d", registry.Authority)).FullName;
        if (isThere) File.Copy(registry.CertificatePath, Path.Combine(folder, "ca.crt"));
        await File.WriteAllTextAsync(Path.Combine(folder, "rubbish.crt"), "no certificate");
        await File.WriteAllTextAsync(Path.Combine(folder, "lonely.cert"), "no key");
        var certs = CertsFolder.Read(root, registry.Authority);
        Directory.Delete(root, recursive: true);
        using var handler = Connections.Plain(Pulls.Quick);
        certs?.Apply(handler.SslOptions);
        using var client = new HttpClient(handler, disposeHandler: false);
        Task<HttpResponseMessage> AskAsync(string host) => client.GetAsync(new Uri($"https://{host}:{registry.Port}/v2/"));
        if (!isThere)
        {
            Assert.That(() => AskAsync("127.0.0.1"), Throws.InstanceOf<HttpRequestException>());
            return;
        }

        using var answer = await AskAsync("127.0.0.1");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(() => AskAsync("127.0.0.2"), Throws.InstanceOf<HttpRequestException>(), "another name than the certificate's");
    }

    private static void Flip(string path, int at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static BuiltLayer Layer(string name, int sizeBytes)
    {
        using var builder = new LayerBuilder();
        return builder.AddBulk(name, sizeBytes, name).AddText(name + ".txt", new string('x', 10_000)).Build();
    }
}
