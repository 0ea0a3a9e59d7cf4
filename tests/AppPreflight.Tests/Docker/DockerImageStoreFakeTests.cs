using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Docker;

/// <summary>What a real engine can't be made to answer.</summary>
[CancelAfter(30_000)]
internal sealed class DockerImageStoreFakeTests
{
    private const string Version = """{"Version":"28.0.1","Os":"linux","Arch":"amd64"}""";
    private const string Good = "{\"status\":\"Pulling from a\",\"id\":\"1\"}\r\n";
    private const string Final = "{\"status\":\"Status: Downloaded newer image for a:1\"}\r\n";
    private static readonly ImageReference reference = ImageReference.Parse("ex.test/a:1");
    private static readonly Platform amd64 = new("linux", "amd64");
    private static readonly Digest id = Digest.Of("config"u8);

    private static DockerImageStore Open(FakeEngine engine) => new(engine.Host, TimeProvider.System, TimeSpan.FromSeconds(10));

    private static FakeEngine Engine(Func<string, byte[]?> answer) =>
        new(line => line.EndsWith("/version", StringComparison.Ordinal) ? FakeEngine.Ok(Version) : answer(line));

    private static FakeEngine Puller(string body, bool isCut = false) =>
        Engine(_ => FakeEngine.Chunked(Encoding.UTF8.GetBytes(body), isCut));

    private static async Task<SourceFault> PullFaultAsync(FakeEngine engine, CancellationToken cancellationToken)
    {
        using var store = Open(engine);
        return await Faults.OfAsync(() => store.PullAsync(reference, amd64, null, null, cancellationToken));
    }

    [TestCase("""{"errorDetail":{"message":"image config verification failed for digest x"},"error":"short"}""", "image config verification failed for digest x")]
    [TestCase("""{"error":"unexpected EOF"}""", "unexpected EOF")]
    [TestCase("""{"errorDetail":{}}""", "an error without a word")]
    public async Task Throws_on_an_error_line_inside_a_200_answer(string line, string sentence, CancellationToken cancellationToken)
    {
        await using var engine = Puller(Good + line + "\r\n" + Final);
        var fault = await PullFaultAsync(engine, cancellationToken);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Refused, $"the engine could not pull ex.test/a:1: {sentence}")));
    }

    [Test]
    public async Task Takes_an_answer_without_a_closing_status_for_a_failure(CancellationToken cancellationToken)
    {
        await using var engine = Puller(Good);
        var fault = await PullFaultAsync(engine, cancellationToken);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Refused, "the engine could not pull ex.test/a:1: the engine ended its answer without saying that the pull worked")));
    }

    [Test]
    public async Task Takes_a_cut_answer_for_a_dead_engine(CancellationToken cancellationToken)
    {
        await using var engine = Puller(Good + Final, isCut: true);
        Assert.That((await PullFaultAsync(engine, cancellationToken)).Fault, Is.EqualTo(Fault.Unreachable));
    }

    [TestCase("<html>proxy</html>\r\n")]
    [TestCase("[1,2]\r\n")]
    [TestCase("{\"status\":7}\r\n")]
    public async Task Names_garbage_garbage(string body, CancellationToken cancellationToken)
    {
        await using var engine = Puller(body);
        Assert.That((await PullFaultAsync(engine, cancellationToken)).Fault, Is.EqualTo(Fault.Malformed));
    }

    [Test]
    public async Task Reads_no_line_of_more_than_a_mebibyte(CancellationToken cancellationToken)
    {
        await using var engine = Puller($"{{\"status\":\"{new string('x', 1 << 21)}\"}}\r\n");
        var fault = await PullFaultAsync(engine, cancellationToken);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Malformed, "the engine's answer to 'pull ex.test/a:1' can't be read: a line has more than 1 MiB")));
    }

    [Test]
    public async Task Sums_the_layers_of_a_pull_in_compressed_bytes(CancellationToken cancellationToken)
    {
        await using var engine = Puller(Good + """
            {"status":"Already exists","id":"aaa"}
            {"status":"Pulling fs layer","id":"bbb"}
            {"status":"Pulling fs layer","id":"ccc"}
            {"status":"Downloading","id":"bbb","progressDetail":{"current":10,"total":100}}
            {"status":"Downloading","id":"ccc","progressDetail":{"current":7,"total":-1}}
            {"status":"Download complete","id":"bbb"}
            {"status":"Extracting","id":"bbb","progressDetail":{"current":3,"total":100}}
            {"status":"Pull complete","id":"bbb"}

            """ + Final);
        using var store = Open(engine);
        var seen = new Seen<PullProgress>();
        await store.PullAsync(reference, amd64, null, seen, cancellationToken);
        Assert.That(seen.Values, Is.EqualTo(new PullProgress[]
        {
            new(0, 0, 1, 1), new(0, 0, 1, 2), new(0, 0, 1, 3), new(10, 100, 1, 3), new(17, 107, 1, 3), new(107, 107, 1, 3), new(107, 107, 2, 3),
        }));
    }

    [Test]
    public async Task Closes_the_connection_of_a_cancelled_pull_at_once(CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes("{\"status\":\"Pulling fs layer\",\"id\":\"a\"}\r\n");
        await using var engine = new FakeEngine(line => line.EndsWith("/version", StringComparison.Ordinal)
            ? FakeEngine.Ok(Version)
            : FakeEngine.Chunked(body, isCut: true))
        { Holds = true };
        using var store = Open(engine);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pull = store.PullAsync(reference, amd64, null, new OnReport<PullProgress>(cancelled.Cancel), cancelled.Token);
        await Assert.CatchAsync<OperationCanceledException>(() => pull);
        await engine.LeftAlone.WaitAsync(cancellationToken);
        Assert.That(cancellationToken.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Gives_a_frozen_engine_up_after_twenty_minutes_without_a_word(CancellationToken cancellationToken)
    {
        await using var engine = new FakeEngine(line => line.EndsWith("/version", StringComparison.Ordinal)
            ? FakeEngine.Ok(Version)
            : FakeEngine.Chunked("{\"status\":\"Pulling fs layer\",\"id\":\"a\"}\r\n"u8.ToArray(), isCut: true))
        { Holds = true };
        var time = new Agent.ManualTime(DateTimeOffset.UnixEpoch);
        using var store = new DockerImageStore(engine.Host, time);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pull = store.PullAsync(reference, amd64, null, new OnReport<PullProgress>(() => heard.TrySetResult()), cancellationToken);
        await heard.Task.WaitAsync(cancellationToken);
        time.GoOn(TimeSpan.FromMinutes(19));
        Assert.That(pull.IsCompleted, Is.False, "unpacking is silent");
        time.GoOn(TimeSpan.FromMinutes(1));
        var fault = await Faults.OfAsync(() => pull);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Unreachable, $"the Docker engine at {engine.Host} took a request and did not answer within 1200 s")));
    }

    [Test]
    public async Task Sends_a_credential_with_the_pull_alone_and_names_a_foreign_platform(CancellationToken cancellationToken)
    {
        await using var engine = Puller(Final);
        using var store = Open(engine);
        await store.PullAsync(ImageReference.Parse("ex.test/a@" + id), new("linux", "arm64"), new("ucs", "p?>é"), null, cancellationToken);
        var header = engine.LastHead.Split("\r\n").Single(line => line.StartsWith("X-Registry-Auth: ", StringComparison.Ordinal))["X-Registry-Auth: ".Length..];
        var json = Encoding.UTF8.GetString(Convert.FromBase64String(header.Replace('-', '+').Replace('_', '/')));
        Assert.That(System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("password").GetString(), Is.EqualTo("p?>é"));
        Assert.That(engine.Requests[^1], Is.EqualTo($"POST /v1.41/images/create?fromImage=ex.test%2Fa&tag=sha256%3A{id.Hex}&platform=linux%2Farm64"));
    }

    [Test]
    public async Task Sends_neither_credential_nor_platform_where_none_is_needed(CancellationToken cancellationToken)
    {
        await using var engine = Puller(Final);
        using var store = Open(engine);
        await store.PullAsync(reference, amd64, null, null, cancellationToken);
        Assert.That(engine.LastHead, Does.Not.Contain("X-Registry-Auth"));
        Assert.That(engine.Requests[^1], Is.EqualTo("POST /v1.41/images/create?fromImage=ex.test%2Fa&tag=1"));
    }

    [TestCase("1.41", "/v1.41/")]
    [TestCase("1.24", "/v1.24/")]
    [TestCase("1.52", "/v1.47/")]
    public async Task Speaks_the_newest_version_both_sides_know(string theirs, string prefix, CancellationToken cancellationToken)
    {
        await using var engine = new FakeEngine(_ => FakeEngine.Say("404 Not Found", "{\"message\":\"no such image\"}")) { PingVersion = theirs };
        using var store = Open(engine);
        Assert.That(await store.FindAsync(reference, cancellationToken), Is.Null);
        Assert.That(engine.Requests[0], Does.StartWith("GET " + prefix));
    }

    [Test]
    public async Task Tells_a_server_that_is_no_engine(CancellationToken cancellationToken)
    {
        await using var engine = new FakeEngine(_ => null) { PingVersion = "" };
        using var store = Open(engine);
        var fault = await Faults.OfAsync(() => store.ReadAsync(cancellationToken));
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Malformed, $"what answers at {engine.Host} is not a Docker engine: it names no Api-Version")));
    }

    [Test]
    public async Task Tells_an_engine_that_never_answers(CancellationToken cancellationToken)
    {
        await using var engine = new FakeEngine(_ => null);
        using var store = new DockerImageStore(engine.Host, TimeProvider.System, TimeSpan.FromMilliseconds(200));
        var fault = await Faults.OfAsync(() => store.ReadAsync(cancellationToken));
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Unreachable, $"the Docker engine at {engine.Host} took a request and did not answer within 0.2 s")));
    }

    [Test]
    public async Task Asks_again_when_a_connection_breaks_under_a_question_but_not_under_an_act(CancellationToken cancellationToken)
    {
        var asked = 0;
        await using var engine = new FakeEngine(line => Interlocked.Increment(ref asked) == 1 ? [] : FakeEngine.Ok($$"""{"Id":"{{id}}"}"""));
        using var store = Open(engine);
        Assert.That(await store.FindAsync(reference, cancellationToken), Is.EqualTo(id));
        Interlocked.Exchange(ref asked, 0);
        engine.Requests.Clear();
        Assert.That((await Faults.OfAsync(() => store.RemoveAsync("ex.test/a:1", cancellationToken))).Fault, Is.EqualTo(Fault.Unreachable));
        Assert.That(engine.Requests, Has.Count.EqualTo(1));
    }

    [TestCase("{")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{\"Driver\":{}}")]
    public async Task Tells_an_unreadable_answer(string info, CancellationToken cancellationToken)
    {
        await using var engine = Engine(line => FakeEngine.Ok(line.Contains("json", StringComparison.Ordinal) ? "[]" : info));
        using var store = Open(engine);
        Assert.That((await Faults.OfAsync(() => store.ReadAsync(cancellationToken))).Fault, Is.EqualTo(Fault.Malformed));
    }

    [Test]
    public async Task Reads_network_settings_and_drops_masked_proxy_passwords(CancellationToken cancellationToken)
    {
        await using var engine = Engine(line => FakeEngine.Ok(line.Contains("json", StringComparison.Ordinal) ? "[]" : """
            {"Driver":"overlayfs","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]],"DockerRootDir":"/no/such/folder",
             "HttpProxy":"http://xxxxx:xxxxx@proxy.test:3128","HttpsProxy":"","NoProxy":"a.test",
             "RegistryConfig":{"InsecureRegistryCIDRs":["127.0.0.0/8"],"Mirrors":["https://m.test/"],
               "IndexConfigs":{"docker.io":{"Secure":true},"r.test:5000":{"Secure":false},"odd":null,"quiet":{}}}}
            """));
        using var store = Open(engine);
        var state = await store.ReadAsync(cancellationToken);
        Assert.That((state.UsesContainerdStore, state.FreeBytes, state.Platform), Is.EqualTo((true, (long?)null, amd64)));
        Assert.That((state.Network.HttpProxy, state.Network.HttpsProxy, state.Network.NoProxy, state.Network.HidesProxyCredentials), Is.EqualTo(("http://proxy.test:3128", (string?)null, "a.test", true)));
        Assert.That((state.Network.InsecureHosts, state.Network.InsecureNetworks, state.Network.Mirrors), Is.EqualTo((new[] { "r.test:5000" }, new[] { "127.0.0.0/8" }, new[] { "https://m.test/" })));
    }

    [Test]
    public async Task Reads_an_export_in_the_layout_of_newer_engines(CancellationToken cancellationToken)
    {
        byte[] plain = [.. "plain tar"u8], tar = [.. "packed tar"u8], config = [.. "config"u8], packed = Gzip(tar);
        var archive = Tar(
            (Blob(plain), plain), (Blob(packed), packed), (Blob(config), config),
            ("manifest.json", Manifest(Blob(config), Blob(packed), Blob(plain))));
        var content = await ExportAsync(FakeEngine.Chunked(archive, isCut: false), cancellationToken);
        Assert.That((content.Fault, content.Config), Is.EqualTo(((SourceFault?)null, id)));
        Assert.That(content.Layers.Select(layer => layer.Observed), Is.EqualTo(new[] { Digest.Of(tar), Digest.Of(plain) }));
        Assert.That(content.HashedBytes, Is.EqualTo(plain.Length + packed.Length + config.Length));
    }

    [Test]
    public async Task Names_a_blob_whose_bytes_are_others(CancellationToken cancellationToken)
    {
        byte[] config = [.. "config"u8], other = [.. "other"u8];
        var archive = Tar((Blob(config), config), (Blob([.. "layer"u8]), other), ("manifest.json", Manifest(Blob(config), Blob([.. "layer"u8]))));
        var fault = (await ExportAsync(FakeEngine.Chunked(archive, isCut: false), cancellationToken)).Fault!;
        Assert.That((fault.Fault, fault.Expected, fault.Observed), Is.EqualTo((Fault.Corrupt, Digest.Of("layer"u8).ToString(), Digest.Of(other).ToString())));
    }

    [Test]
    public async Task Tells_a_layer_that_the_export_promises_and_lacks(CancellationToken cancellationToken)
    {
        byte[] config = [.. "config"u8];
        var archive = Tar(("c.json", config), ("a/layer.tar", config), ("manifest.json", Manifest("c.json", "a/layer.tar", "b/layer.tar")));
        var content = await ExportAsync(FakeEngine.Chunked(archive, isCut: false), cancellationToken);
        Assert.That((content.Layers.Count, content.Fault?.Fault, content.Fault?.Message), Is.EqualTo((1, Fault.Malformed, "the engine's export lacks a layer it names, 'b/layer.tar'")));
    }

    [TestCase(true, 60_000)]
    [TestCase(false, 60_000)]
    [TestCase(false, 512)]
    [TestCase(false, 300)]
    public async Task Makes_a_fault_of_an_export_that_ends_in_the_middle(bool isCut, int length, CancellationToken cancellationToken)
    {
        var archive = Tar(("a/layer.tar", new byte[100_000]))[..length];
        var content = await ExportAsync(FakeEngine.Chunked(archive, isCut), cancellationToken);
        Assert.That((content.Fault?.Fault, content.Layers.Count), Is.EqualTo(((Fault?)Fault.Unreachable, 0)));
    }

    [Test]
    public async Task Hears_what_the_engine_says_between_two_files(CancellationToken cancellationToken)
    {
        byte[] words = [.. "{\"errorDetail\":{\"message\":\"open /d/tmp/layer.tar: no such file or directory\"},\"error\":\"x\"}\r\n"u8];
        byte[] archive = [.. Tar(("a/layer.tar", new byte[1024]))[..^1024], .. words];
        var content = await ExportAsync(FakeEngine.Chunked(archive, isCut: false), cancellationToken);
        Assert.That((content.Fault?.Fault, content.Fault?.Subject), Is.EqualTo(((Fault?)Fault.Corrupt, "/d/tmp/layer.tar")));
    }

    [Test]
    public async Task Hears_what_the_engine_says_behind_a_cut_export(CancellationToken cancellationToken)
    {
        byte[] words = [.. "{\"errorDetail\":{\"message\":\"read /d/tmp/layer.tar: input/output error\"},\"error\":\"x\"}\r\n"u8];
        byte[] archive = [.. Tar(("a/layer.tar", new byte[100_000])).AsSpan(0, 60_000), .. words];
        var content = await ExportAsync(FakeEngine.Chunked(archive, isCut: false), cancellationToken);
        Assert.That((content.Fault?.Fault, content.Fault?.Subject), Is.EqualTo(((Fault?)Fault.Corrupt, "/d/tmp/layer.tar")));
    }

    [Test]
    public async Task Reads_no_header_without_end(CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await using (var writer = new TarWriter(buffer, leaveOpen: true))
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a", [new("comment", new string('x', 3 << 20))]));
        var content = await ExportAsync(FakeEngine.Chunked(buffer.ToArray(), isCut: false), cancellationToken);
        Assert.That(content.Fault?.Message, Does.Contain("larger than this program reads"));
    }

    [TestCase("500 Internal Server Error", "file integrity checksum failed for \\\"etc/x\\\"", Fault.Corrupt, "etc/x")]
    [TestCase("500 Internal Server Error", "open /d/overlay2/x/diff/top: no such file or directory", Fault.Corrupt, "/d/overlay2/x/diff/top")]
    [TestCase("500 Internal Server Error", "write /d/tmp/x: no space left on device", Fault.Refused, "a:1")]
    [TestCase("500 Internal Server Error", "whatever", Fault.Refused, "a:1")]
    [TestCase("404 Not Found", "No such image", Fault.Missing, "a:1")]
    public async Task Makes_a_value_of_the_engines_word_on_its_own_copy(string status, string sentence, Fault fault, string subject, CancellationToken cancellationToken)
    {
        var content = await ExportAsync(FakeEngine.Say(status, $"{{\"message\":\"{sentence}\"}}"), cancellationToken);
        Assert.That((content.Fault?.Fault, content.Fault?.Subject), Is.EqualTo(((Fault?)fault, subject)));
    }

    [Test]
    public async Task Follows_events_across_an_end_of_the_stream(CancellationToken cancellationToken)
    {
        const string Line = """{"Type":"image","Action":"pull","Actor":{"ID":"a:1","Attributes":{"name":"a"}},"timeNano":1000000000}""";
        await using var engine = new FakeEngine(_ => FakeEngine.Chunked(Encoding.UTF8.GetBytes(Line + "\n{\"odd\":1}\n"), isCut: true));
        using var store = Open(engine);
        var seen = new List<string>();
        await foreach (var happened in store.Events.WatchAsync(cancellationToken))
        {
            seen.Add($"{happened.Type} {happened.Action} {happened.Subject}");
            if (seen.Count == 5) break;
        }

        Assert.That(seen, Is.EqualTo(new[] { "engine connected ", "image pull a:1", "engine disconnected ", "engine connected ", "image pull a:1" }));
    }

    private static async Task<StoredContent> ExportAsync(byte[] answer, CancellationToken cancellationToken)
    {
        await using var engine = new FakeEngine(_ => answer);
        using var store = Open(engine);
        return await store.ExportAsync(new() { Id = id, Tags = ["a:1"] }, null, cancellationToken);
    }

    private static string Blob(byte[] content) => "blobs/sha256/" + Digest.Of(content).Hex;

    private static byte[] Manifest(string config, params string[] layers) => Encoding.UTF8.GetBytes(
        $$"""[{"Config":"{{config}}","RepoTags":["a:1"],"Layers":[{{string.Join(',', layers.Select(layer => $"\"{layer}\""))}}]}]""");

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(content);
        return packed.ToArray();
    }

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

    private sealed class OnReport<T>(Action act) : IProgress<T>
    {
        public void Report(T value) => act();
    }

    private sealed class Seen<T> : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value) => Values.Add(value);
    }
}
