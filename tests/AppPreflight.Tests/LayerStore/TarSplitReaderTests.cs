using System.Diagnostics;
using System.Text;
using AppPreflight.Archive;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>A tar-split is read whole or not at all.</summary>
internal sealed class TarSplitReaderTests
{
    private const string Start = """{"type":2,"payload":"AAEC","position":0}""" + "\n";

    [Test]
    public void Gives_the_pieces_as_they_stand()
    {
        using var reader = Over(Start + """{"type":1,"name":"d\u00e4/\u003cx\u003e \"q\"","size":5,"payload":"AQIDBAUGBwg=","position":1}""" + "\n"
            + """{"type":1,"name_raw":"Yf8=","payload":null,"position":2}""" + "\n" + """{"type":2,"payload":"","position":3}""" + "\n");
        Assert.That(reader.Read());
        Assert.That((reader.Piece, Convert.ToHexString(reader.Segment.Span), reader.Size), Is.EqualTo((TarSplitPiece.Segment, "000102", 0L)));
        Assert.That(reader.Read());
        Assert.That((reader.Piece, Encoding.UTF8.GetString(reader.Name.Span), reader.Size, reader.Checksum), Is.EqualTo((TarSplitPiece.File, "dä/<x> \"q\"", 5L, 0x0102030405060708UL)));
        Assert.That(reader.Read());
        Assert.That((Convert.ToHexString(reader.Name.Span), reader.Size, reader.Checksum), Is.EqualTo(("61FF", 0L, 0UL)));
        Assert.That(reader.Read());
        Assert.That((reader.Piece, reader.Segment.Length), Is.EqualTo((TarSplitPiece.Segment, 0)));
        Assert.That(reader.Read(), Is.False);
        Assert.That(reader.Piece, Is.EqualTo(TarSplitPiece.None));
    }

    [TestCase("\n")]
    [TestCase("[]\n")]
    [TestCase("7\n")]
    [TestCase("{}\n")]
    [TestCase("""{"type":2,"payload":"AAEC","position":1}""")]
    [TestCase("""{"type":2,"payload":"AAEC","position":-1}""")]
    [TestCase("""{"type":2,"payload":"AAEC","position":0.5}""")]
    [TestCase("""{"type":2,"payload":"AAEC","position":0""")]
    [TestCase("""{"type":2,"payload":"AAEC"}""")]
    [TestCase("""{"type":2,"position":0}""")]
    [TestCase("""{"payload":"AAEC","position":0}""")]
    [TestCase("""{"type":3,"payload":"AAEC","position":0}""")]
    [TestCase("""{"type":2,"payload":"AA!C","position":0}""")]
    [TestCase("""{"type":2,"payload":"AAE","position":0}""")]
    [TestCase("""{"type":2,"payload":[],"position":0}""")]
    [TestCase("""{"type":2,"payload":"AAEC","position":0}{}""")]
    [TestCase("""{"type":2,"payload":"AAEC","position":0,"position":0}""")]
    [TestCase("""{"type":2,"payload":"AAEC","position":0,"more":1}""")]
    [TestCase("""{"type":2,"name":"a","payload":"AAEC","position":0}""")]
    [TestCase("""{"type":2,"size":3,"payload":"AAEC","position":0}""")]
    [TestCase("""{"type":1,"name":"a","size":3,"payload":null,"position":0}""")]
    [TestCase("""{"type":1,"name":"a","size":3,"payload":"AAEC","position":0}""")]
    [TestCase("""{"type":1,"name":"a","payload":"AQIDBAUGBwg=","position":0}""")]
    [TestCase("""{"type":1,"name":"a","size":-3,"payload":"AQIDBAUGBwg=","position":0}""")]
    [TestCase("""{"type":1,"name":"a","size":99999999999999999999,"payload":"AQIDBAUGBwg=","position":0}""")]
    [TestCase("""{"type":1,"name":"\ud800","payload":null,"position":0}""")]
    [TestCase("""{"type":1,"name":"a","name_raw":"YQ==","payload":null,"position":0}""")]
    [TestCase("""{"type":1,"name":7,"payload":null,"position":0}""")]
    public void Refuses_what_no_engine_writes(string json) => Refuses(() => Drain(Over(json)));

    [Test]
    public void Refuses_a_lost_a_doubled_and_an_exchanged_line()
    {
        var lines = Encoding.UTF8.GetString(Sample()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Refuses(() => Drain(Over(string.Join('\n', lines.Where((_, index) => index != 2)))));
        Refuses(() => Drain(Over(string.Join('\n', lines.Append(lines[^1])))));
        Refuses(() => Drain(Over(string.Join('\n', lines.Select((_, index) => lines[index switch { 1 => 3, 3 => 1, _ => index }])))));
    }

    [Test]
    public void Keeps_its_bounds()
    {
        Refuses(() => Drain(Over($$"""{"type":1,"name":"{{new string('a', 4097)}}","payload":null,"position":0}""")));
        Assert.That(Drain(Over($$"""{"type":1,"name":"{{new string('a', 4096)}}","payload":null,"position":0}""")), Is.EqualTo(1));
        Refuses(() => Drain(TarSplitReader.OverJson(new Repeating("                "u8.ToArray()))));
        Assert.That(Drain(Over($$"""{"type":2,"payload":"{{new string('A', 12_000_000)}}","position":0}""")), Is.EqualTo(1));
    }

    [TestCase(1, 600, true)]
    [TestCase(40, 300_000, true)]
    [TestCase(70, 300_000, false)]
    public void Keeps_the_pieces_for_the_second_reading_while_they_are_few(int segments, int bytes, bool isKept)
    {
        var lines = new StringBuilder();
        var position = 0;
        for (var i = 0; i < segments; i++)
        {
            TarSplitMaker.Segment(lines, ref position, Enumerable.Repeat((byte)i, bytes).ToArray());
            TarSplitMaker.File(lines, ref position, $"f{i}", [1, 2, 3]);
        }

        using var skeleton = new TarSkeleton();
        using var reader = TarSplitReader.OverJson(new MemoryStream(Encoding.UTF8.GetBytes(lines.ToString())));
        while (reader.Read()) skeleton.Keep(reader);
        var kept = skeleton.Pieces.Select(piece => piece.ContentBytes > 0 ? [0xFF] : piece.Segment.ToArray()).SelectMany(piece => piece);
        var whole = Enumerable.Range(0, segments).SelectMany(i => Enumerable.Repeat((byte)i, bytes).Append((byte)0xFF));
        Assert.That(skeleton.IsKept, Is.EqualTo(isKept));
        Assert.That(kept, Is.EqualTo(isKept ? whole : []));
    }

    [Test]
    public void Takes_no_piece_at_all_for_the_tar_of_no_bytes()
    {
        using var reader = TarSplitReader.OverJson(new MemoryStream([]));
        Assert.That(reader.Read(), Is.False);
    }

    [Test]
    public void Refuses_every_cut_of_a_packed_stream()
    {
        var packed = TarSplitMaker.Pack(Sample());
        Assert.That(Drain(TarSplitReader.Open(new MemoryStream(packed))), Is.GreaterThan(4));
        for (var length = 0; length < packed.Length; length++)
        {
            var cut = packed[..length];
            Refuses(() => Drain(TarSplitReader.Open(new MemoryStream(cut))), $"cut to {cut.Length} of {packed.Length}");
        }
    }

    [Test]
    public void Refuses_foreign_bytes_behind_a_packed_stream()
    {
        Refuses(() => Drain(TarSplitReader.Open(new MemoryStream([.. TarSplitMaker.Pack(Sample()), 0]))));
        Refuses(() => Drain(TarSplitReader.Open(new MemoryStream([.. TarSplitMaker.Pack(Sample()), .. "foreign bytes behind the end"u8]))));
        Refuses(() => Drain(TarSplitReader.Open(new MemoryStream([.. TarSplitMaker.Pack(Sample()), .. TarSplitMaker.Pack(Sample())]))));
        Refuses(() => Drain(TarSplitReader.Open(new MemoryStream(Sample()))));
    }

    [Test]
    public void Gives_the_same_pieces_or_refuses_whatever_bit_of_the_gzip_is_flipped()
    {
        var packed = TarSplitMaker.Pack(Sample());
        var pieces = Text(TarSplitReader.Open(new MemoryStream(packed)));
        var refused = 0;
        for (var bit = 0; bit < packed.Length * 8; bit++)
        {
            var altered = packed.ToArray();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.That(Text(TarSplitReader.Open(new MemoryStream(altered))), Is.EqualTo(pieces), $"bit {bit}");
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        // time and flags of the header are nobody's business, and many a back reference can lead to the same bytes elsewhere
        Assert.That(refused, Is.GreaterThan(packed.Length * 8 * 9 / 10));
    }

    [Test]
    public void Ends_in_refusal_or_at_the_end_whatever_is_done_to_the_lines()
    {
        var random = new Random(20_001);
        var sample = Sample();
        var refused = 0;
        for (var round = 0; round < 10_000; round++)
        {
            var altered = Mutation.Of(sample, random);
            try
            {
                Drain(TarSplitReader.OverJson(new MemoryStream(altered)));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(5_000));
    }

    [Test]
    public void Reads_ten_thousand_files_in_no_time()
    {
        var tar = new TarMaker();
        for (var index = 0; index < 10_000; index++) tar.Add('0', $"usr/share/doc/package-{index / 100}/file-{index}", content: [1, 2, 3]);
        var packed = TarSplitMaker.Pack(TarSplitMaker.Split(tar.End()).Json);
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var watch = Stopwatch.StartNew();
            Assert.That(Drain(TarSplitReader.Open(new MemoryStream(packed))), Is.EqualTo(20_002));
            if (watch.Elapsed < best) best = watch.Elapsed;
        }

        TestContext.Out.WriteLine($"10 000 files: {best.TotalMilliseconds:F1} ms, packed {packed.Length} bytes");
        Assert.That(best, Is.LessThan(TimeSpan.FromMilliseconds(500)), "generous: the machine is shared");
    }

    internal static byte[] Sample() => TarSplitMaker.Split(new TarMaker()
        .Add('5', "usr/").Add('0', "usr/a", content: "hello"u8.ToArray()).Add('1', "usr/b", link: "usr/a").Add('2', "lib", link: "usr")
        .Add('0', "lib/ä", content: new byte[600], pax: ("SCHILY.xattr.user.x", Entries.Bytes("x=y"))).Add('3', "null", major: 1, minor: 3).Add('0', ".wh.old").End()).Json;

    private static TarSplitReader Over(string json) => TarSplitReader.OverJson(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    private static int Drain(TarSplitReader reader)
    {
        using (reader)
        {
            var pieces = 0;
            while (reader.Read()) pieces++;
            return pieces;
        }
    }

    private static string Text(TarSplitReader reader)
    {
        using (reader)
        {
            var text = new StringBuilder();
            while (reader.Read()) text.AppendLine($"{reader.Piece} {Convert.ToHexString(reader.Segment.Span)} {Convert.ToHexString(reader.Name.Span)} {reader.Size} {reader.Checksum}");
            return text.ToString();
        }
    }

    private static void Refuses(Action act, string what = "")
    {
        var fault = Assert.Throws<InvalidDataException>(() => act(), what);
        Assert.That(fault?.Message, Does.EndWith("."));
    }

    /// <summary>The same bytes without end.</summary>
    private sealed class Repeating(byte[] bytes) : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            var part = Math.Min(count, bytes.Length);
            bytes.AsSpan(0, part).CopyTo(buffer.AsSpan(offset));
            return part;
        }
    }
}
