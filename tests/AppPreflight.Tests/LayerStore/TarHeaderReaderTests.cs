using System.Formats.Tar;
using System.Text;
using AppPreflight.Archive;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>Headers say what Go's archive/tar would say of them.</summary>
internal sealed class TarHeaderReaderTests
{
    private static readonly TarEntryFormat[] Formats = [TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu];

    [TestCaseSource(nameof(Formats))]
    public void Gives_back_the_tar_and_says_of_it_what_the_framework_says(TarEntryFormat format)
    {
        var tar = Write(format);
        var (json, contents) = TarSplitMaker.Split(tar);
        using var reader = TarSplitReader.Open(new MemoryStream(TarSplitMaker.Pack(json)));
        using var headers = new TarHeaderReader();
        using var again = new MemoryStream();
        using var witness = new TarReader(new MemoryStream(tar));
        var content = contents.GetEnumerator();
        var entries = 0;
        while (reader.Read())
        {
            if (reader.Piece == TarSplitPiece.Segment)
            {
                headers.Add(reader.Segment.Span);
                again.Write(reader.Segment.Span);
                continue;
            }

            Agree(headers.Complete(reader.Name.Span, reader.Size), witness.GetNextEntry()!);
            entries++;
            if (reader.Size > 0 && content.MoveNext()) again.Write(content.Current);
        }

        Assert.That(again.ToArray(), Is.EqualTo(tar));
        Assert.That(entries, Is.GreaterThanOrEqualTo(8));
        Assert.That(witness.GetNextEntry(), Is.Null);
    }

    [Test]
    public void Prefers_the_long_names_of_gnu_to_pax_and_pax_to_the_header()
    {
        byte[] pax = TarMaker.Meta('x', TarMaker.Records(("path", "from-pax"u8.ToArray()), ("linkpath", "link-of-pax"u8.ToArray()), ("uid", "4000000000"u8.ToArray()), ("gid", "70000"u8.ToArray())));
        var own = TarMaker.Header('2', "own"u8.ToArray(), link: "own-link");
        var entry = Complete([.. pax, .. own], "from-pax");
        Assert.That((Text(entry.LinkName), entry.Uid, entry.Gid), Is.EqualTo(("link-of-pax", 4_000_000_000u, 70_000u)));
        entry = Complete([.. TarMaker.Meta('L', "long\0rest"u8.ToArray()), .. TarMaker.Meta('K', "long-link\0"u8.ToArray()), .. pax, .. own], "long");
        Assert.That(Text(entry.LinkName), Is.EqualTo("long-link"));
        entry = Complete([.. pax, .. TarMaker.Meta('x', TarMaker.Records(("path", []), ("mtime", "1.5"u8.ToArray()))), .. own], "own");
        Assert.That((Text(entry.LinkName), entry.Uid), Is.EqualTo(("own-link", 0u)), "a later PAX header replaces the earlier one whole");
    }

    [Test]
    public void Reads_numbers_in_base_256_with_spaces_and_below_zero()
    {
        var block = TarMaker.Header('3', "dev"u8.ToArray());
        new byte[] { 0x80, 0, 0, 0, 0x12, 0x34, 0x56, 0x78 }.CopyTo(block, 108);
        new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }.CopyTo(block, 116);
        Encoding.ASCII.GetBytes("  12 \0\0\0").CopyTo(block, 329);
        Encoding.ASCII.GetBytes(" 7777777").CopyTo(block, 100);
        var entry = Complete(TarMaker.Seal(block), "dev");
        Assert.That((entry.Uid, entry.Gid, entry.DevMajor, entry.Mode), Is.EqualTo((0x12345678u, uint.MaxValue, 10u, 0xfff)));
    }

    [TestCase(100, "9999999\0")]
    [TestCase(100, "-000001\0")]
    [TestCase(108, "12x\0\0\0\0\0")]
    [TestCase(124, "7777777777777777777777777")]
    public void Refuses_numbers_that_are_none(int at, string field)
    {
        var block = TarMaker.Header('0', "a"u8.ToArray(), magic: "");
        Encoding.ASCII.GetBytes(field)[..Math.Min(field.Length, 12)].CopyTo(block, at);
        Refuses(() => Complete(TarMaker.Seal(block), "a"));
    }

    [Test]
    public void Keeps_attributes_byte_for_byte()
    {
        byte[] capability = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 61, 0, 255];
        byte[] pax = TarMaker.Meta('x', TarMaker.Records(
            ("SCHILY.xattr.security.capability", "old"u8.ToArray()), ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.a=b", "c=d"u8.ToArray()), ("SCHILY.xattr.user.gone", "x"u8.ToArray()), ("SCHILY.xattr.user.gone", [])));
        var entry = Complete([.. pax, .. TarMaker.Header('0', "a"u8.ToArray())], "a");
        Assert.That(entry.Xattrs.Select(xattr => $"{Text(xattr.Name)} {Convert.ToHexString(xattr.Value)}"), Is.EquivalentTo(new[] { $"security.capability {Convert.ToHexString(capability)}", "user.a 623D633D64" }));
    }

    [TestCase('S', "")]
    [TestCase('0', "GNU.sparse.map=0,1")]
    [TestCase('0', "GNU.sparse.offset=0")]
    [TestCase('0', "GNU.sparse.major=1;GNU.sparse.minor=0")]
    [TestCase('0', "GNU.sparse.major=0;GNU.sparse.minor=1")]
    public void Marks_sparse_files_and_reads_no_further(char type, string records)
    {
        var pax = records.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(record => record.Split('=')).Select(pair => (pair[0], Encoding.ASCII.GetBytes(pair[1]))).ToArray();
        byte[] blocks = [.. pax.Length > 0 ? TarMaker.Meta('x', TarMaker.Records(pax)) : [], .. TarMaker.Header(type, "a"u8.ToArray(), size: 100)];
        using var headers = new TarHeaderReader();
        headers.Add(blocks);
        Assert.That(headers.Complete("another"u8, 5000).Type, Is.EqualTo(EntryType.Sparse));
        Refuses(() => headers.Complete("b"u8, 0));
    }

    [Test]
    public void Takes_an_unknown_version_of_sparse_for_a_file_as_go_does() =>
        Assert.That(Complete([.. TarMaker.Meta('x', TarMaker.Records(("GNU.sparse.major", "2"u8.ToArray()), ("GNU.sparse.minor", "0"u8.ToArray()), ("GNU.sparse.map", "0,1"u8.ToArray()))), .. TarMaker.Header('0', "a"u8.ToArray())], "a").Type, Is.EqualTo(EntryType.Regular));

    [Test]
    public void Passes_over_global_headers_with_their_padding()
    {
        var records = TarMaker.Records(("comment", "a commit"u8.ToArray()));
        using var headers = new TarHeaderReader();
        headers.Add([.. TarMaker.Header('g', "pax_global_header"u8.ToArray(), size: records.Length), .. records]);
        Assert.That(headers.Complete("pax_global_header"u8, 0).Type, Is.EqualTo(EntryType.GlobalHeader));
        headers.Add(new byte[512 - records.Length]);
        headers.Add(TarMaker.Header('0', "a"u8.ToArray()));
        Assert.That(headers.Complete("a"u8, 0).Type, Is.EqualTo(EntryType.Regular));
    }

    [Test]
    public void Takes_the_type_of_the_oldest_tars_from_the_slash()
    {
        Assert.That(Complete(TarMaker.Header('\0', "d/"u8.ToArray(), magic: ""), "d/").Type, Is.EqualTo(EntryType.Directory));
        Assert.That(Complete(TarMaker.Header('\0', "f"u8.ToArray(), magic: ""), "f").Type, Is.EqualTo(EntryType.Regular));
        Assert.That(Complete(TarMaker.Header('0', "d/"u8.ToArray()), "d/").Type, Is.EqualTo(EntryType.Regular));
        Assert.That(Complete(TarMaker.Header('7', "c"u8.ToArray()), "c").Type, Is.EqualTo(EntryType.Other));
    }

    [Test]
    public void Reads_the_prefix_of_ustar_and_star_and_of_gnu_headers_by_old_go()
    {
        Assert.That(Text(Complete(WithPrefix("ustar\000", "pre"), "pre/a").Name), Is.EqualTo("pre/a"));
        Assert.That(Text(Complete(WithPrefix("ustar  \0", "prefix-of-old-go"), "prefix-of-old-go/a").Name), Is.EqualTo("prefix-of-old-go/a"));
        Assert.That(Text(Complete(WithPrefix("ustar  \0", "01234567012\0" + "01234567012\0"), "a").Name), Is.EqualTo("a"), "times of GNU tar");
    }

    [Test]
    public void Expects_no_content_behind_a_hard_link_with_a_size()
    {
        using var headers = new TarHeaderReader();
        headers.Add(TarMaker.Header('1', "b"u8.ToArray(), size: 100, link: "a"));
        Assert.That(headers.Complete("b"u8, 100).HasContent, Is.False);
        headers.Add(TarMaker.Header('0', "c"u8.ToArray(), size: 100));
        Assert.That(headers.Complete("c"u8, 100).HasContent);
        headers.Add(new byte[412]);
        headers.Add(TarMaker.Header('5', "d"u8.ToArray()));
        Assert.That(headers.Complete("d"u8, 0).Type, Is.EqualTo(EntryType.Directory));
    }

    [Test]
    public void Refuses_another_name_another_size_and_other_bytes()
    {
        var block = TarMaker.Header('0', "a"u8.ToArray(), size: 3);
        Refuses(() => Complete(block, "b", 3));
        Refuses(() => Complete(block, "a", 4));
        Refuses(() => Complete([.. block, 0], "a", 3));
        Refuses(() => Complete(block[..511], "a", 3));
        Refuses(() => Complete([], "a", 3));
        Refuses(() => Complete(new byte[512], "a", 3));
        var broken = block.ToArray();
        broken[3] ^= 1;
        Refuses(() => Complete(broken, "a", 3));
    }

    [TestCase("5 a=b\n")]
    [TestCase("99 a=b\n")]
    [TestCase("6 a=b ")]
    [TestCase("6 abb\n")]
    [TestCase("-6 a=b\n")]
    [TestCase("6a=bb\n")]
    [TestCase("5 =bb\n")]
    [TestCase("9223372036854775807 a=b\n")]
    [TestCase("0000000000000005 \n")]
    [TestCase("10 path=\0\n")]
    [TestCase("9 uid=x1\n")]
    public void Refuses_broken_pax_records(string records) =>
        Refuses(() => Complete([.. TarMaker.Meta('x', Encoding.ASCII.GetBytes(records)), .. TarMaker.Header('0', "a"u8.ToArray())], "a"));

    [Test]
    public void Refuses_or_reads_whatever_is_done_to_the_headers()
    {
        var random = new Random(4711);
        byte[] sample = [.. TarMaker.Meta('x', TarMaker.Records(("path", "name"u8.ToArray()), ("SCHILY.xattr.user.a", [1, 2, 3]), ("size", "3"u8.ToArray()))), .. TarMaker.Meta('K', "link"u8.ToArray()), .. TarMaker.Header('0', "a"u8.ToArray(), size: 3)];
        var refused = 0;
        for (var round = 0; round < 10_000; round++)
        {
            var altered = Mutation.Of(sample, random);
            if (round % 4 != 0) SealBlocks(altered);
            try
            {
                Complete(altered, "name", 3);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.InRange(3_000, 9_999));
    }

    private static byte[] Write(TarEntryFormat format)
    {
        var random = new Random((int)format);
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, format, leaveOpen: true))
        {
            if (format == TarEntryFormat.Pax) writer.WriteEntry(new PaxGlobalExtendedAttributesTarEntry([new("comment", "all of it")]));
            var file = format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
            foreach (var size in new[] { 0, 1, 511, 512, 513, 5000 })
            {
                var content = new byte[size];
                random.NextBytes(content);
                using var stream = new MemoryStream(content);
                Add(writer, format, file, $"folder/file-{size}", entry => entry.DataStream = stream);
            }

            Add(writer, format, TarEntryType.Directory, "folder/");
            Add(writer, format, TarEntryType.SymbolicLink, "link", entry => entry.LinkName = "folder/file-1");
            Add(writer, format, TarEntryType.HardLink, "hard", entry => entry.LinkName = "folder/file-1");
            if (format != TarEntryFormat.V7) Add(writer, format, TarEntryType.CharacterDevice, "null", entry => (((PosixTarEntry)entry).DeviceMajor, ((PosixTarEntry)entry).DeviceMinor) = (1, 3));
            if (format != TarEntryFormat.V7) Add(writer, format, TarEntryType.Fifo, "fifo");
            if (format != TarEntryFormat.V7) Add(writer, format, file, $"{new string('d', 60)}/{new string('e', 80)}");
            if (format is not (TarEntryFormat.Pax or TarEntryFormat.Gnu)) return Finish(writer, buffer);
            Add(writer, format, file, $"{new string('ä', 150)}/{new string('e', 180)}");
            Add(writer, format, TarEntryType.SymbolicLink, "long-link", entry => entry.LinkName = new string('l', 300));
        }

        return buffer.ToArray();
    }

    private static byte[] Finish(TarWriter writer, MemoryStream buffer)
    {
        writer.Dispose();
        return buffer.ToArray();
    }

    private static void Add(TarWriter writer, TarEntryFormat format, TarEntryType type, string name, Action<TarEntry>? dress = null)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(type, name),
            TarEntryFormat.Ustar => new UstarTarEntry(type, name),
            TarEntryFormat.Pax => new PaxTarEntry(type, name, new Dictionary<string, string> { ["SCHILY.xattr.user.note"] = "n=" }),
            _ => new GnuTarEntry(type, name),
        };
        (entry.Uid, entry.Gid, entry.Mode) = (1000, 2_000_000, (UnixFileMode)0xdb4);
        dress?.Invoke(entry);
        writer.WriteEntry(entry);
    }

    private static void Agree(LayerEntry entry, TarEntry witness)
    {
        if (witness is PaxGlobalExtendedAttributesTarEntry)
        {
            Assert.That(entry.Type, Is.EqualTo(EntryType.GlobalHeader));
            return;
        }

        Assert.That(Text(entry.Name), Is.EqualTo(witness.Name));
        Assert.That(entry.Type, Is.EqualTo(TypeOf(witness.EntryType)), witness.Name);
        Assert.That(((long)entry.Uid, (long)entry.Gid, entry.Mode, entry.Size), Is.EqualTo(((long)witness.Uid, (long)witness.Gid, (int)witness.Mode, witness.Length)), witness.Name);
        Assert.That(Text(entry.LinkName), Is.EqualTo(witness.LinkName));
        if (witness is PosixTarEntry device) Assert.That((entry.DevMajor, entry.DevMinor), Is.EqualTo(((uint)device.DeviceMajor, (uint)device.DeviceMinor)));
        if (witness is PaxTarEntry) Assert.That(entry.Xattrs.Select(xattr => $"{Text(xattr.Name)} {Text(xattr.Value)}"), Is.EqualTo(new[] { "user.note n=" }));
    }

    private static EntryType TypeOf(TarEntryType type) => type switch
    {
        TarEntryType.Directory => EntryType.Directory,
        TarEntryType.SymbolicLink => EntryType.Symlink,
        TarEntryType.HardLink => EntryType.HardLink,
        TarEntryType.CharacterDevice => EntryType.CharDevice,
        TarEntryType.Fifo => EntryType.Fifo,
        _ => EntryType.Regular,
    };

    private static byte[] WithPrefix(string magic, string prefix)
    {
        var block = TarMaker.Header('0', "a"u8.ToArray(), magic: magic);
        Encoding.ASCII.GetBytes(prefix).CopyTo(block, 345);
        return TarMaker.Seal(block);
    }

    // where blocks begin is known only as long as nothing was put in or taken out; good enough to get behind the checksum
    private static void SealBlocks(byte[] bytes)
    {
        foreach (var at in new[] { 0, 1024, 2048 })
        {
            if (at + 512 > bytes.Length) continue;
            TarMaker.Seal(bytes[at..(at + 512)]).CopyTo(bytes, at);
        }
    }

    private static LayerEntry Complete(byte[] blocks, string name, long size = 0)
    {
        using var headers = new TarHeaderReader();
        headers.Add(blocks);
        return headers.Complete(Encoding.UTF8.GetBytes(name), size);
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static void Refuses(Action act) => Assert.That(Assert.Throws<InvalidDataException>(() => act())?.Message, Does.EndWith("."));
}
