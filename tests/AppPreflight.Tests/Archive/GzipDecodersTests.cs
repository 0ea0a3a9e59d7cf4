using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using AppPreflight.Registry;
using NUnit.Framework;

namespace AppPreflight.Archive;

/// <summary>ISA-L and the framework's decoder against each other: one verdict, the same bytes.</summary>
internal sealed class GzipDecodersTests
{
    private const int HeaderCrc = 2;
    private const int Extra = 4;
    private const int Name = 8;
    private const int Comment = 16;

    [Test]
    public void Finds_the_library_and_trusts_it() => Assert.That(IsalInflate.IsUsable, Is.True, "tests/setup.sh installs libisal2");

    [Test]
    [CancelAfter(120_000)]
    public async Task Agree_on_mutated_streams([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        var verdicts = new int[2];
        for (var i = 0; i < 2100; i++)
        {
            var packed = i % 3 == 0 ? Resealed(random) : Mutated(random, Stream(random));
            var (chunk, read) = (random.Next(16, 400), random.Next(1, 9000));
            var isal = await Bodies.UnpackAsync(packed, body => new GzipTar(body), chunk, read);
            var managed = await Bodies.UnpackAsync(packed, body => new ManagedGzipTar(body), chunk, read);
            if (isal is null != managed is null || !isal.AsSpan().SequenceEqual(managed))
                Assert.Fail($"seed {seed}, stream {i}: ISA-L {isal?.Length.ToString() ?? "refuses"}, managed {managed?.Length.ToString() ?? "refuses"}: {Convert.ToBase64String(packed)}");
            verdicts[isal is null ? 0 : 1]++;
        }

        Assert.That(verdicts, Has.All.GreaterThan(200), "streams that are refused, streams that are not");
    }

    [Test]
    public async Task Take_every_kind_of_header([Range(0, 31)] int flags)
    {
        var text = Encoding.ASCII.GetBytes(new string('x', 5000));
        var packed = Member(text, (byte)flags, CompressionLevel.Optimal);
        foreach (var chunk in new[] { 16, 17, 23, 1000 })
            Assert.That(await BothAsync(packed, chunk), Is.EqualTo(text));
    }

    [TestCase(0x20)]
    [TestCase(0x40)]
    [TestCase(0x80)]
    public async Task Refuse_reserved_flags(int flag) => Assert.That(await BothAsync(Member([1, 2, 3], (byte)flag, CompressionLevel.Optimal), 100), Is.Null);

    [Test]
    public async Task Refuse_a_header_with_a_wrong_crc()
    {
        var packed = Member([1, 2, 3], HeaderCrc, CompressionLevel.Optimal);
        packed[10] ^= 1;
        Assert.That(await BothAsync(packed, 100), Is.Null);
    }

    [TestCase(-8, Description = "the CRC")]
    [TestCase(-4, Description = "the size")]
    [TestCase(-1, Description = "the size's highest byte")]
    public async Task Refuse_a_wrong_trailer(int at)
    {
        var packed = Member(new byte[1000], 0, CompressionLevel.Optimal);
        packed[packed.Length + at] ^= 4;
        Assert.That(await BothAsync(packed, 100), Is.Null);
    }

    [Test]
    public async Task Refuse_every_cut()
    {
        byte[] packed = [.. Member(new byte[3000], HeaderCrc | Extra | Name | Comment, CompressionLevel.Optimal), .. Member("end"u8.ToArray(), Name, CompressionLevel.NoCompression)];
        var first = Member(new byte[3000], HeaderCrc | Extra | Name | Comment, CompressionLevel.Optimal).Length;
        for (var length = 1; length < packed.Length; length++)
            Assert.That(await BothAsync(packed[..length], 16) is not null, Is.EqualTo(length == first), $"{length} of {packed.Length} bytes");
    }

    [Test]
    public async Task Take_thousands_of_members()
    {
        var member = Member("ab"u8.ToArray(), Name, CompressionLevel.Optimal);
        var packed = Enumerable.Repeat(member, 5000).SelectMany(bytes => bytes).ToArray();
        Assert.That((await BothAsync(packed, 1000))!.Length, Is.EqualTo(10_000));
    }

    [Test]
    public async Task Differ_in_one_thing_only()
    {
        // literal codes that leave half of the code space unused: docs/decisions/0020
        var packed = Convert.FromBase64String("H4sIAAAAAAAAAwXAgQAAAACAINb9JQ4QLXMH8AMAAAA=");
        Assert.That(await Bodies.UnpackAsync(packed, body => new GzipTar(body), 100, 100), Is.EqualTo("aaa"u8.ToArray()));
        Assert.That(await Bodies.UnpackAsync(packed, body => new ManagedGzipTar(body), 100, 100), Is.Null);
    }

    private static async Task<byte[]?> BothAsync(byte[] packed, int chunkBytes)
    {
        var isal = await Bodies.UnpackAsync(packed, body => new GzipTar(body), chunkBytes, 777);
        var managed = await Bodies.UnpackAsync(packed, body => new ManagedGzipTar(body), chunkBytes, 777);
        Assert.That(isal, Is.EqualTo(managed));
        return isal;
    }

    // members of all kinds of blocks: stored, fixed and dynamic codes, far matches
    private static byte[] Stream(Random random)
    {
        var members = Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
            Member(Text(random), (byte)(random.Next(3) == 0 ? random.Next(32) : 0), (CompressionLevel)random.Next(4)));
        return [.. members.SelectMany(bytes => bytes)];
    }

    private static byte[] Text(Random random)
    {
        var text = new byte[random.Next(4) switch { 0 => random.Next(20), 1 => random.Next(300), 2 => random.Next(5000), _ => random.Next(70_000) }];
        var start = random.Next(text.Length + 1);
        random.NextBytes(text.AsSpan(start, Math.Min(random.Next(600), text.Length - start)));
        for (var i = 0; i < text.Length; i += random.Next(1, 40)) text[i] = (byte)random.Next('a', 'f');
        return text;
    }

    private static byte[] Mutated(Random random, byte[] packed)
    {
        var bytes = packed.ToList();
        for (var i = random.Next(4); i > 0 && bytes.Count > 4; i--)
        {
            // half of them near the start or the end, where headers and trailers are
            var at = random.Next(4) switch { 0 => 3 + random.Next(Math.Min(bytes.Count - 3, 20)), 1 => Math.Max(3, bytes.Count - 1 - random.Next(12)), _ => random.Next(3, bytes.Count) };
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(random.Next(at), 1)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                default: bytes.AddRange(Enumerable.Repeat((byte)random.Next(2), random.Next(1, 30))); break;
            }
        }

        return [.. bytes];
    }

    // an altered deflate stream in a member that names what comes out of it: only the codes themselves decide
    private static byte[] Resealed(Random random)
    {
        var deflated = Mutated(random, [0, 0, 0, .. Deflate(Text(random), (CompressionLevel)random.Next(4))])[3..];
        byte[] text;
        try
        {
            using var inflate = new DeflateStream(new MemoryStream(deflated), CompressionMode.Decompress);
            using var all = new MemoryStream();
            inflate.CopyTo(all);
            text = all.ToArray();
        }
        catch (InvalidDataException)
        {
            text = [];
        }

        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, .. deflated, .. Trailer(text)];
    }

    private static byte[] Member(byte[] text, byte flags, CompressionLevel level)
    {
        List<byte> header = [0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 0, 3];
        if ((flags & Extra) != 0) header.AddRange([5, 0, 1, 2, 0, 4, 5]);
        if ((flags & Name) != 0) header.AddRange("layer.tar\0"u8);
        if ((flags & Comment) != 0) header.AddRange("a comment\0"u8);
        if ((flags & HeaderCrc) != 0)
        {
            var crc = Crc([.. header]);
            header.AddRange([(byte)crc, (byte)(crc >> 8)]);
        }

        return [.. header, .. Deflate(text, level), .. Trailer(text)];
    }

    private static byte[] Deflate(byte[] text, CompressionLevel level)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, level)) deflate.Write(text);
        return packed.ToArray() is { Length: > 0 } bytes ? bytes : [3, 0];
    }

    private static byte[] Trailer(byte[] text)
    {
        var trailer = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc(text));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(4), (uint)text.Length);
        return trailer;
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var i = 0; i < 8; i++) crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0xEDB88320);
        }

        return ~crc;
    }
}
