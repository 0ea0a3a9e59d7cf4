using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Registry;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

internal sealed class ServedSurveyTests
{
    private static readonly Pulls Good = new();

    [Test]
    public async Task Reads_a_layer_once_that_two_repositories_share()
    {
        await using var server = FakeServer.Start(Good.Serve);
        var (layers, hashed) = await LookAsync(server, "app/web:1.0", "app/web:2.0", "other/api:1.0");
        Assert.That(layers.Select(layer => layer.Proof?.DiffId.Value), Is.All.EqualTo(Digest.Of(Good.Tar)));
        Assert.That(Asked(server, "GET"), Has.Count.EqualTo(1));
        Assert.That(hashed, Is.EqualTo(Good.Layer.Length));
    }

    [Test]
    public async Task Asks_each_other_repository_whether_it_has_the_layer_too()
    {
        await using var server = FakeServer.Start(Good.Serve);
        await LookAsync(server, "app/web:1.0", "app/web:2.0", "other/api:1.0");
        var read = Asked(server, "GET").Single();
        Assert.That(Asked(server, "HEAD"), Is.EqualTo(new[] { Swap(read) }));
    }

    [Test]
    public async Task Says_that_the_other_repository_does_not_have_it()
    {
        var owner = "";
        await using var server = FakeServer.Start(request =>
        {
            if (!IsLayer(request)) return Good.Serve(request);
            if (request.Method == "GET") Interlocked.CompareExchange(ref owner, request.Path, "");
            return request.Path == owner ? Good.Serve(request) : FakeReply.Text(404, "{}");
        });
        var (layers, _) = await LookAsync(server, "app/web:1.0", "other/api:1.0");
        Assert.That(layers.Select(layer => layer.Fault?.Fault), Is.EquivalentTo(new Fault?[] { null, Fault.Missing }));
    }

    [Test]
    public async Task Reads_the_layer_in_each_repository_when_the_first_does_not_serve_it_soundly()
    {
        var altered = Good.Layer.ToArray();
        altered[^6] ^= 1;
        await using var server = FakeServer.Start(request =>
            IsLayer(request) && request.Path.Contains("/web/", StringComparison.Ordinal) ? new(200, altered) : Good.Serve(request));
        using var client = Pulls.Client();
        var survey = new ServedSurvey(client, TimeProvider.System, new NoEvents());
        var layers = new List<ServedLayer>();
        foreach (var name in new[] { "app/web:1.0", "other/api:1.0" })
            layers.AddRange((await survey.LookAsync(Pulls.Image(server.Authority, name), Pulls.Amd64, Depth.Content, CancellationToken.None)).Served!.Layers);
        Assert.That(layers[0].Fault?.Fault, Is.EqualTo(Fault.Corrupt));
        Assert.That(layers[1].Proof?.Digest, Is.EqualTo(Digest.Of(Good.Layer)));
    }

    [Test]
    public async Task Reads_the_layer_itself_where_the_other_repository_names_another_size()
    {
        await using var server = FakeServer.Start(request =>
            IsLayer(request) && request.Method == "HEAD" ? new FakeReply(200, []) { Announced = 7 } : Good.Serve(request));
        var (layers, _) = await LookAsync(server, "app/web:1.0", "other/api:1.0");
        Assert.That(layers.Select(layer => layer.Proof?.Digest), Is.All.EqualTo(Digest.Of(Good.Layer)));
        Assert.That(Asked(server, "GET"), Has.Count.EqualTo(2));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Gives_a_free_place_to_the_largest(CancellationToken cancellationToken)
    {
        var places = new LargestFirst(1);
        await places.EnterAsync(1, cancellationToken);
        using var cancel = new CancellationTokenSource();
        var (small, gone, large) = (places.EnterAsync(2, cancellationToken), places.EnterAsync(9, cancel.Token), places.EnterAsync(5, cancellationToken));
        await cancel.CancelAsync();
        places.Leave();
        Assert.That(await Task.WhenAny(small, large), Is.SameAs(large));
        Assert.That(async () => await gone, Throws.InstanceOf<OperationCanceledException>());
        places.Leave();
        await small;
        places.Leave();
        await places.EnterAsync(1, cancellationToken);
    }

    private static bool IsLayer(FakeRequest request) => request.Path.EndsWith(Digest.Of(Good.Layer).ToString(), StringComparison.Ordinal);

    private static List<string> Asked(FakeServer server, string method) =>
        [.. server.Requests.Where(request => IsLayer(request) && request.Method == method).Select(request => request.Path)];

    private static string Swap(string path) =>
        path.Contains("app/web", StringComparison.Ordinal) ? path.Replace("app/web", "other/api", StringComparison.Ordinal) : path.Replace("other/api", "app/web", StringComparison.Ordinal);

    private static async Task<(IReadOnlyList<ServedLayer> Layers, long HashedBytes)> LookAsync(FakeServer server, params string[] names)
    {
        using var client = Pulls.Client();
        var survey = new ServedSurvey(client, TimeProvider.System, new NoEvents());
        var seen = await Task.WhenAll(names.Select(name => survey.LookAsync(Pulls.Image(server.Authority, name), Pulls.Amd64, Depth.Content, CancellationToken.None)));
        return ([.. seen.SelectMany(observation => observation.Served!.Layers)], survey.HashedBytes);
    }
}
