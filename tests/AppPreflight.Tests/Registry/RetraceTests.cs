using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>One blob by every way there is: which ways, what each gave, and what it may cost.</summary>
internal sealed class RetraceTests
{
    private const string Host = "reg.test";

    private static readonly Pulls Good = Retraces.Good;
    private static readonly byte[] Layer = Retraces.Layer;
    private static readonly byte[] Wrong = Altered(1000);
    private static readonly int Size = Layer.Length;

    [Test]
    public async Task Has_nothing_to_say_against_the_right_bytes()
    {
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, Layer));
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} right", $"Again 200 {Size} right", $"Ranges 206 {Size} right" }));
        Assert.That((retrace.Promise, retrace.Difference, retrace.Skipped.Count), Is.EqualTo((Retraces.Promise, (ByteDifference?)null, 0)));
    }

    [Test]
    public async Task Asks_on_a_new_connection_each_time_and_in_pieces_that_meet()
    {
        await using var server = FakeServer.Start(request => Retraces.Serve(request, Layer));
        using var client = Pulls.Client();
        await client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None);
        await client.RetraceAsync(Pulls.Image(server.Authority), Retraces.Promise, CancellationToken.None);
        var third = (Size + 2) / 3;
        Assert.That(server.Accepted, Is.EqualTo(1 + 3), "one for the run, one for each way");
        Assert.That(server.Requests.Skip(1).Select(request => request.Headers.GetValueOrDefault("Range")), Is.EqualTo(new[] { null, null, $"bytes=0-{third - 1}", $"bytes={third}-{(2 * third) - 1}", $"bytes={2 * third}-{Size - 1}" }));
    }

    [Test]
    public async Task Says_that_a_registry_has_no_pieces()
    {
        await using var server = FakeServer.Start(_ => new(200, Layer));
        using var client = Pulls.Client();
        var retrace = await client.RetraceAsync(Pulls.Image(server.Authority), Retraces.Promise, CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} right", $"Again 200 {Size} right" }));
        Assert.That(retrace.Skipped, Is.EqualTo(new[] { $"In pieces: {server.Authority} ignores the range that is asked for." }));
    }

    [Test]
    public async Task Sees_other_bytes_each_time_and_where_they_part()
    {
        var count = 0;
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, Interlocked.Increment(ref count) == 1 ? Layer : request.Headers.ContainsKey("Range") ? Layer : Altered(count * 10)));
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} right", $"Again 200 {Size} wrong", $"Ranges 206 {Size} right" }));
        Assert.That(retrace.Difference, Is.Null, "what came right before came wrong");
        Assert.That(retrace.Skipped, Is.EqualTo(new[] { "Comparing a right copy with a wrong one: what came right before did not come right once more." }));
    }

    [Test]
    public async Task Compares_a_right_way_with_a_wrong_one()
    {
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, request.Headers.ContainsKey("Range") ? Layer : Wrong));
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} wrong FlippedBit!", $"Again 200 {Size} wrong FlippedBit!", $"Ranges 206 {Size} right" }));
        var sentence = $"one bit of byte 1000 (0x{Wrong[1000]:x2} instead of 0x{Layer[1000]:x2})";
        Assert.That(retrace.Difference, Is.EqualTo(new ByteDifference(1000, 1, DifferenceShape.Bit) { Sentence = sentence }));
        Assert.That(retrace.Fetches[0].Fingerprint!.Sentence, Is.EqualTo("beside the right bytes it is " + sentence));
        Assert.That(retrace.Skipped, Is.Empty);
    }

    [Test]
    public async Task Does_not_blame_a_wrong_way_that_is_right_by_then()
    {
        var count = 0;
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, Interlocked.Increment(ref count) == 1 ? Wrong : Layer));
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} wrong", $"Again 200 {Size} right", $"Ranges 206 {Size} right" }));
        Assert.That((retrace.Difference, retrace.Skipped.Count), Is.EqualTo(((ByteDifference?)null, 0)));
    }

    [Test]
    public async Task Sees_a_cut_at_the_same_byte_and_proves_it_beside_the_right_bytes()
    {
        var retrace = await Retraces.RunAsync(request =>
            request.Headers.ContainsKey("Range") ? Retraces.Serve(request, Layer) : new FakeReply(200, Layer[..70_001]) { Announced = Size });
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain 200 70001 wrong cut Truncated!", "Again 200 70001 wrong cut Truncated!", $"Ranges 206 {Size} right" }));
        Assert.That(retrace.Difference, Is.EqualTo(new ByteDifference(70_001, Size - 70_001, DifferenceShape.Cut) { Sentence = $"the wrong one ends at byte 70001, {Size - 70_001} before the end" }));
        Assert.That(retrace.Fetches[0].Fingerprint!.Sentence, Is.EqualTo("it is the first 70001 bytes of the promised ones"));
        Assert.That(retrace.Fetches.Select(fetch => fetch.AnnouncedBytes), Is.All.EqualTo(Size));
    }

    [Test]
    public async Task Proves_cuts_at_other_bytes_each_time()
    {
        var count = 0;
        var retrace = await Retraces.RunAsync(request =>
            request.Headers.ContainsKey("Range") ? Retraces.Serve(request, Layer) : new FakeReply(200, Layer[..(1000 * Interlocked.Increment(ref count))]) { Announced = Size });
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain 200 1000 wrong cut Truncated!", "Again 200 2000 wrong cut Truncated!", $"Ranges 206 {Size} right" }));
    }

    [Test]
    public async Task Stops_an_endless_body_behind_twice_the_promise()
    {
        var retrace = await Retraces.RunAsync(_ => new FakeReply(200, Layer) { IsEndless = true });
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {(2 * Size) + 1} wrong longer Surplus!", $"Again 200 {(2 * Size) + 1} wrong longer Surplus!" }));
        Assert.That(retrace.Fetches[0].AnnouncedBytes, Is.Null);
    }

    [Test]
    public async Task Reads_four_MiB_at_most_of_what_has_no_promised_size()
    {
        var promise = new BlobPromise(ImagePart.Manifest, Digest.Of(Good.Manifest), null);
        var retrace = await Retraces.RunAsync(_ => new FakeReply(200, Layer) { IsEndless = true }, promise);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain 200 4194304 wrong longer", "Again 200 4194304 wrong longer" }));
        Assert.That(retrace.Skipped, Is.EqualTo(new[] { "In pieces: nobody promised a size to divide." }));
    }

    [Test]
    public async Task Ends_a_bomb_where_the_promise_ends()
    {
        var bomb = Pulls.Gzip(new byte[80 << 20]);
        var config = Good.Config;
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, bomb), new(ImagePart.Config, Digest.Of(config), config.Length));
        var most = config.Length + (64 << 10);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {most} wrong longer", $"Again 200 {most} wrong longer", $"Ranges 206 {most} wrong longer" }));
    }

    [Test]
    public async Task Keeps_a_few_KiB_of_a_quarter_of_a_gigabyte([Values] bool isBomb)
    {
        const int Times = 256;
        var part = isBomb ? Pulls.Gzip(new byte[64 << 20]) : Pulls.MakeTar(2 << 20, 9)[..(1 << 20)];
        var promise = new BlobPromise(ImagePart.Layer, Digest.Of([]), (long)Times * part.Length, null);
        await using var body = new WatchedBody(new Repeated(part, Times), promise, long.MaxValue, CancellationToken.None);
        await new BodyReader(promise, Pulls.Quick).ReadAsync(new WatchedBody(new MemoryStream(part), promise, part.Length, CancellationToken.None), 0, CancellationToken.None);
        // nothing here ever waits: it all happens on this thread
        var before = GC.GetAllocatedBytesForCurrentThread();
        await new BodyReader(promise, Pulls.Quick).ReadAsync(body, 0, CancellationToken.None);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4 << 20), "what an unoptimized build throws away with each read is in it");
        Assert.That(body.SizeBytes, Is.EqualTo(promise.SizeBytes));
    }

    [Test]
    public async Task Names_each_way_that_no_longer_fits()
    {
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, Layer), limits: Pulls.Quick with { RetraceBytes = Size + 10 });
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} right" }));
        var why = $"{Size} bytes are more than the 10 that may still be read for this blob.";
        Assert.That(retrace.Skipped, Is.EqualTo(new[] { $"Once more as the engine does: {why}", $"In pieces: {why}" }));
    }

    [Test]
    public async Task Fetches_nothing_of_what_is_too_large()
    {
        var retrace = await Retraces.RunAsync(_ => throw new AssertionException("was asked"), Retraces.Promise with { SizeBytes = long.MaxValue });
        Assert.That((retrace.Fetches.Count, retrace.Skipped.Count), Is.EqualTo((0, 3)));
    }

    [Test]
    public async Task Does_not_wait_for_drops()
    {
        var limits = Pulls.Quick with { RetraceTime = TimeSpan.FromSeconds(2), Stall = TimeSpan.FromMinutes(1) };
        var retrace = await Retraces.RunAsync(_ => new FakeReply(200, Layer) { Drip = TimeSpan.FromMilliseconds(20) }, limits: limits);
        Assert.That(retrace.Fetches[0] is { SizeBytes: > 0, WasCut: false, Digest: not null, Fingerprint: null, Fault.Fault: Fault.Unreachable });
        Assert.That(retrace.Fetches[0].Fault!.Message, Does.Contain("takes too long: ").And.Contain(" came in the time there is for this way"));
        Assert.That(retrace.Fetches.Sum(fetch => fetch.Elapsed.TotalSeconds), Is.LessThan(3));
        Assert.That(retrace.Fetches.Count + retrace.Skipped.Count, Is.EqualTo(3));
    }

    [Test]
    public async Task Calls_a_body_that_stands_still_cut()
    {
        var retrace = await Retraces.RunAsync(_ => new FakeReply(200, Layer[..5000]) { Announced = Size, Stalls = true }, limits: Pulls.Quick with { Stall = TimeSpan.FromMilliseconds(200) });
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain 200 5000 wrong cut Truncated?", "Again 200 5000 wrong cut Truncated?" }));
    }

    [TestCase(404, "Registry:Missing")]
    [TestCase(429, "Registry:Throttled")]
    [TestCase(503, "Registry:Unreachable")]
    [TestCase(403, "Registry:Denied")]
    public async Task Takes_the_first_answer_whatever_it_is(int status, string fault)
    {
        var asked = 0;
        var retrace = await Retraces.RunAsync(_ => Interlocked.Increment(ref asked) > 0 ? FakeReply.Text(status, "{}").With("Retry-After", "1") : throw new AssertionException("never"));
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain {status} 0 nothing {fault}", $"Again {status} 0 nothing {fault}", $"Ranges {status} 0 nothing {fault}" }));
        Assert.That(asked, Is.EqualTo(3));
        Assert.That(retrace.Fetches.Select(fetch => (fetch.Fault!.Part, fetch.Fault.Subject)), Is.All.EqualTo((ImagePart.Layer, Retraces.Promise.Digest.ToString())));
        Assert.That(retrace.Fetches[0].Headers, Has.Some.EqualTo(new AnswerHeader("Retry-After", "1")));
    }

    [Test]
    public async Task Tells_of_a_connection_that_is_reset()
    {
        var retrace = await Retraces.RunAsync(_ => new(200, []) { Resets = true });
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain - 0 nothing Registry:Unreachable", "Again - 0 nothing Registry:Unreachable", "Ranges - 0 nothing Registry:Unreachable" }));
    }

    [Test]
    public async Task Names_the_host_that_a_redirect_led_to_and_keeps_what_is_secret()
    {
        await using var storage = FakeServer.Start(request => Retraces.Serve(request, Wrong)
            .With("Server", new string('s', 500)).With("Via", "1.1 evil\u001b[31m").With("Set-Cookie", "secret=1").With("X-Amz-Signature", "secret"), "127.0.0.2");
        await using var registry = FakeServer.Start(request => request.Authorization is null
            ? new FakeReply(401, []).With("WWW-Authenticate", "Basic realm=\"x\"")
            : new FakeReply(307, []).With("Location", $"http://{storage.Authority}/data?X-Amz-Signature=secret"));
        using var client = Pulls.Client(licence: "key-1");
        var image = Pulls.Image(registry.Authority) with { InstallPermissions = true };
        var retrace = await client.RetraceAsync(image, Retraces.Promise, CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} wrong", $"Again 200 {Size} wrong", $"Ranges 206 {Size} wrong" }));
        Assert.That(retrace.Fetches.Select(fetch => (fetch.Asked, fetch.Answered)), Is.All.EqualTo((registry.Authority, storage.Authority)));
        Assert.That(retrace.Fetches[0].Headers, Is.EqualTo(new AnswerHeader[]
        {
            new("Content-Length", $"{Size}"), new("Server", new string('s', 120) + "…"), new("Via", "1.1 evil [31m"),
        }));
        Assert.That(storage.Requests.Select(request => request.Authorization), Is.All.Null);
        Assert.That(registry.Requests.Where(request => request.Authorization is not null).ToList(), Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Goes_to_each_mirror_without_a_password()
    {
        await using var one = FakeServer.Start(request => request.Authorization is null ? new FakeReply(401, []).With("WWW-Authenticate", "Basic realm=\"x\"") : new(200, Layer));
        await using var other = FakeServer.Start(request => Retraces.Serve(request, Wrong));
        var folder = Directory.CreateTempSubdirectory("apr-docker-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), """{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}""");
        var settings = new RegistrySettings
        {
            Limits = Pulls.Quick,
            DockerConfigFolder = folder,
            Network = new() { Mirrors = [$"http://{one.Authority}", $"http://{other.Authority}"] },
            Names = Retraces.Names("nobody"),
        };
        using var client = new RegistryClient(settings, TimeProvider.System);
        var retrace = await client.RetraceAsync(new(ImageReference.Parse("postgres:15"), ["1"]), Retraces.Promise, CancellationToken.None);
        Directory.Delete(folder, recursive: true);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[]
        {
            "Plain - 0 nothing Registry:Unreachable", "Again - 0 nothing Registry:Unreachable", "Ranges - 0 nothing Registry:Unreachable",
            "Mirror 401 0 nothing Registry:Denied", $"Mirror 200 {Size} wrong",
        }));
        Assert.That(retrace.Fetches.Select(fetch => fetch.Asked), Is.EqualTo(new[] { EndpointList.HubHost, EndpointList.HubHost, EndpointList.HubHost, one.Authority, other.Authority }));
        Assert.That(one.Requests.Concat(other.Requests).Select(request => (request.Path, request.Authorization)),
            Is.All.EqualTo(($"/v2/library/postgres/blobs/{Retraces.Promise.Digest}", (string?)null)));
    }

    [Test]
    public async Task Goes_past_a_proxy_that_puts_a_page_in_the_place_of_the_layer()
    {
        await using var registry = FakeServer.Start(request => Retraces.Serve(request, Layer));
        // it refuses to be a tunnel, and answers for everybody else itself
        await using var proxy = FakeServer.Start(request => request.Method == "CONNECT" ? new(405, []) : FakeReply.Text(200, "<html><title>Blocked</title>", "text/html"));
        var authority = $"{Host}:{registry.Port}";
        var network = new EngineNetwork { HttpProxy = $"http://{proxy.Authority}", HttpsProxy = $"http://{proxy.Authority}", InsecureHosts = [authority] };
        using var client = Pulls.Client(network: network, names: Retraces.Names(Host, "127.0.0.1", "::1"));
        var retrace = await client.RetraceAsync(Pulls.Image(authority), Retraces.Promise, CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { "Plain 200 28 wrong Html?", "Again 200 28 wrong Html?", $"Direct 200 {Size} right" }));
        Assert.That(retrace.Fetches.Select(fetch => (fetch.Asked, fetch.Answered)), Is.All.EqualTo((authority, (string?)null)));
        Assert.That(retrace.Difference, Is.EqualTo(new ByteDifference(0, Size, DifferenceShape.Tail) { Sentence = $"everything from byte 0 on, and {Size - 28} bytes are missing at the end" }));
        Assert.That(retrace.Skipped, Is.EqualTo(new[] { $"In pieces: {authority} ignores the range that is asked for." }));
        Assert.That(registry.Requests, Has.Count.EqualTo(2), "once to fetch, once to compare");
        Assert.That(proxy.Requests.Where(request => request.Method == "GET").Select(request => request.Path), Is.All.EqualTo($"http://{authority}/v2/app/web/blobs/{Retraces.Promise.Digest}"));
    }

    [Test]
    public async Task Shows_no_password_to_a_proxy_that_makes_a_tunnel()
    {
        await using var proxy = FakeServer.Start(_ => new(503, []));
        var network = new EngineNetwork { HttpsProxy = $"http://{proxy.Authority}" };
        using var client = Pulls.Client(network: network, licence: "key-1", names: Retraces.Names("nobody"));
        var retrace = await client.RetraceAsync(Pulls.Image($"{Host}:443") with { InstallPermissions = true }, Retraces.Promise, CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[]
        {
            "Plain - 0 nothing Transport:Unreachable", "Again - 0 nothing Transport:Unreachable",
            "Direct - 0 nothing Registry:Unreachable", "Ranges - 0 nothing Transport:Unreachable",
        }));
        Assert.That(proxy.Requests.Select(request => (request.Method, request.Authorization)), Is.Not.Empty.And.All.EqualTo(("CONNECT", (string?)null)));
    }

    [Test]
    public async Task Goes_over_both_address_families_where_a_name_has_both()
    {
        await using var four = FakeServer.Start(request => Retraces.Serve(request, Layer));
        await using var six = FakeServer.Start(request => Retraces.Serve(request, Wrong), "::1", port: four.Port);
        var authority = $"{Host}:{four.Port}";
        using var client = Pulls.Client(network: new() { InsecureHosts = [authority] }, names: Retraces.Names(Host, "::1", "127.0.0.1"));
        var retrace = await client.RetraceAsync(Pulls.Image(authority), Retraces.Promise, CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[]
        {
            $"Plain 200 {Size} wrong FlippedBit!", $"Again 200 {Size} wrong FlippedBit!", $"Ranges 206 {Size} wrong FlippedBit!",
            $"Ipv4 200 {Size} right", $"Ipv6 200 {Size} wrong FlippedBit!",
        }));
        Assert.That(retrace.Difference!.Shape, Is.EqualTo(DifferenceShape.Bit));
    }

    [TestCase("127.0.0.1")]
    [TestCase("127.0.0.1", "127.0.0.2")]
    [TestCase("127.0.0.1", "::ffff:127.0.0.1")]
    public async Task Has_one_address_family_where_the_name_has_one(params string[] addresses)
    {
        await using var server = FakeServer.Start(request => Retraces.Serve(request, Layer));
        var authority = $"{Host}:{server.Port}";
        using var client = Pulls.Client(network: new() { InsecureHosts = [authority] }, names: Retraces.Names(Host, addresses));
        var retrace = await client.RetraceAsync(Pulls.Image(authority), Retraces.Promise, CancellationToken.None);
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Size} right", $"Again 200 {Size} right", $"Ranges 206 {Size} right" }));
    }

    [Test]
    public async Task Reads_a_piece_that_is_cut_or_another_or_refused_for_what_it_is([Values(0, 1, 2)] int kind)
    {
        var count = 0;
        var retrace = await Retraces.RunAsync(request =>
        {
            if (!request.Headers.ContainsKey("Range") || Interlocked.Increment(ref count) != 2) return Retraces.Serve(request, Layer);
            var piece = Retraces.Serve(request, Layer);
            return kind switch
            {
                0 => piece with { Body = piece.Body[..10], Announced = piece.Body.Length },
                1 => new FakeReply(206, piece.Body).With("Content-Range", $"bytes 0-{piece.Body.Length - 1}/{Size}"),
                _ => new FakeReply(503, []),
            };
        });
        var third = (Size + 2) / 3;
        Assert.That(Retraces.Line(retrace.Fetches[2], retrace.Promise), Is.EqualTo(kind switch
        {
            0 => $"Ranges 206 {third + 10} wrong cut Truncated!",
            1 => $"Ranges 206 {third} wrong Registry:Malformed",
            _ => $"Ranges 206 {third} wrong Registry:Unreachable",
        }));
    }

    [Test]
    public void Stops_when_it_is_told_to()
    {
        using var end = new CancellationTokenSource();
        Assert.That(() => CancelledAsync(end), Throws.InstanceOf<OperationCanceledException>());
    }

    private static async Task CancelledAsync(CancellationTokenSource end)
    {
        await using var server = FakeServer.Start(_ =>
        {
            end.Cancel();
            return new FakeReply(200, Layer[..5000]) { Announced = Size, Stalls = true };
        });
        using var client = Pulls.Client();
        await client.RetraceAsync(Pulls.Image(server.Authority), Retraces.Promise, end.Token);
    }

    private static byte[] Altered(int at)
    {
        var other = Layer.ToArray();
        other[at] ^= 1;
        return other;
    }

    /// <summary>The same bytes again and again, without a wait.</summary>
    private sealed class Repeated(byte[] part, int times) : ReadOnlyStream
    {
        private long at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var from = (int)(at % part.Length);
            var count = at == (long)part.Length * times ? 0 : Math.Min(buffer.Length, part.Length - from);
            part.AsMemory(from, count).CopyTo(buffer);
            at += count;
            return ValueTask.FromResult(count);
        }
    }
}
