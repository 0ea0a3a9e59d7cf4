using System.Buffers.Binary;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class UnpackedSizeTests
{
    private const long GiB = 1L << 30;

    private static readonly byte[] Layer = Retraces.Layer;

    [TestCase(100L, 30L, 100L)]
    [TestCase(4_294_967_295L, 1000L, 4_294_967_295L)]
    [TestCase(0L, 20L, 0L)]
    [TestCase(GiB, 3 * GiB, 5 * GiB, Description = "once around")]
    [TestCase(GiB, 6 * GiB, 9 * GiB, Description = "twice around")]
    [TestCase(3 * GiB, 3 * GiB, 3 * GiB)]
    [TestCase((3 * GiB) - 400_000, 3 * GiB, (3 * GiB) - 400_000, Description = "deflate made it larger")]
    [TestCase(1000L, 1_000_000L, null, Description = "the last of several members")]
    [TestCase(1024L, 1_000_000L, null, Description = "4 GiB out of one MiB are not believed")]
    public void Reads_the_end_of_a_gzip(long named, long packed, long? expected)
    {
        var trailer = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, 0x12345678);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(4), (uint)named);
        Assert.That(UnpackedSize.Read(new(MediaType.OciLayerGzip, Digest.Of([]), packed), trailer, 200), Is.EqualTo(expected));
    }

    [TestCase(30_000_000L)]
    [TestCase(30_000_000_000L)]
    public void Believes_no_end_of_zeros(long packed) =>
        Assert.That(UnpackedSize.Read(new(MediaType.OciLayerGzip, Digest.Of([]), packed), new byte[8], 200), Is.Null, "eStargz, or a tar");

    [TestCase("28B52FFD2064", 30L, 100L, Description = "one byte")]
    [TestCase("28B52FFD600001", 30L, 512L, Description = "two bytes, 256 added")]
    [TestCase("28B52FFD40500001", 30L, 512L, Description = "behind a window")]
    [TestCase("28B52FFD435001020304FFFF", 300L, 65_791L, Description = "behind a window and a dictionary")]
    [TestCase("28B52FFDA000000080", 30L, 2 * GiB, Description = "four bytes")]
    [TestCase("28B52FFDE00000000005000000", 30L, 20 * GiB, Description = "eight bytes")]
    [TestCase("28B52FFDE0FFFFFFFFFFFFFFFF", 30L, null, Description = "more than a file can have")]
    [TestCase("28B52FFD0050", 30L, null, Description = "not said")]
    [TestCase("28B52FFDE000000000", 30L, null, Description = "cut")]
    [TestCase("28B52FFD2064", 5_000_000L, null, Description = "the first of several frames")]
    [TestCase("502A4D1804000000AABBCCDD28B52FFD2064", 30L, null, Description = "a frame to be skipped")]
    [TestCase("1F8B0800", 30L, null)]
    [TestCase("", 30L, null)]
    public void Reads_the_start_of_a_zstd_frame(string header, long packed, long? expected) =>
        Assert.That(UnpackedSize.Read(new(MediaType.OciLayerZstd, Digest.Of([]), packed), Convert.FromHexString(header), 200), Is.EqualTo(expected));

    [Test]
    public async Task Asks_for_eight_bytes()
    {
        await using var server = FakeServer.Start(request => Retraces.Serve(request, Layer));
        using var client = Pulls.Client();
        var size = await client.UnpackedSizeAsync(Pulls.Image(server.Authority), Retraces.Good.LayerDescriptor, CancellationToken.None);
        Assert.That(size, Is.EqualTo(Retraces.Good.Tar.Length));
        Assert.That(server.Requests.Select(request => request.Headers["Range"]), Is.EqualTo(new[] { $"bytes={Layer.Length - 8}-{Layer.Length - 1}" }));
    }

    [Test]
    public async Task Asks_nobody_for_a_plain_tar_or_an_unknown_kind()
    {
        await using var server = FakeServer.Start(request => Retraces.Serve(request, Layer));
        using var client = Pulls.Client();
        Task<long?> TellAsync(string type, long size) => client.UnpackedSizeAsync(Pulls.Image(server.Authority), new(type, Digest.Of(Layer), size), CancellationToken.None);
        Assert.That(
            new[] { await TellAsync(MediaType.OciLayer, 4711), await TellAsync("text/html", 4711), await TellAsync(MediaType.OciLayerGzip, 5), await TellAsync(MediaType.OciLayerZstd, 0) },
            Is.EqualTo(new long?[] { 4711, null, null, null }));
        Assert.That(server.Requests, Is.Empty);
    }

    [TestCase("whole")]
    [TestCase("endless")]
    [TestCase("404")]
    [TestCase("429")]
    [TestCase("other piece")]
    [TestCase("other size")]
    [TestCase("cut")]
    [TestCase("longer")]
    [TestCase("packed")]
    [TestCase("reset")]
    public async Task Says_nothing_where_it_was_not_told(string answer)
    {
        await using var server = FakeServer.Start(request => answer switch
        {
            "whole" => new(200, Layer),
            "endless" => new(200, Layer) { IsEndless = true },
            "404" => new(404, []),
            "429" => new(429, []),
            "other piece" => new FakeReply(206, Layer[..8]).With("Content-Range", $"bytes 0-7/{Layer.Length}"),
            "other size" => Retraces.Serve(request, [.. Layer, 1, 2]),
            "cut" => Retraces.Serve(request, Layer) with { Announced = 8, Body = Layer[^8..^4] },
            "longer" => Retraces.Serve(request, Layer) with { Body = [.. Layer[^8..], 1] },
            "packed" => Retraces.Serve(request, Layer).With("Content-Encoding", "gzip"),
            _ => new(200, []) { Resets = true },
        });
        using var client = Pulls.Client();
        var size = await client.UnpackedSizeAsync(Pulls.Image(server.Authority), Retraces.Good.LayerDescriptor, CancellationToken.None);
        Assert.That(size, Is.Null);
    }
}
