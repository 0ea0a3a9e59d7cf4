using System.Net;
using System.Net.Http.Headers;
using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The liar tells the truth but for its one lie; asserted by a client that has nothing to do with the product.</summary>
[NonParallelizable]
internal sealed class LyingRegistryTests
{
    private static readonly Lie Flip = new(request => request.Target.StartsWith("sha256:", StringComparison.Ordinal), (_, honest) => Lies.BitFlipped(honest));

    [Test]
    [CancelAfter(60_000)]
    public async Task Passes_everything_through_while_it_has_no_lie(CancellationToken cancellationToken)
    {
        var (stage, image, name) = await PushedAsync(cancellationToken);
        await using var liar = LyingRegistry.Before(stage.Registry.Authority);
        await stage.Engine.Api.FetchAsync($"{liar.Authority}/{name}:1", null, cancellationToken);
        var stored = await stage.Engine.Api.FindImageAsync($"{liar.Authority}/{name}:1", cancellationToken);
        Assert.That(stored?.Id, Is.EqualTo(image.ConfigDigest));
        Assert.That(stored?.RepoDigests, Is.EqualTo(new[] { $"{liar.Authority}/{name}@{image.Manifest.Digest}" }));
        Assert.That(liar.Requests, Is.Not.Empty.And.All.Matches<LiarRequest>(request => request is { IsFromEngine: true }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Tells_its_lie_in_parts_as_it_tells_it_whole(CancellationToken cancellationToken)
    {
        var (stage, image, name) = await PushedAsync(cancellationToken);
        await using var liar = LyingRegistry.Before(stage.Registry.Authority);
        liar.Lies = [Flip];
        using var http = new HttpClient { BaseAddress = new($"http://{liar.Authority}") };
        var path = $"/v2/{name}/blobs/{image.Layers[0].Digest}";
        var whole = await http.GetByteArrayAsync(path, cancellationToken);
        var differing = Enumerable.Range(0, whole.Length).Where(place => whole[place] != image.Layers[0].Compressed[place]);
        Assert.That(whole, Has.Length.EqualTo(image.Layers[0].Compressed.Length));
        Assert.That(differing, Is.EqualTo(new[] { whole.Length / 2 }));

        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(whole.Length / 2, null) } };
        using var part = await http.SendAsync(request, cancellationToken);
        Assert.That(part.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(part.Content.Headers.ContentRange!.ToString(), Is.EqualTo($"bytes {whole.Length / 2}-{whole.Length - 1}/{whole.Length}"));
        Assert.That(await part.Content.ReadAsByteArrayAsync(cancellationToken), Is.EqualTo(whole[(whole.Length / 2)..]));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Cuts_a_body_at_the_same_byte_from_wherever_it_is_asked_for(CancellationToken cancellationToken)
    {
        var (stage, image, name) = await PushedAsync(cancellationToken);
        await using var liar = LyingRegistry.Before(stage.Registry.Authority);
        liar.Lies = [Flip with { Tell = (_, honest) => Lies.Cut(honest) }];
        using var http = new HttpClient { BaseAddress = new($"http://{liar.Authority}") };
        foreach (var from in (int[])[0, 10, image.Layers[0].Compressed.Length / 2])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{name}/blobs/{image.Layers[0].Digest}") { Headers = { Range = new RangeHeaderValue(from, null) } };
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(image.Layers[0].Compressed.Length - from));
            Assert.That(async () => await answer.Content.ReadAsByteArrayAsync(cancellationToken), Throws.InstanceOf<IOException>().Or.InstanceOf<HttpRequestException>());
        }
    }

    private static async Task<(Stage Stage, BuiltImage Image, string Name)> PushedAsync(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        await stage.SettleAsync(cancellationToken);
        var name = SharedStage.NextName();
        using var layer = new LayerBuilder();
        var image = ImageBuilder.Build(new(name), layer.AddBulk("a", 20_000, name).Build());
        await stage.Registry.Api.PushAsync(name, "1", image, cancellationToken);
        return (stage, image, name);
    }
}
