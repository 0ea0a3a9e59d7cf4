using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>A registry that serves the same wrong bytes each time, and what is seen of them.</summary>
internal sealed class FingerprintTests
{
    private static readonly Pulls Good = Retraces.Good;
    private static readonly byte[] Layer = Retraces.Layer;
    private static readonly byte[] Packed = Pulls.Gzip(Layer);

    private static readonly byte[] ProperTar = Pulls.MakeTar(40_960, 3);

    private static IEnumerable<TestCaseData> WrongLayers()
    {
        yield return Case("not one byte", Layer, [], FingerprintKind.Empty, false, "not one byte came");
        yield return Case("twice", Layer, [.. Layer, .. Layer], FingerprintKind.Doubled, true, "it is the promised bytes twice");
        yield return Case("twice as long", Layer, [.. Layer, .. Layer.Reverse()], FingerprintKind.Doubled, true, "the first half alone has the promised digest");
        yield return Case("half of it twice over", Layer, [.. Altered(Layer), .. Altered(Layer)], FingerprintKind.Doubled, false, "it is twice as long as promised, and both halves are the same");
        yield return Case("cut", Layer, Layer.AsSpan(0, 100_000), FingerprintKind.Truncated, false, $"only 100000 of {Layer.Length} bytes came");
        yield return Case("one byte less", Layer, Layer.AsSpan(0, Layer.Length - 1), FingerprintKind.Truncated, false, $"only {Layer.Length - 1} of {Layer.Length} bytes came");
        yield return Case("one byte more", Layer, [.. Layer, 0], FingerprintKind.Surplus, true, $"its first {Layer.Length} bytes have the promised digest, and more follow");
        yield return Case("a line more", Layer, [.. Layer, .. "\r\n"u8], FingerprintKind.Surplus, true, $"its first {Layer.Length} bytes have the promised digest, and more follow");
        yield return Case("unpacked", Layer, Good.Tar, FingerprintKind.Gunzipped, true, "its digest is that of the layer's unpacked tar");
        yield return Case("packed once more", Layer, Packed, FingerprintKind.GzippedTwice, true, "unpacked once it has the promised digest");
        yield return Case("a zeroed page", Layer, Zeroed(Layer, 8192, 4096), FingerprintKind.ZeroedPage, false, "the page of 4096 bytes at offset 8192 is all zeros");
        yield return Case("the first pages zeroed", Layer, Zeroed(Layer, 0, 12_300), FingerprintKind.ZeroedPage, false, "the page of 4096 bytes at offset 0 is all zeros, and 2 more");
        yield return Case("an error page", Layer, "\uFEFF\r\n <!-- x --><!DOCTYPE HTML><html><head><title>Access\ndenied</title>"u8, FingerprintKind.Html, false, "it starts like an HTML page ('Access denied')");
        yield return Case("an error page, packed", Layer, Pulls.Gzip("<html></html>"u8), FingerprintKind.Html, false, "packed with gzip, it starts like an HTML page");
        yield return Case("XHTML", Layer, "<?xml version='1.0'?>\n<!-- -->\n<html xmlns='x'>"u8, FingerprintKind.Html, false, "it starts like an HTML page");
        yield return Case("XML", Layer, "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>"u8, FingerprintKind.Xml, false, "it starts like an XML document (<Error>, NoSuchKey)");
        yield return Case("JSON", Layer, """ {"errors":[{"code":"DENIED"}]}"""u8, FingerprintKind.Json, false, "it is a JSON document with 'errors' in it, not a layer");
    }

    [TestCaseSource(nameof(WrongLayers))]
    public async Task Names_what_came_in_place_of_a_layer(byte[] promised, byte[] served, Fingerprint expected)
    {
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, served), Retraces.Promise with { Digest = Digest.Of(promised), SizeBytes = promised.Length });
        Assert.That(retrace.Difference, Is.Null);
        foreach (var fetch in retrace.Fetches.Where(fetch => fetch.Fault is null))
        {
            Assert.That(fetch.Fingerprint, Is.EqualTo(expected), $"{fetch.Way}");
            Assert.That((fetch.SizeBytes, fetch.Digest, fetch.AnnouncedBytes), Is.EqualTo(((long)served.Length, Digest.Of(served), (long?)served.Length)), $"{fetch.Way}");
        }

        Assert.That(retrace.Fetches.Select(fetch => fetch.Way), Is.EqualTo(new[] { FetchWay.Plain, FetchWay.Again, FetchWay.Ranges }));
        Assert.That(retrace.Fetches[2].Fault is null, Is.EqualTo(served.Length > 0), "of nothing there is no piece");
    }

    [Test]
    public async Task Takes_a_tar_for_an_unpacked_layer_though_it_is_another_one()
    {
        byte[] tar = [.. new byte[257], .. "ustar\0"u8, .. new byte[5000]];
        tar[0] = (byte)'a';
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, tar));
        Assert.That(retrace.Fetches[0].Fingerprint, Is.EqualTo(new Fingerprint(FingerprintKind.Gunzipped, "it starts like a tar that nobody packed", false)));
    }

    [Test]
    public async Task Proves_an_unpacked_layer_that_is_many_times_the_size()
    {
        byte[] tar = [.. new byte[257], .. "ustar\0"u8, .. new byte[5_000_000]];
        tar[0] = (byte)'a';
        var packed = Pulls.Gzip(tar);
        var promise = new BlobPromise(ImagePart.Layer, Digest.Of(packed), packed.Length, new(Digest.Of(tar)));
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, tar), promise);
        Assert.That(retrace.Fetches.Select(fetch => fetch.Fingerprint?.IsProven), Is.All.True);
        Assert.That(packed.Length, Is.LessThan(100_000));
    }

    private static IEnumerable<TestCaseData> WrongDocuments()
    {
        var (config, manifest) = (Good.Config, Good.Manifest);
        yield return Document("a flipped bit", ImagePart.Config, config, config.Length, Flipped(config, 30, 3), FingerprintKind.FlippedBit, true,
            $"bit 3 of byte 30 is turned: with 0x{config[30]:x2} in place of 0x{config[30] ^ 8:x2} it has the promised digest");
        yield return Document("a flipped bit, size unknown", ImagePart.Manifest, manifest, null, Flipped(manifest, 0, 0), FingerprintKind.FlippedBit, true,
            "bit 0 of byte 0 is turned: with 0x7b in place of 0x7a it has the promised digest");
        yield return Document("packed", ImagePart.Config, config, config.Length, Pulls.Gzip(config), FingerprintKind.GzippedTwice, true, "unpacked once it has the promised digest");
        yield return Document("packed, size unknown", ImagePart.Manifest, manifest, null, Pulls.Gzip(manifest), FingerprintKind.GzippedTwice, true, "unpacked once it has the promised digest");
        yield return Document("twice, size unknown", ImagePart.Manifest, manifest, null, [.. manifest, .. manifest], FingerprintKind.Doubled, true, "the first half alone has the promised digest");
        yield return Document("more, size unknown", ImagePart.Manifest, manifest, null, [.. manifest, .. "\n"u8], FingerprintKind.Surplus, true, $"its first {manifest.Length} bytes have the promised digest, and more follow");
        yield return Document("empty", ImagePart.Manifest, manifest, null, [], FingerprintKind.Empty, false, "not one byte came");
        yield return Document("an error", ImagePart.Config, config, config.Length, """{"message":"quota"}"""u8.ToArray(), FingerprintKind.Json, false, "it is a JSON document with 'message' in it, not a config");
        yield return Document("a manifest", ImagePart.Config, config, config.Length, manifest, FingerprintKind.Json, false, "it is a JSON document with 'schemaVersion', 'mediaType', 'config', 'layers' in it, not a config");
        yield return Document("a config", ImagePart.Manifest, manifest, manifest.Length, config, FingerprintKind.Json, false, "it is a JSON document with 'architecture', 'os', 'rootfs' in it, not a manifest");
        yield return Document("a list", ImagePart.Manifest, manifest, null, "[]"u8.ToArray(), FingerprintKind.Json, false, "it is a JSON document with nothing in it, not a manifest");
        yield return Document("a page", ImagePart.Manifest, manifest, manifest.Length, "<HTML>"u8.ToArray(), FingerprintKind.Html, false, "it starts like an HTML page");
        yield return Document("a UTF-16 page", ImagePart.Config, config, config.Length, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("<html>")], FingerprintKind.Html, false, "it starts like an HTML page");
        yield return Document("cut", ImagePart.Config, config, config.Length, config[..100], FingerprintKind.Truncated, false, $"only 100 of {config.Length} bytes came");
        yield return Document("another manifest", ImagePart.Manifest, manifest, null, """{"schemaVersion":2,"config":{},"layers":[]}"""u8.ToArray(), null, false, "");
    }

    [TestCaseSource(nameof(WrongDocuments))]
    public async Task Names_what_came_in_place_of_a_document(BlobPromise promise, byte[] served, Fingerprint? expected)
    {
        var paths = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var retrace = await Retraces.RunAsync(request => Told(Retraces.Serve(request, served), () => paths.Enqueue(request.Path)), promise);
        Assert.That(retrace.Fetches.Where(fetch => fetch.Fault is null).Select(fetch => fetch.Fingerprint), Is.All.EqualTo(expected));
        Assert.That(paths, Is.All.EqualTo($"/v2/app/web/{(promise.Part == ImagePart.Manifest ? "manifests" : "blobs")}/{promise.Digest}"));
    }

    [Test]
    public async Task Sees_nothing_in_other_bytes_of_the_same_size()
    {
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, Altered(Layer)));
        Assert.That(Retraces.Lines(retrace), Is.EqualTo(new[] { $"Plain 200 {Layer.Length} wrong", $"Again 200 {Layer.Length} wrong", $"Ranges 206 {Layer.Length} wrong" }));
    }

    [Test]
    public async Task Takes_zeros_in_a_layer_that_nobody_packs_for_what_they_are()
    {
        var tar = Good.Tar;
        var promise = new BlobPromise(ImagePart.Layer, Digest.Of(tar), tar.Length, new(Digest.Of(tar)));
        var retrace = await Retraces.RunAsync(request => Retraces.Serve(request, Altered(tar)), promise);
        Assert.That(retrace.Fetches.Select(fetch => fetch.Fingerprint), Is.All.Null);
    }

    [Test]
    public async Task Knows_both_digests_when_they_are_by_different_algorithms()
    {
        var sha512 = Digest.Of(Layer, Digest.Parse("sha512:" + new string('0', 128)));
        var promise = Retraces.Promise with { Digest = sha512 };
        var right = await Retraces.RunAsync(request => Retraces.Serve(request, Layer), promise);
        var unpacked = await Retraces.RunAsync(request => Retraces.Serve(request, Good.Tar), promise);
        var flipped = await Retraces.RunAsync(request => Retraces.Serve(request, [.. Layer, .. Layer]), promise);
        Assert.That(right.Fetches.Select(fetch => fetch.Digest), Is.All.EqualTo(sha512));
        Assert.That(unpacked.Fetches.Select(fetch => fetch.Fingerprint?.Kind), Is.All.EqualTo(FingerprintKind.Gunzipped));
        Assert.That(flipped.Fetches.Select(fetch => fetch.Fingerprint?.Kind), Is.All.EqualTo(FingerprintKind.Doubled));
    }

    [Test]
    public void Finds_the_bit_wherever_it_is([Values(0, 1, 55, 56, 63, 64, 1000, 2047)] int at, [Values(0, 7)] int bit)
    {
        var right = ProperTar[..2048];
        Assert.That(BitHunt.Find(Flipped(right, at, bit), Digest.Of(right), CancellationToken.None), Is.EqualTo((at, bit)));
        Assert.That(BitHunt.Find(Flipped(Flipped(right, at, bit), 7, 1), Digest.Of(right), CancellationToken.None), Is.Null, "two bits");
    }

    [TestCase("<", Description = "one letter")]
    [TestCase("<<<<")]
    [TestCase("<\u0001\u0002>")]
    [TestCase("{\u0001")]
    [TestCase("[")]
    [TestCase("<!-- never closed")]
    [TestCase("text that says <html>")]
    [TestCase("")]
    public void Takes_no_chance_bytes_for_a_page(string text) =>
        Assert.That(PageSign.Read(Encoding.UTF8.GetBytes(text), ImagePart.Layer), Is.Null);

    [Test]
    public void Is_quick_with_what_was_made_to_be_slow([Values("<!-- --><!-- ", "<!doctype ", "<?xml ?>", "<title", "<Code>", "{\"a\":", "[")] string part)
    {
        var text = "<?xml " + string.Concat(Enumerable.Repeat(part, 16_000 / part.Length));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        PageSign.Read(Encoding.UTF8.GetBytes(text), ImagePart.Layer);
        PageSign.Read(Encoding.UTF8.GetBytes(text[6..]), ImagePart.Layer);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    private static TestCaseData Case(string name, byte[] promised, ReadOnlySpan<byte> served, FingerprintKind kind, bool isProven, string sentence) =>
        new TestCaseData(promised, served.ToArray(), new Fingerprint(kind, sentence, isProven)).SetArgDisplayNames(name);

    private static TestCaseData Document(string name, ImagePart part, byte[] right, long? size, byte[] served, FingerprintKind? kind, bool isProven, string sentence) =>
        new TestCaseData(new BlobPromise(part, Digest.Of(right), size), served, kind is { } known ? new Fingerprint(known, sentence, isProven) : null).SetArgDisplayNames(name);

    private static FakeReply Told(FakeReply reply, Action tell)
    {
        tell();
        return reply;
    }

    private static byte[] Altered(byte[] bytes)
    {
        var other = bytes.ToArray();
        other[100] ^= 0xFF;
        other[20_000] ^= 0x10;
        return other;
    }

    private static byte[] Flipped(byte[] bytes, int at, int bit)
    {
        var other = bytes.ToArray();
        other[at] ^= (byte)(1 << bit);
        return other;
    }

    private static byte[] Zeroed(byte[] bytes, int at, int count)
    {
        var other = bytes.ToArray();
        other.AsSpan(at, count).Clear();
        return other;
    }
}
