using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class ZstdReadingTests
{
    private static readonly byte[] Text = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Range(0, 400).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i * i}\n"))));

    // zstd 1.5.4 -19 --check of the text above
    private static readonly byte[] Packed = Convert.FromBase64String("""
        KLUv/QRoTRoA2mK0ChKwpZADjuCSQElLZMsKrIhDBgGmAKUApQBhRGhxCDknnenqSu28lo+Pw9IQMvzzDmyFY1AaN7PaezsHJ9S80WVV1URJ0qapfNWjUHfM67obSpvxbbjFDyEtCp8p
        wyxSV3bk8w5BaIee0dkqkT6H0p9aQkhfvd/OGCRvWsdLx4QK79dUYbIkU6u46E0oOv5OHTaWPErbO3wKadlHpTZLX6dzBgehHU7prFLnMj4WIf27HaVt6tch9N4JNAAYCBAIYZIzvMOv
        M1JnfiglfBQstpD2g9wh7TtKpXXjqBnv0FEKRc+7uGo0VZLUya/4a8brCDUOh5ehHm9qaR6DtCH360uFrGXi0ygXc6BUrmLHO2MOl9ByoOL8O/KVlz6zTMn5TLBIEDL441vc0uNFsmwo
        9fu6jqhQ9UJcjWoxDSXhRFbf5XkxoeYIeqt64mYu+WO81e8wfkfIsTx8HMqGeUG6V7sTPmcHCq3UHKZx06bSLHMh78vcD22EMViaN5V6+rIOh1Dhldes4iZLkj711czF8RyECo76Hakp
        G1daR4n2vIN+mJCzWB9pSvn8kTrrhA7DGewwCy0OklPaeawN6ZyD5ezDWYKEVPD9e28940Zy2CjU4ld2iAglnvRSK4lJIQknsZJdmicSSnbIX72W2Wgkh3Ghte/ZtwgpltAPW07MEdK5
        lp3vlDloQssBgomXqiOXg2xjEcrioMjbSu2QzVCkUcaYtCK5w7t/KuTU0tCP3fLSeVKp7epoZ9hz7EKsQqsO8zj36MTE6hDSHfMcZSU+bkweIWSEX8YdFq0WYygkn5sZ1hu+DVwEUyjT
        C+HlsnpwYlAScpqx2nhV3MIn1OeI2euw+t6GnmTZ+K5ld0tsH05IziLbZ7SS2iyX9NHKUUeCzlsLtIQWObw6o+o4tAaBj6gRIBCLvB7Rl3QRJBz+MQFEIzkCpCJZApQiMYmIIjKJiEIy
        A6REcgKERnICJOL+iLqKV+WoCpLQed8iTyM7z43o1j4fPe/aaNueRj7X6/r5Oe95V6dde73znaPhnHG/4vPyjy5/vBT3yTsxjzwQ86XLPl1edLlYr8mwiI2sYmGJWWw7S9gyymU51rJo
        x9YKYMBcAQFUFSZKjhg=
        """);

    [Test]
    public async Task Proves_a_good_layer([Values(MediaType.OciLayerZstd, MediaType.OciLayerGzip)] string type)
    {
        var proof = await ReadAsync(Packed, type);
        Assert.That(proof, Is.EqualTo(new LayerProof(Digest.Of(Packed), Packed.Length, new(Digest.Of(Text)), Text.Length) { IsZstd = true }));
    }

    [Test]
    public async Task Takes_several_frames_and_skips_what_is_to_be_skipped()
    {
        byte[] packed = [.. Skippable(3), .. Packed, .. Frame("and "u8, 20), .. Skippable(70_000), .. Frame([], 10), .. Frame("more"u8, 20), .. Skippable(0)];
        var proof = await ReadAsync(packed);
        Assert.That(proof.DiffId.Value, Is.EqualTo(Digest.Of([.. Text, .. "and more"u8])));
    }

    [Test]
    public async Task Refuses_every_cut()
    {
        byte[] packed = [.. Frame("first"u8, 20), .. Packed];
        var first = packed.Length - Packed.Length;
        for (var length = 4; length < packed.Length; length += length < 40 ? 1 : 101)
        {
            if (length == first) continue;
            var part = packed[..length];
            var fault = await FaultAsync(part);
            Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Malformed, $"layer {Digest.Of(part)} cannot be unpacked: the zstd stream is cut")));
        }
    }

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(300_000)]
    public async Task Refuses_anything_behind_the_last_frame(int extra)
    {
        var fault = await FaultAsync([.. Packed, .. Enumerable.Repeat((byte)'x', extra)]);
        Assert.That(fault.Fault, Is.EqualTo(Fault.Malformed));
    }

    [TestCase(-1, Description = "its checksum")]
    [TestCase(4, Description = "its header")]
    [TestCase(500, Description = "its blocks")]
    public async Task Refuses_a_damaged_frame(int at)
    {
        var packed = Packed.ToArray();
        packed[at < 0 ? packed.Length + at : at] ^= 8;
        Assert.That((await FaultAsync(packed)).Fault, Is.EqualTo(Fault.Malformed));
    }

    [Test]
    public async Task Calls_an_altered_layer_altered()
    {
        var packed = Packed.ToArray();
        packed[^1] ^= 1;
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(packed, new Descriptor(MediaType.OciLayerZstd, Digest.Of(Packed), Packed.Length)));
        Assert.That((fault.Fault, fault.Observed), Is.EqualTo((Fault.Corrupt, Digest.Of(packed).ToString())));
    }

    [TestCase(27, false)]
    [TestCase(28, true)]
    [TestCase(41, true)]
    public async Task Gives_a_frame_no_more_than_128_MiB(int windowLog, bool isTooLarge)
    {
        byte[] packed = [.. Packed, .. Frame("large"u8, windowLog)];
        if (!isTooLarge)
        {
            Assert.That((await ReadAsync(packed)).TarBytes, Is.EqualTo(Text.Length + 5));
            return;
        }

        var fault = await FaultAsync(packed);
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Unsupported,
            $"layer {Digest.Of(packed)} cannot be unpacked here: a zstd frame of it needs a window of more than 128 MiB: its tar was not hashed")));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Lets_one_large_window_after_the_other_have_its_memory()
    {
        byte[] packed = [.. Frame("large"u8, 27), .. Zeros(30 << 20)];
        var proofs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReadAsync(packed)));
        Assert.That(proofs.Select(proof => proof.TarBytes), Is.All.EqualTo((30 << 20) + 5));
    }

    [Test]
    public async Task Stops_unpacking_a_bomb_at_the_limit()
    {
        // a gigabyte in 32 KiB
        var bomb = Zeros(1 << 30);
        var fault = await FaultAsync(bomb, Pulls.Quick with { Unpack = new(TarBytes: 3 << 20) });
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Malformed, $"layer {Digest.Of(bomb)} unpacks to more than {3 << 20} bytes")));
    }

    [Test]
    public async Task Stops_unpacking_a_bomb_long_before_the_limit()
    {
        var bomb = Zeros(1 << 30);
        var fault = await FaultAsync(bomb, Pulls.Quick with { Unpack = new(BombBytes: 1 << 20) });
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unsupported));
        Assert.That(fault.Message, Does.StartWith($"layer {Digest.Of(bomb)} looks like a bomb, {bomb.Length} bytes unpacked to more than "));
    }

    [Test]
    public async Task Says_which_library_is_missing()
    {
        var fault = await Pulls.FaultOfAsync(() => ReadAsync(Packed, Of(Packed), unpacking: new(true, false)));
        Assert.That(fault.Message, Does.Contain("packed with zstd, which this program cannot unpack without libzstd.so.1"));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unsupported));
    }

    private static Descriptor Of(byte[] packed, string type = MediaType.OciLayerZstd) => new(type, Digest.Of(packed), packed.Length);

    /// <summary>A frame of one raw block (RFC 8878, 3.1.1).</summary>
    private static byte[] Frame(ReadOnlySpan<byte> content, int windowLog) =>
        [0x28, 0xB5, 0x2F, 0xFD, 0, (byte)((windowLog - 10) << 3), .. Block(content.Length, 0, isLast: true), .. content];

    /// <summary>A frame of blocks that say how often to repeat a zero.</summary>
    private static byte[] Zeros(int count)
    {
        const int Block = 128 << 10;
        List<byte> frame = [0x28, 0xB5, 0x2F, 0xFD, 0, 7 << 3];
        for (; count > 0; count -= Block) frame.AddRange([.. ZstdReadingTests.Block(Math.Min(count, Block), 1, count <= Block), 0]);
        return [.. frame];
    }

    private static byte[] Block(int size, int kind, bool isLast)
    {
        var header = (size << 3) | (kind << 1) | (isLast ? 1 : 0);
        return [(byte)header, (byte)(header >> 8), (byte)(header >> 16)];
    }

    private static byte[] Skippable(int size)
    {
        var frame = new byte[8 + size];
        frame.AsSpan().Fill(0xAA);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, 0x184D2A53);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), size);
        return frame;
    }

    private static Task<SourceFault> FaultAsync(byte[] packed, RegistryLimits? limits = null) =>
        Pulls.FaultOfAsync(() => ReadAsync(packed, Of(packed), limits));

    private static Task<LayerProof> ReadAsync(byte[] packed, string type = MediaType.OciLayerZstd) => ReadAsync(packed, Of(packed, type));

    private static async Task<LayerProof> ReadAsync(byte[] packed, Descriptor layer, RegistryLimits? limits = null, Unpacking? unpacking = null)
    {
        await using var server = FakeServer.Start(_ => new(200, packed));
        using var client = Pulls.Client(limits, unpacking: unpacking);
        return await client.ReadLayerAsync(Pulls.Image(server.Authority), layer, null, CancellationToken.None);
    }
}
