using System.Text;
using static AppPreflight.Rehearsal.LayerSpoiler;
using static AppPreflight.Rehearsal.StackedImages;

namespace AppPreflight.Rehearsal;

/// <summary>
/// The catalogue of what can happen to a stored layer. Each entry is proven against the file system and the engine's export in
/// LayerDamagesTests, and has to be found by the product in LayerStore/LayerDamageTests.
/// </summary>
internal static class LayerDamages
{
    private const string TarSplit = "tar-split.json.gz";
    private const string Checksum = "file integrity checksum failed for";

    private static readonly StoredDamage[] Contents =
    [
        OfFile("content-flipped", "one bit of a file is turned; size and time stamps are what they were", "content", "plain.bin",
            FlipBit) with { ExportError = Checksum },
        OfFile("linked-content-flipped", "one bit of a file with two names is turned", "content", "first",
            FlipBit) with { ExportError = Checksum },
        OfFile("file-emptied", "a file has no bytes any more, as after a power cut", "content", "plain.bin",
            file => Rewrite(file, _ => [])) with { ExportError = Checksum },
        OfFile("file-grown", "a file has bytes at its end that do not belong to it", "content", "plain.bin",
            file => Rewrite(file, bytes => [.. bytes, 1, 2, 3])) with { ExportError = Checksum },
        OfFile("file-with-long-name-flipped", "one bit is turned in a file whose path is longer than a tar header holds", "content",
            LongName, FlipBit) with { ExportError = Checksum },
        OfFile("file-with-foreign-name-flipped", "one bit is turned in a file whose name is not ASCII", "content", ForeignName,
            FlipBit) with { ExportError = Checksum },
        OfFile("empty-file-filled", "a file that is empty in the image has bytes", "content", "empty", file => Rewrite(file, _ => [1])),
        OfPlace("file-missing", "a file is gone", "missing", "plain.bin",
            (place, file) => TakeAway(place, file)) with { ExportError = "no such file or directory" },
        OfPlace("empty-file-missing", "a file without bytes is gone", "missing", "empty",
            (place, file) => TakeAway(place, file)),
        OfPlace("file-with-raw-name-missing", "a file is gone whose name is no UTF-8", "missing", @"caf\xe9.txt",
            (place, file) => TakeAway(place, file.Replace(@"\xe9", "\xe9", StringComparison.Ordinal), Encoding.Latin1)) with
        {
            ExportError = "no such file or directory",
        },
        OfPlace("folder-missing", "an empty folder is gone", "missing", "sticky", (place, file) => TakeAway(place, file)),
        OfPlace("folder-with-file-missing", "a folder is gone with what is in it", "missing", "private", (place, file) => TakeAway(place, file)) with
        {
            ExportError = "no such file or directory",
        },
        OfPlace("link-missing", "a symbolic link is gone", "missing", "pointer", (place, file) => TakeAway(place, file)),
    ];

    private static readonly StoredDamage[] Metadata =
    [
        OfFile("surplus-file", "there is a file that the image does not have", "surplus", "surplus",
            file => Create(file, () => File.WriteAllText(file, "not of this image\n"))),
        OfFile("surplus-empty-folder", "there is a folder that the image does not have", "surplus", "surplus",
            file => Create(file, () => Directory.CreateDirectory(file))),
        OfFile("surplus-folder", "there is a folder with files that the image does not have", "surplus", "surplus",
            file => Create(file, () => File.WriteAllText(Path.Combine(Directory.CreateDirectory(file).FullName, "inside"), "not of this image\n"))),
        OfFile("surplus-device", "there is a whiteout that hides a file nobody deleted", "surplus", "surplus",
            file => Create(file, () => FileCalls.MakeCharacterDevice(file, 0, 0))),
        OfFile("mode-altered", "a file is readable for all", "mode", "owned.conf", file => SetMode(file, "0644")),
        OfFile("set-id-lost", "a file has lost its set-user-id bit", "mode", "su", file => SetMode(file, "0755")),
        OfFile("folder-mode-altered", "a private folder is open to all", "mode", "private", file => SetMode(file, "0777")),
        OfFile("owner-altered", "a file belongs to somebody else", "owner", "owned.conf", file => SetOwner(file, (1000, 33), (0, 33))),
        OfFile("group-altered", "a file belongs to another group", "owner", "owned.conf", file => SetOwner(file, (1000, 33), (1000, 0))),
        OfFile("link-owner-altered", "a symbolic link belongs to somebody else", "owner", "pointer", file => SetOwner(file, (7, 0), (0, 0))),
        OfFile("capability-lost", "a program has lost its capabilities", "xattr", "ping", file => SetAttribute(file, "security.capability", null)),
        OfFile("capability-altered", "a program has other capabilities than it was built with", "xattr", "ping",
            file => SetAttribute(file, "security.capability", [1, 0, 0, 2, 0, 0, 32, .. Capability[7..]])),
        OfFile("capability-gained", "a file has got capabilities", "xattr", "plain.bin",
            file => SetAttribute(file, "security.capability", Capability)),
        OfFile("user-attribute-altered", "an extended attribute has another value", "xattr", "noted",
            file => SetAttribute(file, "user.note", "as spoilt"u8.ToArray())),
        OfFile("user-attribute-lost", "an extended attribute is gone", "xattr", "noted", file => SetAttribute(file, "user.note", null)),
        OfPlace("link-target-altered", "a symbolic link points elsewhere", "link-target", "pointer",
            (place, file) => Replace(place, file, () => SymbolicLink(file, "/etc/shadow", 7))),
        OfPlace("hard-link-broken", "one of two names of a file names an equal copy", "hard-link", "linked", BreakHardLink),
        OfPlace("device-numbers-altered", "a device node is another device", "device", "null",
            (place, file) => Replace(place, file, () => FileCalls.MakeCharacterDevice(file, 1, 1))),
        OfPlace("file-became-folder", "where a file was is a folder", "type", "plain.bin",
            (place, file) => Replace(place, file, () => Directory.CreateDirectory(file))) with { ExportError = "is a directory" },
        OfPlace("folder-became-file", "where a folder was is a file", "type", "sticky",
            (place, file) => Replace(place, file, () => File.WriteAllText(file, "a file\n"))),
        OfPlace("file-became-link", "where a file was is a link to another with the same bytes", "type", "plain.bin", FileBecomesLink),
        new("whiteout-removed", "a file that the layer deletes shows again", "whiteout", Hidden,
            (places, at) => TakeAway(places[at], Path.Combine(places[at].Files, Hidden(at)))),
        new("whiteout-became-file", "where the layer deletes a file is an empty one", "whiteout", Hidden,
            (places, at) => Replace(places[at], Path.Combine(places[at].Files, Hidden(at)), () => File.WriteAllBytes(Path.Combine(places[at].Files, Hidden(at)), []))),
        OfFile("opaque-gained", "a folder hides what the layers below have in it", "xattr", "sticky",
            file => SetAttribute(file, "trusted.overlay.opaque", [(byte)'y'])),
        OfPlace("pipe-became-file", "where a pipe was is a file", "type", "pipe", (place, file) => Replace(place, file, () => File.WriteAllText(file, "a file\n"))),
        new("opaque-removed", "a folder shows what the layer replaced", "whiteout", OpaqueFolder,
            (places, at) => SetAttribute(Path.Combine(places[at].Files, OpaqueFolder(at)), "trusted.overlay.opaque", null)),
    ];

    private static readonly StoredDamage[] Records =
    [
        OfRecord("tar-split-missing", "the layer's headers are gone", "tar-split", TarSplit,
            (places, at) => TakeAway(places[at], Path.Combine(places[at].Record, TarSplit))) with { ExportError = "no such file or directory" },
        OfRecord("tar-split-cut", "the layer's headers end in the middle", "tar-split", TarSplit,
            (places, at) => Rewrite(Path.Combine(places[at].Record, TarSplit), bytes => bytes[..(bytes.Length / 2)])) with { ExportError = "" },
        OfRecord("tar-split-emptied", "the layer's headers are a file without bytes", "tar-split", TarSplit,
            (places, at) => Rewrite(Path.Combine(places[at].Record, TarSplit), _ => [])) with { ExportError = "EOF" },
        OfRecord("tar-split-flipped", "one bit of the compressed headers is turned", "tar-split", TarSplit,
            (places, at) => FlipBit(Path.Combine(places[at].Record, TarSplit))) with { ExportError = "" },
        OfRecord("tar-split-other-time", "one header says another time, with the right checksum", "tar-split", TarSplit,
            (places, at) => Rewrite(Path.Combine(places[at].Record, TarSplit), bytes => WithOtherTime(bytes, Own(at, "plain.bin")))) with { ExportError = "could not verify layer data" },
        OfRecord("tar-split-other-text", "the headers are valid gzip of something else", "tar-split", TarSplit,
            (places, at) => Rewrite(Path.Combine(places[at].Record, TarSplit), _ => Gzip("[\"nothing of a tar\"]\n"u8.ToArray()))) with { ExportError = "" },
        OfRecord("cache-id-of-other-layer", "the layer's files are said to be those of another layer", "cache-id", "cache-id",
            (places, at) => Write(places, at, "cache-id", places[(at + 1) % places.Count].CacheId)),
        OfRecord("cache-id-of-nothing", "the layer's files are said to be in a folder that is not there", "cache-id", "cache-id",
            (places, at) => Write(places, at, "cache-id", new string('0', 64))),
        OfRecord("cache-id-hostile", "the layer's files are said to be outside of the store", "cache-id", "cache-id",
            (places, at) => Write(places, at, "cache-id", "../../../../../../etc")),
        OfRecord("cache-id-emptied", "it is not said where the layer's files are", "cache-id", "cache-id",
            (places, at) => Write(places, at, "cache-id", "")),
        OfRecord("diff-altered", "the layer's record bears another digest", "diff-file", "diff",
            (places, at) => Write(places, at, "diff", $"sha256:{new string('a', 64)}")),
        OfRecord("diff-emptied", "the layer's record bears no digest", "diff-file", "diff",
            (places, at) => Write(places, at, "diff", "")),
        OfRecord("parent-altered", "the layer's record names another layer below", "parent", "parent",
            (places, at) => Write(places, at, "parent", $"sha256:{new string('b', 64)}")),
        OfRecord("parent-missing", "the layer's record names no layer below", "parent", "parent",
            (places, at) => TakeAway(places[at], Path.Combine(places[at].Record, "parent"))) with { InBase = false },
    ];

    // An export mounts the layer above on this one, and so notices what a mount needs. What a container would do was seen: with an emptied link
    // or a shorter list of layers it starts, and lacks files.
    private static readonly StoredDamage[] Names =
    [
        OfName("link-emptied", "the layer's short name is a file without bytes, as after a power cut", "link-file", "link",
            (places, at) => Rewrite(places[at].LinkFile, _ => [])),
        OfName("link-missing-file", "the file with the layer's short name is gone", "link-file", "link",
            (places, at) => TakeAway(places[at], places[at].LinkFile)),
        OfName("link-of-other-layer", "the layer's short name is another layer's, which a removal of this one would take away", "link-file", "link",
            (places, at) => Rewrite(places[at].LinkFile, _ => File.ReadAllBytes(places[(at + 1) % places.Count].LinkFile))),
        OfName("link-with-line-end", "the layer's short name ends with a line's end", "link-file", "link",
            (places, at) => Rewrite(places[at].LinkFile, bytes => [.. bytes, (byte)'\n'])),
        OfName("short-name-missing", "the symbolic link of the layer's short name is gone", "link-file", "l",
            (places, at) => TakeAway(places[at], places[at].ShortName)) with { ExportError = "no such file or directory" },
        OfName("short-name-elsewhere", "the layer's short name leads to another layer's files", "link-file", "l",
            (places, at) => Replace(places[at], places[at].ShortName,
                () => File.CreateSymbolicLink(places[at].ShortName, $"../{places[(at + 1) % places.Count].CacheId}/diff"))) with { ExportError = "error creating overlay mount" },
        OfName("lower-emptied", "the list of the layers below is a file without bytes, as after a power cut", "lower-file", "lower",
            (places, at) => Rewrite(places[at].LowerFile, _ => [])) with { InBase = false, ExportError = "error creating overlay mount" },
        OfName("lower-missing", "there is no list of the layers below", "lower-file", "lower",
            (places, at) => TakeAway(places[at], places[at].LowerFile)) with { InBase = false },
        OfName("lower-of-others", "the list of the layers below names the layer above", "lower-file", "lower",
            (places, at) => Rewrite(places[at].LowerFile, _ => Encoding.ASCII.GetBytes("l/" + Path.GetFileName(places[(at + 1) % places.Count].ShortName)))) with { InBase = false },
        OfName("lower-in-other-order", "a layer stands twice in the list of those below", "lower-file", "lower",
            (places, at) => Rewrite(places[at].LowerFile, bytes => Encoding.ASCII.GetBytes(string.Join(':', Encoding.ASCII.GetString(bytes).Split(':').Reverse().Append("l/" + Path.GetFileName(places[0].ShortName)))))) with
        {
            InBase = false,
            ExportError = "error creating overlay mount",
        },
        OfName("lower-gained", "a base layer has a list of layers below", "lower-file", "lower",
            (places, at) => File.Exists(places[at].LowerFile)
                ? Rewrite(places[at].LowerFile, bytes => [.. bytes, .. ":l/"u8, .. Encoding.ASCII.GetBytes(Path.GetFileName(places[^1].ShortName))])
                : Create(places[at].LowerFile, () => File.WriteAllText(places[at].LowerFile, "l/" + Path.GetFileName(places[^1].ShortName)))),
    ];

    public static IReadOnlyList<StoredDamage> All { get; } = [.. Contents, .. Metadata, .. Records, .. Names];

    public static StoredDamage Find(string name) => All.First(damage => damage.Name == name);

    private static StoredDamage OfFile(string name, string what, string kind, string file, Func<string, Action> spoil) =>
        OfPlace(name, what, kind, file, (_, path) => spoil(path));

    private static StoredDamage OfPlace(string name, string what, string kind, string file, Func<LayerPlace, string, Action> spoil) =>
        new(name, what, kind, at => Own(at, file), (places, at) => spoil(places[at], Path.Combine(places[at].Files, Own(at, file))));

    private static StoredDamage OfName(string name, string what, string kind, string file, Func<IReadOnlyList<LayerPlace>, int, Action> spoil) =>
        new(name, what, kind, _ => file, spoil);

    private static StoredDamage OfRecord(string name, string what, string kind, string file, Func<IReadOnlyList<LayerPlace>, int, Action> spoil) =>
        new(name, what, kind, _ => file, spoil);
}
