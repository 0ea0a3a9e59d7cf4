using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>
/// An image of three layers, each of which holds one of everything a layer can hold, so that every damage can be done in
/// each; and a second image that stands on the same base layer.
/// </summary>
internal sealed record StackedImages(BuiltImage Whole, BuiltImage Sharer)
{
    public const int Height = 3;

    /// <summary>VFS_CAP_REVISION_2, effective, cap_net_bind_service permitted: what <c>setcap cap_net_bind_service=ep</c> writes.</summary>
    public static readonly byte[] Capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static readonly byte[] Note = Encoding.UTF8.GetBytes("as built");

    /// <summary>Two names of files in the folder of each layer.</summary>
    public static readonly string LongName = $"{new string('d', 200)}/{new string('f', 90)}";

    public const string ForeignName = "Grüße 日本.txt";

    /// <summary>A name of a file in the folder that belongs to one layer alone.</summary>
    public static string Own(int place, string name) => $"own{place}/{name}";

    /// <summary>What the layer hides of a layer below: there a file, here a character device 0:0.</summary>
    public static string Hidden(int place) => $"shared/doomed{place}";

    /// <summary>The folder in which the layer lets nothing of the layers below show.</summary>
    public static string OpaqueFolder(int place) => $"shared/opaque{place}";

    /// <param name="seed">Other seed, other bytes in every layer.</param>
    public static StackedImages Build(string seed)
    {
        BuiltLayer[] layers = [.. Enumerable.Range(0, Height).Select(place => RawTar.Layer(Pieces(seed, place)))];
        var top = RawTar.Layer(TarPiece.Folder("other"), TarPiece.Text("other/file", $"{seed} other\n"));
        return new(ImageBuilder.Build(new($"{seed} stacked"), layers), ImageBuilder.Build(new($"{seed} sharer"), layers[0], top));
    }

    private static IEnumerable<TarPiece> Pieces(string seed, int place) =>
        [.. place == 0 ? Programs() : [], .. Files(seed, place), .. Specials(place), .. Names(seed, place), .. Hiding(seed, place)];

    private static IEnumerable<TarPiece> Programs() =>
    [
        TarPiece.Folder("bin"),
        TarPiece.File("bin/busybox", File.ReadAllBytes(Rehearsal.Programs.Busybox)) with { Mode = "0755" },
        TarPiece.SymbolicLink("bin/sh", "busybox"),
        TarPiece.SymbolicLink("bin/sleep", "busybox"),
    ];

    private static IEnumerable<TarPiece> Files(string seed, int place) =>
    [
        TarPiece.Folder(Own(place, "")[..^1]),
        TarPiece.File(Own(place, "plain.bin"), LayerBuilder.Bulk(100_000, $"{seed} plain {place}")),
        TarPiece.File(Own(place, "twin.bin"), LayerBuilder.Bulk(100_000, $"{seed} plain {place}")),
        TarPiece.Text(Own(place, "owned.conf"), $"{seed} owned {place}\n") with { Owner = 1000, Group = 33, Mode = "0640" },
        TarPiece.Text(Own(place, "empty"), ""),
        TarPiece.Text(Own(place, "first"), $"{seed} linked {place}\n"),
        TarPiece.HardLink(Own(place, "linked"), Own(place, "first")),
        TarPiece.SymbolicLink(Own(place, "pointer"), "plain.bin") with { Owner = 7 },
        TarPiece.Text(Own(place, "ping"), $"{seed} ping {place}\n") with { Mode = "0755", Attributes = Attribute("security.capability", Capability) },
        TarPiece.Text(Own(place, "noted"), $"{seed} noted {place}\n") with { Attributes = Attribute("user.note", Note) },
        TarPiece.Text(Own(place, "su"), $"{seed} su {place}\n") with { Mode = "4755" },
        TarPiece.Folder(Own(place, "private"), "0700") with { Owner = 1000, Group = 1000 },
        TarPiece.Text(Own(place, "private/inner.txt"), $"{seed} inner {place}\n") with { Owner = 1000, Group = 1000 },
        TarPiece.Folder(Own(place, "sticky"), "1777"),
    ];

    private static IEnumerable<TarPiece> Specials(int place) =>
    [
        TarPiece.Character(Own(place, "null"), 1, 3),
        new('4', Own(place, "disk")) { Device = (7, 9), Mode = "0660", Group = 6 },
        new('6', Own(place, "pipe")) { Mode = "0600" },
    ];

    private static IEnumerable<TarPiece> Names(string seed, int place)
    {
        var deep = Own(place, new string('d', 200));
        var latin = Own(place, "caf?.txt");
        return
        [
            TarPiece.Text(Own(place, ForeignName), $"{seed} names {place}\n"),
            TarPiece.Text(latin, $"{seed} latin {place}\n") with { Dialect = TarDialect.Gnu, NameBytes = Encoding.Latin1.GetBytes(latin.Replace('?', 'é')) },
            TarPiece.Folder(deep),
            TarPiece.Text(Own(place, LongName), $"{seed} deep {place}\n"),
            TarPiece.Text($"{deep}/{new string('g', 90)}", $"{seed} deep {place}\n") with { Dialect = TarDialect.Gnu },
        ];
    }

    private static IEnumerable<TarPiece> Hiding(string seed, int place) =>
    [
        TarPiece.Folder("shared"),
        TarPiece.Text(Hidden(place + 1), $"{seed} doomed {place}\n"),
        TarPiece.Whiteout("shared", Path.GetFileName(Hidden(place))),
        TarPiece.Folder(OpaqueFolder(place + 1)),
        TarPiece.Text($"{OpaqueFolder(place + 1)}/below", $"{seed} below {place}\n"),
        TarPiece.Folder(OpaqueFolder(place)),
        TarPiece.Opaque(OpaqueFolder(place)),
        TarPiece.Text($"{OpaqueFolder(place)}/kept", $"{seed} kept {place}\n"),
    ];

    private static Dictionary<string, byte[]> Attribute(string key, byte[] value) => new(StringComparer.Ordinal) { [key] = value };
}
