using System.Text;
using AppPreflight.Images;
using AppPreflight.LayerStore;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Archive;

/// <summary>A layer's files as its tar passes, in whatever pieces.</summary>
internal sealed class LayerListingTests
{
    private const string Long = "a/very/long/name/that/does/not/fit/into/the/hundred/bytes/of/a/header/so/that/it/needs/a/header/of/its/own/before/it";
    private const long Birth = 1_700_000_000;

    private static readonly byte[] Content = [.. Enumerable.Range(0, 1500).Select(i => (byte)(i * 7))];

    /// <summary>One of everything.</summary>
    private static byte[] Everything => new TarMaker().Add('5', "d/", 0x1c0, 3, 4).Add('0', "d/f", 0x9ed, content: Content, pax: [("SCHILY.xattr.user.x", "1"u8.ToArray()), ("mtime", "12.5"u8.ToArray())])
        .Add('0', Long, content: "long"u8.ToArray()).Add('2', "s", link: "d/f").Add('1', "h", link: "d/f", mode: 0x9ed).Add('3', "null", major: 1, minor: 3).Add('4', "sda", major: 8).Add('6', "p")
        .Add('0', ".wh.gone").Add('0', "d/.wh..wh..opq").AddRaw(TarMaker.Meta('g', TarMaker.Records(("comment", "x"u8.ToArray())))).Add('0', "empty").End();

    [Test]
    public void Tells_every_kind_of_entry()
    {
        var files = Listed(Everything);
        var shared = new LayerFile("d/f", LayerFileKind.File) { Mode = 0x9ed, SizeBytes = 1500, Content = Digest.Of(Content), Attributes = "user.x=31", LinkedTo = "d/f" };
        Assert.That(files.Where(file => !Long.StartsWith(file.Path + "/", StringComparison.Ordinal)).Select(file => file with { Stamp = FileStamp.None }), Is.EqualTo(new[]
        {
            new(Long, LayerFileKind.File) { Mode = 0x1ed, SizeBytes = 4, Content = Digest.Of("long"u8) },
            new("d", LayerFileKind.Directory) { Mode = 0x1c0, Uid = 3, Gid = 4, IsOpaque = true },
            shared,
            new("empty", LayerFileKind.File) { Mode = 0x1ed, Content = Digest.Of([]) },
            new("gone", LayerFileKind.Whiteout),
            shared with { Path = "h" },
            new("null", LayerFileKind.CharDevice) { Mode = 0x1ed, DevMajor = 1, DevMinor = 3 },
            new("p", LayerFileKind.Fifo) { Mode = 0x1ed },
            new("s", LayerFileKind.Symlink) { Target = "d/f" },
            new("sda", LayerFileKind.BlockDevice) { Mode = 0x1ed, DevMajor = 8 },
        }));
    }

    [Test]
    public void Keeps_times_owners_and_places_apart_as_a_stamp()
    {
        var header = TarMaker.Header('0', "u"u8.ToArray());
        "alice"u8.CopyTo(header.AsSpan(265));
        "users\e"u8.CopyTo(header.AsSpan(297));
        var tar = new TarMaker().AddRaw(TarMaker.Seal(header)).Add('0', "a", pax: [("mtime", "12.5"u8.ToArray()), ("uname", "bob"u8.ToArray()), ("gname", "öl"u8.ToArray())]).Add('0', "b").Add('5', "b").Add('0', "c", pax: [("mtime", "x"u8.ToArray())]).End();
        var stamps = Listed(tar).ToDictionary(file => file.Path, file => file.Stamp, StringComparer.Ordinal);
        Assert.That(stamps["u"], Is.EqualTo(new FileStamp(Birth, 0, "alice", "users\\x1b", 1)));
        Assert.That(stamps["a"], Is.EqualTo(new FileStamp(12, 500_000_000, "bob", "öl", 2)));
        Assert.That(stamps["b"], Is.EqualTo(new FileStamp(Birth, 0, "", "", 4)));
        Assert.That(stamps["c"], Is.EqualTo(new FileStamp(Birth, 0, "", "", 5)));
    }

    [Test]
    public void Gives_the_same_list_however_the_bytes_are_cut()
    {
        var (tar, whole) = (Everything, Listed(Everything));
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            using var listing = new LayerListing();
            for (var at = 0; at < tar.Length;)
            {
                var count = Math.Min(tar.Length - at, random.Next(seed % 3 == 0 ? 5 : 2000));
                listing.Take(tar.AsSpan(at, count));
                at += count;
            }

            Assert.That(listing.Finish(), Is.EqualTo(whole), $"seed {seed}");
            Assert.That(listing.Untold, Is.Null);
        }
    }

    [Test]
    public void Tells_a_tar_that_is_cut_in_a_header_or_a_content_and_throws_nothing()
    {
        var tar = Everything;
        var known = Listed(tar).Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var told = 0;
        for (var length = 0; length < tar.Length - 1024; length++)
        {
            using var listing = new LayerListing();
            listing.Take(tar.AsSpan(0, length));
            var files = listing.Finish();
            // where an entry ends the tar may end too, and its last padding may be missing, as Go has it
            if (listing.Untold is null) Assert.That(files.Select(file => file.Path), Is.SubsetOf(known), $"{length}");
            else Assert.That((listing.Untold, files.Count), Is.EqualTo(("The tar ends in the middle of an entry.", 0)), $"{length}");
            if (listing.Untold is null) told++;
        }

        Assert.That(told, Is.GreaterThan(10).And.LessThan(tar.Length / 2));
    }

    [Test]
    public void Ends_with_two_blocks_of_zeros_and_refuses_what_goes_on_behind_one()
    {
        Assert.That(Listed(new TarMaker().Add('0', "a").AddRaw(new byte[1024]).Add('0', "b").End()).Select(file => file.Path), Is.EqualTo(new[] { "a" }));
        Assert.That(Listed([]), Is.Empty);
        Assert.That(Listed(new byte[1024]), Is.Empty);
        using var listing = new LayerListing();
        listing.Take(new TarMaker().Add('0', "a").AddRaw(new byte[512]).Add('0', "b").End());
        Assert.That((listing.Finish().Count, listing.Untold), Is.EqualTo((0, "The tar goes on behind a block of zeros.")));
    }

    [Test]
    public void Does_not_tell_a_layer_that_steers_overlayfs()
    {
        using var listing = new LayerListing();
        listing.Take(new TarMaker().Add('5', "y/", pax: ("SCHILY.xattr.trusted.overlay.redirect", "/x"u8.ToArray())).End());
        Assert.That((listing.Finish().Count, listing.Untold), Is.EqualTo((0, "The layer steers overlayfs by trusted.overlay.redirect of y/, which can't be compared.")));
    }

    [Test]
    public void Reads_the_long_names_of_GNU_and_prefers_them()
    {
        var name = Encoding.UTF8.GetBytes(Long);
        var tar = new TarMaker().AddRaw(TarMaker.Meta('K', [.. "to/"u8, .. name, 0])).AddRaw(TarMaker.Meta('L', [.. name, 0])).Add('2', "short", link: "other", pax: ("path", "pax"u8.ToArray())).Add('0', "next").End();
        Assert.That(Listed(tar).Where(file => file.Kind != LayerFileKind.ImplicitDirectory).Select(file => (file.Path, file.Target)), Is.EqualTo(new[] { (Long, "to/" + Long), ("next", "") }));
    }

    [Test]
    public void Shares_content_between_hard_links_in_either_order_of_names()
    {
        foreach (var (first, second) in new[] { ("a", "b"), ("b", "a") })
        {
            var files = Listed(new TarMaker().Add('0', first, content: "x"u8.ToArray()).Add('1', second, link: first).End());
            Assert.That(files.Select(file => (file.Path, file.LinkedTo, file.Content)), Is.EqualTo(new[] { ("a", "a", Digest.Of("x"u8)), ("b", "a", Digest.Of("x"u8)) }));
        }

        Assert.That(UntoldOf(new TarMaker().Add('1', "a", link: "b").Add('0', "b").End()), Is.EqualTo("The layer's entry a is a hard link to what is no file."));
    }

    [Test]
    public void Takes_no_content_after_headers_that_have_none_whatever_size_they_name()
    {
        var tar = new TarMaker().Add('0', "a", content: Content).AddRaw(TarMaker.Header('1', "b"u8.ToArray(), size: 1500, link: "a")).AddRaw(TarMaker.Header('5', "d/"u8.ToArray(), size: 700)).Add('0', "c").End();
        Assert.That(Listed(tar).Select(file => file.Path), Is.EqualTo(new[] { "a", "b", "c", "d" }));
    }

    [TestCase("sparse", "The layer has the sparse file f, which can't be compared.")]
    [TestCase("gnu-sparse", "The layer has the sparse file f, which can't be compared.")]
    [TestCase("negative", "The tar has a negative size for f.")]
    [TestCase("huge", "A header of the tar has a size that is none.")]
    [TestCase("extension", "A header of the tar has an extension of 1048577 bytes.")]
    [TestCase("checksum", "A tar header has a wrong checksum.")]
    [TestCase("records", "A PAX header has a record of the wrong length.")]
    [TestCase("type", "The layer's entry f is of a type that no engine unpacks.")]
    [TestCase("loop", "The layer's symlink l leads nowhere.")]
    [TestCase("number", "A tar header has a number that is none.")]
    public void Says_why_it_cannot_tell(string how, string why) => Assert.That(UntoldOf(Odd(how)), Is.EqualTo(why));

    [Test]
    public void Ends_at_its_bound_of_paths()
    {
        using var listing = new LayerListing(1000);
        for (var i = 0; i < 2000 && listing.Untold is null; i++) listing.Take(TarMaker.Header('0', Encoding.ASCII.GetBytes($"f{i}")));
        Assert.That(listing.Finish(), Is.Empty);
        Assert.That(listing.Untold, Is.EqualTo("The layer has more than 1000 paths."));
    }

    private static byte[] Odd(string how) => how switch
    {
        "sparse" => new TarMaker().Add('0', "f", pax: ("GNU.sparse.map", "0,1"u8.ToArray())).End(),
        "gnu-sparse" => new TarMaker().Add('S', "f").End(),
        "negative" => new TarMaker().Add('0', "f", pax: ("size", "-1"u8.ToArray())).End(),
        "huge" => new TarMaker().Add('0', "f", pax: ("size", "9223372036854775807"u8.ToArray())).End(),
        "extension" => new TarMaker().AddRaw(TarMaker.Header('x', "f"u8.ToArray(), size: (1 << 20) + 1)).End(),
        "checksum" => [.. new byte[511], 1],
        "records" => new TarMaker().AddRaw(TarMaker.Meta('x', "99 path=f\n"u8.ToArray())).Add('0', "f").End(),
        "type" => new TarMaker().Add('Z', "f").End(),
        "loop" => new TarMaker().Add('2', "l", link: "l").Add('0', "l/f").End(),
        _ => Numberless(),
    };

    private static byte[] Numberless()
    {
        var header = TarMaker.Header('0', "f"u8.ToArray());
        header[125] = (byte)'x';
        return TarMaker.Seal(header);
    }

    private static IReadOnlyList<LayerFile> Listed(byte[] tar)
    {
        using var listing = new LayerListing();
        listing.Take(tar);
        var files = listing.Finish();
        Assert.That(listing.Untold, Is.Null);
        return files;
    }

    private static string? UntoldOf(byte[] tar)
    {
        using var listing = new LayerListing();
        listing.Take(tar);
        Assert.That(listing.Finish(), Is.Empty);
        return listing.Untold;
    }
}
