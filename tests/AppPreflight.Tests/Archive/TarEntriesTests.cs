using System.Formats.Tar;
using System.Text;
using AppPreflight.LayerStore;
using NUnit.Framework;

namespace AppPreflight.Archive;

internal sealed class TarEntriesTests
{
    [TestCase(TarEntryFormat.Ustar)]
    [TestCase(TarEntryFormat.Pax)]
    [TestCase(TarEntryFormat.Gnu)]
    [TestCase(TarEntryFormat.V7)]
    public void Counts_what_a_writer_of_this_form_wrote_however_the_bytes_are_cut(TarEntryFormat format)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            for (var i = 0; i < 200; i++)
            {
                var name = (i % 7 == 0 && format is TarEntryFormat.Pax or TarEntryFormat.Gnu ? new string('n', 150) : "file") + i;
                var entry = Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, name);
                entry.DataStream = new MemoryStream(new byte[i * 37 % 2000]);
                writer.WriteEntry(entry);
            }

            writer.WriteEntry(Entry(format, TarEntryType.Directory, "folder/"));
            var link = Entry(format, TarEntryType.SymbolicLink, "link");
            link.LinkName = "file1";
            writer.WriteEntry(link);
        }

        for (var seed = 0; seed < 50; seed++) Assert.That(Count(tar.ToArray(), new Random(seed)), Is.EqualTo(202), $"seed {seed}");
    }

    [Test]
    public void Counts_what_takes_an_inode_and_nothing_else()
    {
        var tar = new TarMaker().Add('5', "d/").Add('0', "d/f", content: new byte[600]).Add('1', "d/hard", link: "d/f").Add('2', "d/soft", link: "f")
            .Add('3', "d/null", major: 1, minor: 3).Add('6', "d/pipe").Add('0', "d/.wh.gone").Add('0', "d/.wh..wh..opq").End();
        Assert.That(Count(tar), Is.EqualTo(6));
    }

    [Test]
    public void Goes_by_the_size_of_a_pax_record_and_by_none_that_a_link_names()
    {
        var large = TarMaker.Header('0', "large"u8.ToArray());
        byte[] tar =
        [
            .. TarMaker.Meta('x', TarMaker.Records(("path", "large"u8.ToArray()), ("size", "1000"u8.ToArray()))), .. large, .. TarMaker.Padded(Filled(1000)),
            .. TarMaker.Header('2', "link"u8.ToArray(), size: 5000, link: "large"), .. TarMaker.Header('0', "last"u8.ToArray()), .. new byte[1024],
        ];
        Assert.That(Count(tar), Is.EqualTo(3));
    }

    [Test]
    public void Goes_by_a_size_in_base_256()
    {
        var header = TarMaker.Header('0', "large"u8.ToArray());
        header.AsSpan(124, 12).Clear();
        (header[124], header[134], header[135]) = (0x80, 0x02, 0x58);
        Assert.That(Count([.. TarMaker.Seal(header), .. TarMaker.Padded(Filled(600)), .. TarMaker.Header('0', "last"u8.ToArray()), .. new byte[1024]]), Is.EqualTo(2));
    }

    [Test]
    public void Steps_over_the_map_of_a_sparse_file()
    {
        var sparse = TarMaker.Header('S', "sparse"u8.ToArray(), size: 512);
        sparse[482] = 1;
        var map = new byte[512];
        map[504] = 1;
        Assert.That(Count([.. sparse, .. map, .. new byte[512], .. Filled(512), .. TarMaker.Header('0', "last"u8.ToArray()), .. new byte[1024]]), Is.EqualTo(2));
    }

    [Test]
    public void Stops_at_the_end_whatever_stands_behind_it() =>
        Assert.That(Count([.. TarMaker.Header('0', "f"u8.ToArray()), .. new byte[1024], .. Filled(4096)]), Is.EqualTo(1));

    [Test]
    public void Counts_none_of_nothing() => Assert.That(Count(new byte[1024]), Is.Zero);

    [TestCase("no tar at all, but five hundred and twelve bytes of text and more")]
    public void Says_that_it_does_not_know_where_no_header_stands(string text) =>
        Assert.That(Count(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text, 20)))), Is.Null);

    [Test]
    public void Ends_with_any_bytes()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var bytes = new TarMaker().Add('0', "a", content: new byte[random.Next(2000)]).Add('x', "b", content: new byte[random.Next(900)]).Add('S', "c").End();
            for (var i = random.Next(20); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.That(Count(bytes, random), Is.Null.Or.InRange(0, bytes.Length / 512), $"seed {seed}");
        }
    }

    private static TarEntry Entry(TarEntryFormat format, TarEntryType type, string name) => format switch
    {
        TarEntryFormat.Ustar => new UstarTarEntry(type, name),
        TarEntryFormat.Pax => new PaxTarEntry(type, name),
        TarEntryFormat.Gnu => new GnuTarEntry(type, name),
        _ => new V7TarEntry(type, name),
    };

    private static byte[] Filled(int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(0xAA);
        return bytes;
    }

    private static long? Count(byte[] tar, Random? random = null)
    {
        var entries = new TarEntries();
        for (var at = 0; at < tar.Length;)
        {
            var length = Math.Min(random?.Next(1, 3000) ?? tar.Length, tar.Length - at);
            entries.Take(tar.AsSpan(at, length));
            at += length;
        }

        return entries.Count;
    }
}
