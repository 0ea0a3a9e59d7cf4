using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

[TestFixture(true)]
[TestFixture(false)]
internal sealed class LayerReadingTests(bool byIsal)
{
    private static readonly Pulls Good = new();

    [Test]
    public async Task Proves_a_good_layer_in_one_pass()
    {
        var proof = await ReadAsync(Good.Layer, Good.LayerDescriptor);
        Assert.That(proof, Is.EqualTo(new LayerProof(Digest.Of(Good.Layer), Good.Layer.Length, new(Digest.Of(Good.Tar)), Good.Tar.Length)));
    }

    [Test]
    public async Task Hashes_by_the_algorithm_of_the_promised_digest()
    {
        var wanted = Digest.Of(Good.Layer, Digest.Parse("sha512:" + new string('0', 128)));
        var proof = await ReadAsync(Good.Layer, Good.LayerDescriptor with { Digest = wanted });
        Assert.That(proof.Digest, Is.EqualTo(wanted));
    }

    [Test]
    public async Task Takes_several_gzip_members_for_one_tar()
    {
        byte[] packed = [.. Pulls.Gzip(Good.Tar.AsSpan(0, 1000)), .. Pulls.Gzip([]), .. Pulls.Gzip(Good.Tar.AsSpan(1000))];
        var proof = await ReadAsync(packed, Of(packed));
        Assert.That(proof.DiffId.Value, Is.EqualTo(Digest.Of(Good.Tar)));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(64)]
    [TestCase(262_144)]
    [TestCase(262_208)]
    [TestCase(524_288)]
    [TestCase(1_000_003)]
    public async Task Unpacks_tars_of_any_length(int length)
    {
        var tar = Pulls.MakeTar(length, length);
        var packed = Pulls.Gzip(tar);
        var proof = await ReadAsync(packed, Of(packed));
        Assert.That((proof.DiffId.Value, proof.TarBytes), Is.EqualTo((Digest.Of(tar), (long)length)));
    }

    [Test]
    public async Task Takes_a_plain_tar_as_it_is([Values(MediaType.DockerLayer, MediaType.OciLayerGzip)] string type)
    {
        var proof = await ReadAsync(Good.Tar, Of(Good.Tar, type));
        Assert.That((proof.DiffId.Value, proof.Digest), Is.EqualTo((Digest.Of(Good.Tar), Digest.Of(Good.Tar))));
    }

    [Test]
    public async Task Takes_an_empty_layer_for_an_empty_tar_as_the_engine_does()
    {
        var proof = await ReadAsync([], Of([]));
        Assert.That(proof.TarBytes, Is.Zero);
    }

    [Test]
    public async Task Refuses_anything_behind_the_end_of_gzip([Values(1, 2, 100, 9000, 70_000)] int extra, [Values(0, 0x1F, 0x41)] int first)
    {
        var rest = new byte[extra];
        rest[0] = (byte)first;
        byte[] packed = [.. Good.Layer, .. rest];
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(packed, Of(packed)));
        Assert.That((fault.Fault, fault.Subject, fault.Observed), Is.EqualTo((Fault.Malformed, Digest.Of(packed).ToString(), Digest.Of(packed).ToString())));
    }

    [Test]
    public async Task Refuses_a_gzip_stream_that_was_pushed_cut([Values(5, 12, 1000, 65_536, 140_000)] int kept, [Values] bool fromTheEnd)
    {
        var packed = Good.Layer[..(fromTheEnd ? Good.Layer.Length - Math.Min(kept, 1000) : kept)];
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(packed, Of(packed)));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Malformed));
    }

    [Test]
    public async Task Names_both_digests_of_a_layer_with_a_flipped_byte([Values(0, 3, 12, 20_000, 100_000, -1, -6)] int at)
    {
        var altered = Good.Layer.ToArray();
        altered[at < 0 ? altered.Length + at : at] ^= 0x10;
        Digest? observed;
        try
        {
            observed = (await ReadAsync(altered, Good.LayerDescriptor)).Digest;
        }
        catch (Ports.SourceException e)
        {
            Assert.That((e.What.Fault, e.What.Expected, e.What.From), Is.EqualTo((Fault.Corrupt, Digest.Of(Good.Layer).ToString(), Source.Registry)));
            observed = Digest.TryParse(e.What.Observed);
        }

        Assert.That(observed, Is.EqualTo(Digest.Of(altered)));
    }

    [Test]
    public async Task Names_the_digest_of_what_came_when_a_layer_is_cut_short_by_the_registry()
    {
        var shorter = Good.Layer[..50_000];
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(shorter, Good.LayerDescriptor));
        Assert.That((fault.Fault, fault.Observed), Is.EqualTo((Fault.Corrupt, Digest.Of(shorter).ToString())));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Stops_one_byte_behind_the_promised_size_of_an_endless_body()
    {
        var reply = new FakeReply(200, Good.Layer) { IsEndless = true };
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(_ => reply, Good.LayerDescriptor));
        Assert.That((fault.Fault, fault.Observed), Is.EqualTo((Fault.Corrupt, $"more than {Good.Layer.Length} bytes")));
    }

    [Test]
    public async Task Stops_unpacking_at_the_limit()
    {
        var bomb = Pulls.Gzip(new byte[64 << 20]);
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(_ => new(200, bomb), Of(bomb), Pulls.Quick with { Unpack = new(TarBytes: 1 << 20) }));
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Malformed, $"layer {Digest.Of(bomb)} unpacks to more than {1 << 20} bytes")));
    }

    [Test]
    public async Task Stops_unpacking_a_bomb_long_before_the_limit()
    {
        var bomb = Pulls.Gzip(new byte[256 << 20]);
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(_ => new(200, bomb), Of(bomb), Pulls.Quick with { Unpack = new(BombBytes: 1 << 20, BombRatio: 50) }));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unsupported));
        Assert.That(fault.Message, Does.StartWith($"layer {Digest.Of(bomb)} looks like a bomb, "));
        Assert.That(fault.Observed, Is.EqualTo(Digest.Of(bomb).ToString()), "hashed to its last byte all the same");
    }

    [Test]
    public async Task Takes_nothing_but_zeros_for_sound()
    {
        var zeros = new byte[64 << 20];
        var packed = Pulls.Gzip(zeros);
        Assert.That((await ReadAsync(packed, Of(packed))).DiffId.Value, Is.EqualTo(Digest.Of(zeros)));
    }

    [TestCase("BZh91AY&SY", "bzip2")]
    [TestCase("\u00FD7zXZ\0\0", "xz")]
    public async Task Says_what_cannot_be_unpacked_here(string start, string name)
    {
        var packed = System.Text.Encoding.Latin1.GetBytes(start + new string('x', 1000));
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(packed, Of(packed)));
        Assert.That((fault.Fault, fault.Observed), Is.EqualTo((Fault.Unsupported, Digest.Of(packed).ToString())));
        Assert.That(fault.Message, Does.Contain($"packed with {name}, which"));
    }

    [Test]
    public async Task Takes_up_a_cut_body_where_it_broke()
    {
        var ranges = new List<string?>();
        var proof = await ReadAsync(Cutting(Good.Layer, 40_000, ranges), Good.LayerDescriptor);
        Assert.That(proof.DiffId.Value, Is.EqualTo(Digest.Of(Good.Tar)));
        Assert.That(ranges, Is.EqualTo(new[] { null, "bytes=40000-" }));
    }

    [Test]
    public async Task Starts_again_when_the_registry_cannot_send_a_part()
    {
        var asked = 0;
        var proof = await ReadAsync(_ => asked++ == 0 ? Cut(Good.Layer, 40_000) : new(200, Good.Layer), Good.LayerDescriptor);
        Assert.That((proof.DiffId.Value, asked), Is.EqualTo((Digest.Of(Good.Tar), 3)));
    }

    [Test]
    public async Task Does_not_blame_the_registry_for_bytes_glued_together_wrongly()
    {
        var ranges = new List<string?>();
        var wrong = Good.Layer.ToArray();
        wrong[^20_000] ^= 1;
        var asked = 0;
        var first = Cutting(wrong, 40_000, ranges);
        var proof = await ReadAsync(request => asked++ < 2 ? first(request) : new(200, Good.Layer), Good.LayerDescriptor);
        Assert.That(proof.Digest, Is.EqualTo(Digest.Of(Good.Layer)));
    }

    [Test]
    public async Task Never_takes_a_body_for_whole_that_breaks_each_time()
    {
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(_ => Cut(Good.Layer, 30_000), Good.LayerDescriptor));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
        Assert.That(fault.Message, Does.Contain($"30000 of {Good.Layer.Length} bytes"));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Gives_a_stalled_body_up()
    {
        var limits = Pulls.Quick with { Stall = TimeSpan.FromMilliseconds(60) };
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(_ => Cut(Good.Layer, 30_000) with { Stalls = true }, Good.LayerDescriptor, limits));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
    }

    [Test]
    public async Task Says_that_a_layer_came_as_an_html_page()
    {
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(_ => FakeReply.Text(200, "<html>Blocked by policy</html>", "text/html"), Good.LayerDescriptor));
        Assert.That((fault.Fault, fault.From), Is.EqualTo((Fault.Corrupt, Source.Transport)));
        Assert.That(fault.Message, Does.Contain("an HTML page: a proxy or gateway replaced the answer"));
    }

    [Test]
    public async Task Tells_how_far_it_is()
    {
        var seen = new List<long>();
        await using var server = FakeServer.Start(_ => new(200, Good.Layer));
        using var client = Pulls.Client();
        await client.ReadLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, new Direct(seen), CancellationToken.None);
        Assert.That(seen, Is.Ordered.And.Not.Empty);
        Assert.That(seen[^1], Is.EqualTo(Good.Layer.Length));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Ends_at_once_when_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = FakeServer.Start(_ => Cut(Good.Layer, 30_000) with { Stalls = true });
        using var client = Pulls.Client();
        var reading = client.ReadLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, new Cancelling(cancel), cancel.Token);
        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
    }

    private static Descriptor Of(byte[] packed, string type = MediaType.DockerLayerGzip) => new(type, Digest.Of(packed), packed.Length);

    private static FakeReply Cut(byte[] body, int after) => new(200, body[..after]) { Announced = body.Length };

    private static Func<FakeRequest, FakeReply> Cutting(byte[] body, int after, List<string?> ranges) => request =>
    {
        var range = request.Headers.GetValueOrDefault("Range");
        ranges.Add(range);
        if (range is null) return Cut(body, after);
        var from = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        return new FakeReply(206, body[from..]).With("Content-Range", $"bytes {from}-{body.Length - 1}/{body.Length}");
    };

    private Task<LayerProof> ReadAsync(byte[] served, Descriptor layer) => ReadAsync(_ => new(200, served), layer);

    private async Task<LayerProof> ReadAsync(Func<FakeRequest, FakeReply> serve, Descriptor layer, RegistryLimits? limits = null)
    {
        await using var server = FakeServer.Start(serve);
        using var client = Pulls.Client(limits, unpacking: new(byIsal, true));
        return await client.ReadLayerAsync(Pulls.Image(server.Authority), layer, null, CancellationToken.None);
    }

    private sealed class Direct(List<long> seen) : IProgress<long>
    {
        public void Report(long value) => seen.Add(value);
    }

    private sealed class Cancelling(CancellationTokenSource cancel) : IProgress<long>
    {
        public void Report(long value) => cancel.Cancel();
    }
}
