using System.Net;
using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The real registry with accounts and TLS, as the real engine meets it.</summary>
[NonParallelizable]
internal sealed class RegistryServerTests
{
    private static BuiltImage Small()
    {
        using var layer = new LayerBuilder();
        return ImageBuilder.Build(new("small"), layer.AddText("a", "a").Build());
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Keeps_port_and_images_over_a_restart(CancellationToken cancellationToken)
    {
        await using var registry = await RegistryServer.StartAsync(new(), cancellationToken);
        var image = Small();
        await registry.Api.PushAsync("a/b", "1", image, cancellationToken);
        await registry.StopAsync(cancellationToken);
        Assert.That(await registry.Api.AnswersAsync(cancellationToken), Is.False);
        await registry.StartAgainAsync(cancellationToken);
        Assert.That(await registry.Api.FindDigestAsync("a/b", "1", cancellationToken), Is.EqualTo(image.Manifest.Digest));
        Assert.That(await registry.Api.FindDigestAsync("a/b", "2", cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Serves_a_blob_with_the_very_bytes_of_its_file(CancellationToken cancellationToken)
    {
        await using var registry = await RegistryServer.StartAsync(new(), cancellationToken);
        var image = Small();
        await registry.Api.PushAsync("a/b", "1", image, cancellationToken);
        Spoiler.FlipBit(registry.BlobPath(image.ConfigDigest));
        var served = await registry.Api.GetBlobAsync("a/b", image.ConfigDigest, cancellationToken);
        Assert.That(served, Has.Length.EqualTo(image.Config.Length));
        Assert.That(LayerBuilder.Sha256(served), Is.Not.EqualTo(image.ConfigDigest));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Deletes_a_manifest_and_with_it_its_tag(CancellationToken cancellationToken)
    {
        await using var registry = await RegistryServer.StartAsync(new(), cancellationToken);
        var image = Small();
        await registry.Api.PushAsync("a/b", "1", image, cancellationToken);
        await registry.Api.DeleteManifestAsync("a/b", image.Manifest.Digest, cancellationToken);
        Assert.That(await registry.Api.FindDigestAsync("a/b", "1", cancellationToken), Is.Null);
    }

    [TestCase("readonly", HttpStatusCode.OK)]
    [TestCase("wrong", HttpStatusCode.Unauthorized)]
    [TestCase(null, HttpStatusCode.Unauthorized)]
    [CancelAfter(60_000)]
    public async Task With_an_account_lets_in_nobody_else(string? password, HttpStatusCode wanted, CancellationToken cancellationToken)
    {
        var account = new NetworkCredential("ucs", "readonly");
        await using var registry = await RegistryServer.StartAsync(new(Account: account), cancellationToken);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{registry.Authority}/v2/");
        var pair = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"ucs:{password}"));
        if (password is not null) request.Headers.Authorization = new("Basic", pair);
        using var answer = await http.SendAsync(request, cancellationToken);
        Assert.That(answer.StatusCode, Is.EqualTo(wanted));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task With_TLS_serves_who_trusts_its_certificate(CancellationToken cancellationToken)
    {
        await using var registry = await RegistryServer.StartAsync(new(Tls: true), cancellationToken);
        var image = Small();
        await registry.Api.PushAsync("a/b", "1", image, cancellationToken);
        // an insecure registry of the engine is one whose certificate nobody checks: loopback is one from the start
        var engine = (await SharedStage.OpenAsync(cancellationToken)).Engine;
        var pull = await engine.Api.PullAsync($"{registry.Authority}/a/b:1", null, cancellationToken);
        Assert.That(pull.Error, Is.Null);
        using var stranger = new HttpClient();
        Assert.That(
            async () => await stranger.GetAsync($"https://{registry.Authority}/v2/", cancellationToken),
            Throws.TypeOf<HttpRequestException>());
    }

    [TestCase(ImageFormat.Docker, false)]
    [TestCase(ImageFormat.Oci, true)]
    [CancelAfter(60_000)]
    public async Task Index_is_pulled_for_this_machine_and_its_attestation_ignored(
        ImageFormat format, bool attestation, CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        using var layer = new LayerBuilder();
        var built = layer.AddText("a", $"{format}").Build();
        var amd = ImageBuilder.Build(new("amd") { Format = format }, built);
        var arm = ImageBuilder.Build(new("arm") { Format = format, Architecture = "arm64" }, built);
        var index = ImageBuilder.Index(format, attestation, arm, amd);
        await stage.Registry.Api.PushAsync("index/of", $"{format}", index, cancellationToken);

        var reference = $"{stage.Registry.Authority}/index/of:{format}";
        await stage.Engine.Api.FetchAsync(reference, null, cancellationToken);
        var stored = await stage.Engine.Api.FindImageAsync(reference, cancellationToken);

        Assert.That(stored!.Id, Is.EqualTo(amd.ConfigDigest));
        Assert.That(stored.RepoDigests, Is.EqualTo(new[] { $"{stage.Registry.Authority}/index/of@{index.Manifest.Digest}" }));
    }

    [Test]
    [CancelAfter(60_000)]
    public void Says_why_it_does_not_come_up(CancellationToken cancellationToken) => Assert.That(
        async () => await RegistryServer.StartAsync(new(Further: "auth: ["), cancellationToken),
        Throws.TypeOf<RehearsalException>().With.Message.StartWith("docker-registry ended at once").And.Message.Contain("yaml"));

    [Test]
    [CancelAfter(60_000)]
    public async Task Does_not_take_a_stranger_on_its_port_for_itself(CancellationToken cancellationToken)
    {
        await using var first = await RegistryServer.StartAsync(new(), cancellationToken);
        Assert.That(
            async () => await RegistryServer.StartAsync(new(first.Port), cancellationToken),
            Throws.TypeOf<RehearsalException>().With.Message.Contain($"port {first.Port}"));
    }
}
