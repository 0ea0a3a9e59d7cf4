using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>
/// Header against bytes. Asked by tag or by digest; the Docker-Content-Digest header right, wrong, absent or no digest;
/// the bytes as promised or altered. The header never decides anything:
/// <code>
///            header   right     wrong          absent    nonsense
/// tag                 served    served + note  served    served + note
/// digest, good bytes  served    served + note  served    served + note
/// digest, bad bytes   corrupt   corrupt        corrupt   corrupt
/// </code>
/// </summary>
internal sealed class ResolvingTests
{
    private const string Wrong = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static readonly Pulls Good = new();
    private static readonly string Real = Digest.Of(Good.Manifest).ToString();

    [TestCase(false, "right", 0)]
    [TestCase(false, "wrong", 1)]
    [TestCase(false, "absent", 0)]
    [TestCase(false, "nonsense", 1)]
    [TestCase(true, "right", 0)]
    [TestCase(true, "wrong", 1)]
    [TestCase(true, "absent", 0)]
    [TestCase(true, "nonsense", 1)]
    public async Task Takes_the_digest_from_the_bytes_and_notes_a_header_that_differs(bool byDigest, string header, int notes)
    {
        var image = await ResolveAsync(Serving(Good.Manifest, header), byDigest ? $"app/web@{Real}" : "app/web:1.0");
        Assert.That(image.Root.Digest.ToString(), Is.EqualTo(Real));
        Assert.That(image.Contradictions, Has.Count.EqualTo(notes));
        Assert.That(image.Contradictions.Select(note => note.Observed), Is.All.EqualTo(Real));
    }

    [Test]
    public async Task Refuses_other_bytes_than_the_digest_asked_for([Values("right", "wrong", "absent", "nonsense")] string header)
    {
        byte[] altered = [.. Good.Manifest, (byte)'\n'];
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(Serving(altered, header), $"app/web@{Real}"));
        Assert.That((fault.Fault, fault.Expected, fault.Observed), Is.EqualTo((Fault.Corrupt, Real, Digest.Of(altered).ToString())));
    }

    [Test]
    public async Task Compares_a_sha512_header_by_its_own_algorithm()
    {
        var sha512 = Digest.Of(Good.Manifest, Digest.Parse("sha512:" + new string('0', 128)));
        var image = await ResolveAsync(request => IsManifest(request)
            ? new FakeReply(200, Good.Manifest).With("Docker-Content-Digest", sha512.ToString())
            : Good.Serve(request));
        Assert.That(image.Contradictions, Is.Empty);
    }

    [Test]
    public async Task Refuses_a_config_that_does_not_match_its_digest()
    {
        var altered = Good.Config.ToArray();
        altered[20] ^= 1;
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(request => IsBlob(request, Good.Config) ? new(200, altered) : Good.Serve(request)));
        Assert.That((fault.Fault, fault.Subject, fault.Observed), Is.EqualTo((Fault.Corrupt, Digest.Of(Good.Config).ToString(), Digest.Of(altered).ToString())));
    }

    [Test]
    public async Task Refuses_a_config_of_another_size_than_promised()
    {
        var manifest = Replace(Good.Manifest, $"\"size\":{Good.Config.Length}", $"\"size\":{Good.Config.Length + 1}");
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(request => IsManifest(request) ? Pulls.Reply(manifest, MediaType.DockerManifest) : Good.Serve(request)));
        Assert.That((fault.Fault, fault.Expected, fault.Observed), Is.EqualTo((Fault.Corrupt, $"{Good.Config.Length + 1} bytes", $"{Good.Config.Length} bytes")));
    }

    [Test]
    public async Task Refuses_a_config_with_another_number_of_layers()
    {
        var layer = Pulls.Entry(MediaType.DockerLayerGzip, Good.Layer);
        var manifest = Replace(Good.Manifest, "\"layers\":[", $"\"layers\":[{layer},");
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(request => IsManifest(request) ? Pulls.Reply(manifest, MediaType.DockerManifest) : Good.Serve(request)));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Malformed));
        Assert.That(fault.Message, Does.Contain("2 layers in its manifest and 1 in its config"));
    }

    [Test]
    public async Task Follows_an_index_to_the_image_for_this_platform([Values] bool altered)
    {
        var index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[{{Member("arm64", Good.Config)}},{{Member("amd64", Good.Manifest)}}]}""");
        byte[] served = altered ? [.. Good.Manifest, (byte)' '] : Good.Manifest;
        Task<ServedImage> Resolve() => ResolveAsync(request =>
            request.Path.EndsWith(Real, StringComparison.Ordinal) ? new(200, served)
            : IsManifest(request) ? Pulls.Reply(index, MediaType.OciIndex)
            : Good.Serve(request));
        if (altered)
        {
            var fault = await Pulls.FaultOfAsync(Resolve);
            Assert.That((fault.Fault, fault.Subject), Is.EqualTo((Fault.Corrupt, Real)));
            return;
        }

        var image = await Resolve();
        Assert.That((image.Root.Digest, image.ManifestBytes.Digest), Is.EqualTo((Digest.Of(index), Digest.Of(Good.Manifest))));
    }

    [Test]
    public async Task Names_the_platforms_when_ours_is_not_among_them()
    {
        var index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[{{Member("arm64", Good.Manifest)}}]}""");
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(_ => Pulls.Reply(index, MediaType.OciIndex)));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Refused));
        Assert.That(fault.Message, Does.Contain("linux/amd64, only for linux/arm64"));
    }

    [TestCase("""{"schemaVersion":1,"name":"x","fsLayers":[],"history":[]}""", MediaType.DockerSchema1Signed, Fault.Unsupported, "schema 1")]
    [TestCase("""{"schemaVersion":2,"mediaType":"application/x-other"}""", "application/x-other", Fault.Unsupported, "application/x-other")]
    [TestCase("""{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}""", MediaType.OciManifest, Fault.Unsupported, "no container image")]
    [TestCase("<html>login</html>", "text/html; charset=utf-8", Fault.Malformed, "an HTML page: a proxy or gateway replaced the answer")]
    [TestCase("{", MediaType.DockerManifest, Fault.Malformed, "not valid JSON")]
    [TestCase("[]", MediaType.DockerManifest, Fault.Malformed, "not a JSON object")]
    [TestCase("""{"manifests":[],"config":{}}""", MediaType.DockerManifest, Fault.Malformed, "an index and a manifest at once")]
    public async Task Names_what_it_cannot_use(string body, string type, Fault expected, string words)
    {
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(_ => FakeReply.Text(200, body, type)));
        Assert.That(fault.Fault, Is.EqualTo(expected));
        Assert.That(fault.Message, Does.Contain(words));
    }

    [Test]
    public async Task Reads_no_more_than_the_limit_of_an_endless_manifest()
    {
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(_ => new(200, new byte[65_536]) { IsEndless = true }));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Malformed));
        Assert.That(fault.Message, Does.Contain("more than 4 MiB"));
    }

    [Test]
    public async Task Gives_up_a_manifest_that_never_ends([Values] bool stalls)
    {
        await using var server = FakeServer.Start(_ => new(200, Good.Manifest[..50]) { Announced = 500, Stalls = true });
        var brief = TimeSpan.FromMilliseconds(80);
        using var client = Pulls.Client(stalls ? Pulls.Quick with { Stall = brief } : Pulls.Quick with { Document = brief });
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
        Assert.That(fault.Message, Does.Contain(stalls ? "less than 16 KiB came within" : "its end did not come within"));
    }

    [Test]
    public async Task Calls_a_manifest_that_breaks_off_unreachable()
    {
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(_ => new(200, Good.Manifest[..50]) { Announced = 500 }));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
    }

    [Test]
    public async Task Says_that_a_proxy_packed_the_manifest()
    {
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(_ => new FakeReply(200, Pulls.Gzip(Good.Manifest)).With("Content-Encoding", "gzip")));
        Assert.That((fault.Fault, fault.From), Is.EqualTo((Fault.Malformed, Source.Transport)));
        Assert.That(fault.Message, Does.Contain("packed once more as 'gzip'"));
    }

    [Test]
    public async Task Believes_no_portal_that_says_yes_to_everything()
    {
        await using var server = FakeServer.Start(_ => FakeReply.Text(200, "<html>", "text/html"));
        using var client = Pulls.Client();
        var fault = await Pulls.FaultOfAsync(() => client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None));
        Assert.That((fault.Fault, fault.From), Is.EqualTo((Fault.Malformed, Source.Transport)));
    }

    [TestCase(404, Fault.Missing)]
    [TestCase(401, Fault.Denied)]
    [TestCase(403, Fault.Denied)]
    [TestCase(400, Fault.Malformed)]
    [TestCase(418, Fault.Malformed)]
    [TestCase(429, Fault.Throttled)]
    [TestCase(500, Fault.Unreachable)]
    [TestCase(407, Fault.Denied)]
    [TestCase(304, Fault.Malformed)]
    public async Task Sorts_the_status_and_quotes_the_registry(int status, Fault expected)
    {
        var fault = await Pulls.FaultOfAsync(() => ResolveAsync(_ => FakeReply.Text(status, """{"errors":[{"code":"X","message":"the registry's own words\u001b[2J"}]}""")
            .With("Docker-Distribution-Api-Version", "registry/2.0")));
        Assert.That(fault.Fault, Is.EqualTo(expected));
        if (status != 304) Assert.That(fault.Message, Does.Contain("the registry's own words [2J"));
        Assert.That(fault.Message, Does.Not.Contain('\u001b'));
    }

    [Test]
    public async Task Asks_for_an_image_in_two_requests_and_no_more()
    {
        await using var server = FakeServer.Start(Good.Serve);
        using var client = Pulls.Client();
        var image = await client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None);
        Assert.That(server.Requests.Select(request => request.Method), Is.EqualTo(new[] { "GET", "GET" }));
        Assert.That(server.Requests.First().Headers["Accept"].Split(", "), Is.EquivalentTo(MediaType.Acceptable));
        Assert.That(image.Config.DiffIds.Single().Value, Is.EqualTo(Digest.Of(Good.Tar)));
    }

    private static string Member(string architecture, byte[] manifest) =>
        Pulls.Entry(MediaType.OciManifest, manifest)[..^1] + $$$""","platform":{"os":"linux","architecture":"{{{architecture}}}"}}""";

    private static byte[] Replace(byte[] text, string what, string with) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace(what, with, StringComparison.Ordinal));

    private static bool IsManifest(FakeRequest request) => request.Path.Contains("/manifests/", StringComparison.Ordinal);

    private static bool IsBlob(FakeRequest request, byte[] blob) => request.Path.EndsWith(Digest.Of(blob).ToString(), StringComparison.Ordinal);

    private static Func<FakeRequest, FakeReply> Serving(byte[] manifest, string header) => request =>
    {
        if (!IsManifest(request)) return Good.Serve(request);
        var reply = new FakeReply(200, manifest) { Headers = [("Content-Type", MediaType.DockerManifest)] };
        return header switch
        {
            "right" => reply.With("Docker-Content-Digest", Real),
            "wrong" => reply.With("Docker-Content-Digest", Wrong),
            "nonsense" => reply.With("Docker-Content-Digest", "sha256:xyz"),
            _ => reply,
        };
    };

    private static async Task<ServedImage> ResolveAsync(Func<FakeRequest, FakeReply> serve, string rest = "app/web:1.0")
    {
        await using var server = FakeServer.Start(serve);
        using var client = Pulls.Client();
        return await client.ResolveAsync(Pulls.Image(server.Authority, rest), Pulls.Amd64, CancellationToken.None);
    }
}
