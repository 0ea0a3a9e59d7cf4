using System.Collections.Concurrent;
using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class ResumingTests
{
    private static readonly Pulls Good = new();
    private static readonly byte[] Layer = Good.Layer;

    private static readonly RegistryLimits Limits = Pulls.Quick with { ResumeBytes = 512 };

    [Test]
    public async Task Asks_for_no_byte_twice_however_often_it_is_cut([Values(1, 1_000, 4_097, 20_000, 65_536, 149_999)] int first, [Values(512, 7_777, 100_000)] int then)
    {
        var offsets = new ConcurrentQueue<int>();
        var sent = 0L;
        var proof = await ReadAsync(request =>
        {
            var (from, isPart) = RangeOf(request);
            offsets.Enqueue(from);
            var count = Math.Min(isPart ? then : first, Layer.Length - from);
            Interlocked.Add(ref sent, count);
            return Part(Layer, from, count, isPart);
        });
        Assert.That((proof.Digest, proof.DiffId.Value, proof.SizeBytes), Is.EqualTo((Digest.Of(Layer), Digest.Of(Good.Tar), (long)Layer.Length)));
        Assert.That(sent, Is.EqualTo(Layer.Length), "bytes the server sent");
        Assert.That(offsets, Is.Ordered.And.Unique);
    }

    [Test]
    public async Task Gives_up_where_each_part_brings_next_to_nothing()
    {
        var asked = 0;
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(request =>
        {
            Interlocked.Increment(ref asked);
            var (from, isPart) = RangeOf(request);
            return Part(Layer, from, 100, isPart);
        }));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
        Assert.That(asked, Is.EqualTo(3 * (1 + Limits.Resumes)));
    }

    [Test]
    public async Task Hashes_on_from_where_it_was_cut_and_reads_anew_only_what_does_not_match()
    {
        var wrong = Layer.ToArray();
        wrong[^100] ^= 1;
        var asked = new ConcurrentQueue<string?>();
        var proof = await ReadAsync(request =>
        {
            asked.Enqueue(request.Headers.GetValueOrDefault("Range"));
            var (from, isPart) = RangeOf(request);
            return asked.Count > 3 ? new(200, Layer) : Part(wrong, from, Math.Min(60_000, wrong.Length - from), isPart);
        });
        Assert.That(proof.Digest, Is.EqualTo(Digest.Of(Layer)));
        Assert.That(asked, Is.EqualTo(new[] { null, "bytes=60000-", "bytes=120000-", null }));
    }

    private static (int From, bool IsPart) RangeOf(FakeRequest request) =>
        request.Headers.GetValueOrDefault("Range") is { } range ? (int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture), true) : (0, false);

    // the connection ends behind these bytes, unless they are the last
    private static FakeReply Part(byte[] body, int from, int count, bool isPart)
    {
        var reply = new FakeReply(isPart ? 206 : 200, body[from..(from + count)]) { Announced = body.Length - from };
        return isPart ? reply.With("Content-Range", $"bytes {from}-{body.Length - 1}/{body.Length}") : reply;
    }

    private static async Task<LayerProof> ReadAsync(Func<FakeRequest, FakeReply> serve)
    {
        await using var server = FakeServer.Start(serve);
        using var client = Pulls.Client(Limits);
        return await client.ReadLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, null, CancellationToken.None);
    }
}
