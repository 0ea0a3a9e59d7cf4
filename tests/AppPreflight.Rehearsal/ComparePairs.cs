using System.Text.Json.Nodes;
using static AppPreflight.Rehearsal.PairImages;
using static AppPreflight.Rehearsal.PairSides;
using static AppPreflight.Rehearsal.TarPiece;

namespace AppPreflight.Rehearsal;

/// <summary>Pairs of images for every grade, of every way that two tags that ought to be one image differ.</summary>
internal static class ComparePairs
{
    private const string Identical = "tags-identical";
    private const string SameImage = "tags-same-image";
    private const string SameLayers = "tags-same-layers";
    private const string SameFiles = "tags-same-files";
    private const string Differ = "tags-differ";

    private static readonly BuiltImage arm = Arm(Image(Ground, Runtime, LayerOf(AppPieces.With("opt/app/main", Other))));

    // known to the engine from nowhere else
    private static readonly BuiltImage rare = Image(LayerOf([Text("rare", "rare\n")]));

    private static readonly ComparePair[] identical =
    [
        Of("two-tags", "the same manifest under two tags", "", Identical, Whole, Whole),
        new("tag-and-digest", "a tag, and a tag with the digest it has", "", Identical, Served(Whole), Pinned(Whole)),
        new("bare-and-listed", "a manifest, and an index that has it for this platform", "index: B is an index of 1 image around it, A is the manifest itself", Identical, Served(Whole), Served(Index(Whole, false))),
        new("attested", "an index, and the same with an attestation manifest for unknown/unknown", "index: attestations", Identical, Served(Index(Whole, false)), Served(Index(Whole, true))),
        new("other-platform-moved", "two indexes, whose manifests for arm64 are not the same", "index: the images for linux/arm64", Identical, Served(Index(Whole, false, arm)), Served(Index(Whole, false, Arm(Whole)))),
    ];

    private static readonly ComparePair[] sameImage =
    [
        Packed("recompressed", "gzip of another level", "layer 1: packed otherwise: ", Repacked(Whole, ImageFormat.Docker, Best)),
        Packed("zstd", "zstd in place of gzip", "layer 1: packed otherwise: ", Repacked(Whole, ImageFormat.Oci, Zstd)),
        Packed("uncompressed", "layers as plain tar", "layer 1: packed otherwise: ", Repacked(Whole, ImageFormat.Oci, Plain)),
        Of("media-types", "OCI's media types in place of Docker's, and the very same blobs", "manifest: written otherwise", SameImage, Whole, Repacked(Whole, ImageFormat.Oci, layer => layer)),
        Of("annotated", "an annotation of the manifest", "manifest: manifest.annotations.org.example.note none -> x", SameImage, Repacked(Whole, ImageFormat.Oci, layer => layer), Repacked(Whole, ImageFormat.Oci, layer => layer, Annotations("org.example.note", "x"))),
        new("re-encoded", "OCI's media types, other gzip, an index and an attestation manifest", "layer 1: packed otherwise: ", SameImage, Served(Whole), Served(Index(Repacked(Whole, ImageFormat.Oci, Best), true)))
        {
            Layers = Each("packed-otherwise"),
        },
    ];

    private static readonly ComparePair[] sameLayers =
    [
        new("story", "one build, pushed by the classic builder, and the same as BuildKit writes it", "configuration: config.ArgsEscaped none -> true", SameLayers,
            Built("COPY files/ /opt/\nRUN echo built >/opt/built\nLABEL version=1.0\nCMD [\"/bin/sleep\", \"1\"]", Folder("files"), Text("files/a", "a\n"), Text("files/b", "b\n")),
            Made(classic => Index(AsBuildKit(classic), true)))
        {
            Layers = Each("packed-otherwise"), Fields = null,
        },
        Config("label", "another label", "configuration: config.Labels.version 1.0 -> 2.0", ["config.Labels.version"], config => config["config"]!["Labels"]!["version"] = "2.0"),
        Config("created", "made at another time", "configuration: created 2025-03-14T10:10:10Z -> 2025-09-02T08:15:30Z", ["created"], config => config["created"] = "2025-09-02T08:15:30Z"),
        Config("newest-history", "ids and times of the two newest history entries", "history 3: the same step, noted otherwise", [], config =>
        {
            foreach (var step in config["history"]!.AsArray().TakeLast(2)) step!["created"] = "2025-09-02T08:15:30Z";
            config["history"]!.AsArray()[^1]!["created_by"] = "CMD [\"/opt/app/main\"] # buildkit";
        }),
        Config("entrypoint", "another command", "configuration: config.Cmd [", ["config.Cmd", "config.Entrypoint"], config => (config["config"]!["Cmd"], config["config"]!["Entrypoint"]) = (null, new JsonArray("/opt/app/twin"))),
        Config("environment", "one variable more, one less, one changed", "configuration: config.Env.LANG C -> none", ["config.Env.LANG", "config.Env.NEW", "config.Env.PATH"], config => config["config"]!["Env"] = new JsonArray("NEW=1", "PATH=/sbin")),
        Config("arm-in-name-only", "another architecture is told, of the same layers", "configuration: platform linux/amd64 -> linux/arm64/v8", ["platform"], config => (config["architecture"], config["variant"]) = ("arm64", "v8")),
    ];

    private static readonly ComparePair[] sameFiles =
    [
        Top("time-stamps", "all files were made a day later", "layer 3: opt differs only in time 2025-03-14 10:10:10 -> 2025-03-15 10:10:10", AppPieces.Select(piece => piece with { Modified = LayerBuilder.Birth.AddDays(1) }), SameFiles) with { Stamped = AppPieces.Count },
        Top("part-of-a-second", "a file's time has a fraction", "layer 3: opt/app/settings differs only in time 2025-03-14 10:10:10 -> 2025-03-14 10:10:10.25", AppPieces.With("opt/app/settings", piece => piece with { Modified = LayerBuilder.Birth.AddMilliseconds(250) }), SameFiles) with { Stamped = 1 },
        Top("order", "the tar's entries in another order", "layer 3: the entries are in another order", AppPieces.OrderBy(piece => piece.Kind == '1').ThenByDescending(piece => piece.Name, StringComparer.Ordinal), SameFiles),
        Top("owner-names", "owners have names", "layer 3: opt differs only in user name, group name", AppPieces.Select(piece => piece with { OwnerName = "builder", GroupName = "users" }), SameFiles) with { Stamped = AppPieces.Count },
        Top("dialect", "GNU's headers for long names in place of PAX records", "layer 3: another tar", Long(TarDialect.Gnu), SameFiles, Long(TarDialect.Pax)) with { Stamped = 0 },
        Top("old-dialect", "no records at all", "layer 3: another tar", Long(TarDialect.Ustar), SameFiles, Long(TarDialect.Pax)) with { Stamped = 0 },
        Top("hard-links-turned", "the other name of a file comes first", "layer 3: another tar", Turned(AppPieces), SameFiles),
        Of("padded", "more zeros behind the tar's end", "layer 3: another tar", SameFiles, Whole, Image(Ground, Runtime, LayerBuilder.Pack([.. App.Tar, .. new byte[8192]]))) with
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = [2],
        },
        Top("all-at-once", "times, order, names, dialect and links all at once", "layer 3: opt differs only in ", Turned(Long(TarDialect.Gnu)).OrderBy(piece => piece.Kind == '1').ThenByDescending(piece => piece.Name, StringComparer.Ordinal)
            .Select(piece => piece with { Modified = LayerBuilder.Birth.AddYears(1), OwnerName = "root" }), SameFiles, Long(TarDialect.Ustar)),
        Of("empty-layer", "one layer more, the known one of no files", "layer 3 of B: an empty layer: it changes no file", SameFiles, Whole, Image(Ground, Runtime, Schema1Builder.Empty, App)) with { Layers = ["0-0 same", "1-1 same", "--2 no-op", "2-3 same"] },
        Of("doubled", "a layer twice, as by two equal COPYs one after the other", "layer 3 of B: the same as layer 2", SameFiles, Whole, Image(Ground, Runtime, Runtime, App)) with
        {
            Layers = ["0-0 same", "1-1 same", "--2 no-op", "2-3 same"],
        },
        new("doubled-by-copy", "COPY once, and COPY the same once more", "layer 3 of B: ", SameFiles,
            Built("COPY files/ /opt/", Folder("files"), Text("files/a", "a\n")), Built("FROM BEFORE\nCOPY files/ /opt/", Folder("files"), Text("files/a", "a\n")))
        {
            Layers = null, ReadA = null, ReadB = null, Stamped = null,
        },
        Of("moved", "two layers that have nothing to do with each other changed places", "layer 2 of A: the same layer stands at another place", SameFiles, Image(Ground, Runtime, App), Image(Ground, App, Runtime)) with
        {
            Layers = null, ReadA = null, ReadB = null, Stamped = null,
        },
        Of("spread", "files of a layer have come to another one, past a third", "layer 2: ", SameFiles, Image(Ground, LayerOf(Settings("blue")), Runtime, LayerOf([Folder("srv"), Text("srv/x", "x\n")])), Image(Ground, LayerOf([.. Settings("blue"), Folder("srv"), Text("srv/x", "x\n")]), Runtime)) with
        {
            Layers = null, ReadA = null, ReadB = null, Stamped = null,
        },
        Of("squashed", "one layer in place of three that overwrite and delete each other's files", "layer 1: another tar", SameFiles, Image([.. Stack.Select(LayerOf)]), Image(LayerOf(Squashed))) with
        {
            Layers = null, ReadA = [0, 1, 2], ReadB = [0], Stamped = null,
        },
    ];

    private static readonly ComparePair[] differ =
    [
        Changed("one-file", "one file has other bytes, of the same number", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:18926c6f9339", "opt/app/settings", piece => piece with { Content = "colour=grey\n"u8.ToArray() }),
        Changed("longer-file", "one file is longer", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:21f85f8cbd7e, 12 -> 13 bytes", "opt/app/settings", piece => piece with { Content = "colour=green\n"u8.ToArray() }),
        Changed("mode", "one file has another mode", "layer 3: opt/app/settings changed: mode 0644 -> 0600", "opt/app/settings", piece => piece with { Mode = "0600" }),
        Changed("owner", "one file belongs to somebody else", "layer 3: opt/app/settings changed: owner 0:0 -> 1000:0", "opt/app/settings", piece => piece with { Owner = 1000 }),
        Changed("capability", "one program has lost its capability", "layer 3: opt/app/ping changed: attributes security.capability=", "opt/app/ping", piece => piece with { Attributes = new Dictionary<string, byte[]>(StringComparer.Ordinal) }),
        Changed("attribute", "one file has an extended attribute", "layer 3: opt/app/settings changed: attributes ", "opt/app/settings", piece => piece with { Attributes = new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["user.note"] = StackedImages.Note } }),
        Changed("symbolic-link", "a link points elsewhere", "layer 3: opt/app/current changed: target main -> twin", "opt/app/current", piece => piece with { Link = "twin" }),
        Changed("kind", "a file has become a link", "layer 3: opt/app/settings changed: type, content, target, mode, 12 bytes", "opt/app/settings", _ => SymbolicLink("opt/app/settings", "main")),
        Changed("folder-mode", "a folder has another mode", "layer 3: opt/app changed: mode 0755 -> 0700", "opt/app", piece => piece with { Mode = "0700" }),
        Top("unlinked", "two names of one file have become two files", "layer 3: opt/app/main changed: links opt/app/main -> none", AppPieces.With("opt/app/twin", _ => AppPieces[2] with { Name = "opt/app/twin", NameBytes = "opt/app/twin"u8.ToArray() }), Differ) with { Files = ["changed opt/app/main", "changed opt/app/twin"] },
        Top("added", "one file more", "layer 3: opt/app/new added: file, 4 bytes", [.. AppPieces, Text("opt/app/new", "new\n")], Differ) with { Files = ["added opt/app/new"] },
        Top("left-out", "one file less", "layer 3: opt/app/settings removed: file, 12 bytes", AppPieces.Where(piece => piece.Name != "opt/app/settings"), Differ) with { Files = ["removed opt/app/settings"] },
        Top("whited-out", "a file of a layer below is deleted", "layer 3: etc/motd removed: file, 6 bytes", [.. AppPieces, Folder("etc"), Whiteout("etc", "motd")], Differ) with { ReadA = [0, 1, 2], Files = ["removed etc/motd"] },
        Of("deleted-on-top", "one layer more, which deletes a file", "layer 4 of B: etc/motd removed: file, 6 bytes", Differ, Whole, Image(Ground, Runtime, App, LayerOf([Folder("etc"), Whiteout("etc", "motd")]))) with
        {
            Layers = ["0-0 same", "1-1 same", "2-2 same", "--3 only-b"], ReadA = [0, 1, 2], ReadB = [2, 3], Files = ["removed etc/motd"],
        },
        Of("deleted-beside-empty", "an empty layer and one that deletes a file", "layer 5 of B: etc/motd removed: file, 6 bytes", Differ, Whole, Image(Ground, Schema1Builder.Empty, Runtime, App, LayerOf([Folder("etc"), Whiteout("etc", "motd")]))) with
        {
            Layers = ["0-0 same", "--1 no-op", "1-2 same", "2-3 same", "--4 only-b"], ReadA = null, ReadB = null, Files = ["removed etc/motd"],
        },
        Of("base-swapped", "another base image below the same layers", "layer 1: etc/os-release changed: content sha256:8f80bf2089de -> sha256:2c6f8288aa27", Differ, Whole, Image(LayerOf(GroundPieces.With("etc/os-release", piece => piece with { Content = "VERSION=2\n"u8.ToArray() })), Runtime, App)) with
        {
            Layers = ["0-0 other", "1-1 same", "2-2 same"], ReadA = [0], ReadB = [0], Files = ["changed etc/os-release"],
        },
        Of("inserted", "one layer more in the middle", "layer 2 of B: etc/extra added: file, 6 bytes", Differ, Whole, Image(Ground, LayerOf([Folder("etc"), Text("etc/extra", "extra\n")]), Runtime, App)) with
        {
            Layers = ["0-0 same", "--1 only-b", "1-2 same", "2-3 same"], ReadB = [0, 1], Files = ["added etc/extra"],
        },
        Of("dropped", "one layer less in the middle", "layer 2 of A: usr removed: directory", Differ, Whole, Image(Ground, App)) with
        {
            Layers = ["0-0 same", "1-- only-a", "2-1 same"], ReadA = [0, 1], Files = ["removed usr", "removed usr/lib", "removed usr/lib/runtime.bin"],
        },
        Of("order-that-matters", "two layers that write the same file changed places", "layer 3 of B: opt/settings changed: content sha256:18926c6f9339 -> sha256:6961b83c4668", Differ, Image(Ground, LayerOf(Settings("blue")), LayerOf(Settings("grey"))), Image(Ground, LayerOf(Settings("grey")), LayerOf(Settings("blue")))) with
        {
            Layers = null, ReadA = null, ReadB = null, Files = ["changed opt/settings"],
        },
        Of("undone", "a layer comes once more and undoes the one between", "layer 3 of B: opt/settings changed: content sha256:18926c6f9339 -> sha256:6961b83c4668", Differ, Image(LayerOf(Settings("blue")), LayerOf(Settings("grey"))), Image(LayerOf(Settings("blue")), LayerOf(Settings("grey")), LayerOf(Settings("blue")))) with
        {
            Layers = ["0-0 same", "1-1 same", "--2 moved"], ReadA = null, ReadB = null, Files = ["changed opt/settings"],
        },
        Of("squashed-and-lost", "one layer in place of three, and a file is missing", "layer 1: d/keep removed: file, 2 bytes", Differ, Image([.. Stack.Select(LayerOf)]), Image(LayerOf([.. Squashed.Where(piece => piece.Name != "d/keep")]))) with
        {
            Layers = null, ReadA = [0, 1, 2], ReadB = [0], Stamped = null, Files = ["removed d/keep"],
        },
        Of("arm", "an image for arm64 beside one for amd64", "layer 3: opt/app/main changed: content sha256:b18ee81c3c86 -> sha256:5e21712db857", Differ, Whole, arm) with
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = [2], Files = ["changed opt/app/main", "changed opt/app/twin"],
        },
        new("both-platforms", "two indexes of both platforms, whose manifests for amd64 are not the same", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:765a033d789f", Differ, Served(Index(Whole, true, arm)),
            Served(Index(Image(Ground, Runtime, LayerOf(AppPieces.With("opt/app/settings", Other))), true, arm)))
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = [2], Files = ["changed opt/app/settings"],
        },
    ];

    private static readonly ComparePair[] places =
    [
        new("pulled", "the engine's copy of what the registry serves", "", Identical, Served(Whole), Pulled(Whole)),
        new("retagged", "the engine's copy, named anew", "", Identical, Served(Whole), Retagged(Whole)),
        new("loaded", "a copy that the engine has loaded and never pulled", "", SameImage, Served(rare), Loaded(rare)) { Layers = ["0-0 same"] },
        new("pulled-other", "the engine's copy of an image of which one file differs", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:765a033d789f", Differ, Served(Whole), Pulled(Image(Ground, Runtime, LayerOf(AppPieces.With("opt/app/settings", Other)))))
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = null, Files = ["changed opt/app/settings"],
        },
        new("saved", "an archive that the engine has saved", "", SameImage, Served(Whole), Saved(Whole, packed: false)),
        new("saved-and-packed", "the same archive as a gzip file", "", SameImage, Served(Whole), Saved(Whole, packed: true)),
        new("saved-other", "an archive of an image of which one file differs", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:765a033d789f", Differ, Served(Whole), Saved(Image(Ground, Runtime, LayerOf(AppPieces.With("opt/app/settings", Other))), packed: false))
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = null, Files = ["changed opt/app/settings"],
        },
        new("skopeo-archive", "an archive of skopeo's", "", SameImage, Served(Whole), Copied(Whole, "docker-archive:DIR/TAG.tar:pair:TAG", "archive:DIR/TAG.tar")),
        // skopeo writes the configuration anew, and leaves out what OCI does not know
        new("layout", "a layout that skopeo has written", "configuration: docker_version 20.10.24 -> none", SameLayers, Served(Whole), Copied(Whole, "oci:DIR/layout:TAG", "oci:DIR/layout:TAG")),
        new("layout-untouched", "a layout that has the very manifest", "", Identical, Served(Repacked(Whole, ImageFormat.Oci, layer => layer)), Copied(Repacked(Whole, ImageFormat.Oci, layer => layer), "oci:DIR/layout:TAG", "oci:DIR/layout")),
        new("layout-other", "a layout of an image of which one file differs", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:765a033d789f", Differ, Served(Whole), Copied(Image(Ground, Runtime, LayerOf(AppPieces.With("opt/app/settings", Other))), "oci:DIR/layout:TAG", "oci:DIR/layout:TAG"))
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = null, Files = ["changed opt/app/settings"],
        },
    ];

    private static readonly ComparePair[] schema1 =
    [
        // the throwaway of schema 1 is in both: the configuration's last step made no layer
        new("signed", "one image, as schema 2 and as signed schema 1", "history 4: only A has this step", SameLayers, Served(Whole), Schema1(Whole)) { Fields = null },
        new("signed-again", "one schema 1 manifest, signed by others", "index: the signatures", Identical, Schema1(Whole), Retold()) { Fields = null },
        new("signed-recompressed", "schema 1 of an image whose layers are packed otherwise: without diff ids only the files can tell", "layer 1: another tar", SameFiles, Served(Whole), Schema1(Repacked(Whole, ImageFormat.Docker, Best)))
        {
            Layers = ["0-0 other", "1-1 other", "2-2 other"], ReadA = [0, 1, 2], ReadB = [0, 1, 2],
        },
        new("signed-other", "schema 1 of an image of which one file differs", "layer 3: opt/app/settings changed: content sha256:6961b83c4668 -> sha256:765a033d789f", Differ, Served(Whole), Schema1(Image(Ground, Runtime, LayerOf(AppPieces.With("opt/app/settings", Other)))))
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"], ReadA = [2], ReadB = [2], Files = ["changed opt/app/settings"],
        },
    ];

    private static readonly ComparePair[] untold =
    [
        Untold("no-such-tag", "nothing has this tag", "nowhere", Nothing("REPOSITORY:nowhere")),
        Untold("registry-away", "nobody listens there", "127.0.0.1:1", Nothing("127.0.0.1:1/pair:b")),
        Untold("no-such-local-image", "the engine has no such image", "never/pulled:1", Nothing("docker:never/pulled:1")),
        Untold("no-layout", "the folder is empty", "empty", Nothing("oci:DIR/empty")),
        Untold("no-folder", "there is no folder", "none", Nothing("oci:DIR/none")),
        Untold("no-archive", "there is no file", "none.tar", Nothing("archive:DIR/none.tar")),
        Untold("truncated-archive", "half of the file is missing", "b.tar", Truncated(Whole)),
        Untold("rotten-layer", "a layer that has to be read is rotten at the registry", "layer", Rotten(Image(Ground, Runtime, LayerOf([Text("rotten", "rotten\n")])), 2)),
    ];

    public static IReadOnlyList<ComparePair> All { get; } = [.. identical, .. sameImage, .. sameLayers, .. sameFiles, .. differ, .. places, .. schema1, .. untold];

    public static ComparePair Find(string name) => All.Single(pair => pair.Name == name);

    // a file that comes and goes, one that changes, a folder that is emptied
    private static IReadOnlyList<TarPiece>[] Stack =>
    [
        [Folder("d"), Text("d/keep", "k\n"), Text("d/gone", "g\n"), Text("d/over", "old\n"), Folder("e"), Text("e/x", "x\n")],
        [Folder("d"), Whiteout("d", "gone"), Text("d/over", "new\n"), Text("d/added", "a\n")],
        [Folder("e"), Opaque("e"), Text("e/y", "y\n"), Folder("d"), Text("d/added", "a\n") with { Mode = "0755" }],
    ];

    private static IReadOnlyList<TarPiece> Squashed =>
    [
        Folder("d"), Text("d/keep", "k\n"), Text("d/over", "new\n"), Text("d/added", "a\n") with { Mode = "0755" }, Folder("e"), Text("e/y", "y\n"),
    ];

    private static string[] Each(string change) => [.. Enumerable.Range(0, 3).Select(place => $"{place}-{place} {change}")];

    private static IReadOnlyList<TarPiece> Settings(string colour) => [Folder("opt"), Text("opt/settings", $"colour={colour}\n")];

    // the same payload, other keys
    private static PairSide Retold() => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, Schema1Builder.Build(stand.Repository, "a", Whole, signatures: 2), Whole, cancellationToken);
        return stand.Reference(tag);
    };

    private static TarPiece Other(TarPiece piece) => piece with { Content = LayerBuilder.Bulk(piece.Content.Length, "other") };

    private static IEnumerable<TarPiece> Turned(IEnumerable<TarPiece> pieces)
    {
        foreach (var piece in pieces)
        {
            if (piece.Name == "opt/app/main") yield return piece with { Name = "opt/app/twin", NameBytes = "opt/app/twin"u8.ToArray() };
            else if (piece.Name == "opt/app/twin") yield return HardLink("opt/app/main", "opt/app/twin") with { Mode = "0755", Dialect = piece.Dialect };
            else yield return piece;
        }
    }

    private static List<TarPiece> Long(TarDialect dialect) =>
    [
        .. AppPieces.Where(piece => piece.Attributes.Count == 0).Select(piece => piece with { Dialect = dialect }),
        Folder($"opt/app/{new string('f', 60)}") with { Dialect = dialect }, Text($"opt/app/{new string('f', 60)}/{new string('n', 80)}", "long\n") with { Dialect = dialect },
    ];

    private static BuiltLayer LayerOf(IEnumerable<TarPiece> pieces) => RawTar.Layer(pieces);

    private static BuiltIndex Index(BuiltImage image, bool attestation, params BuiltImage[] others) => ImageBuilder.Index(ImageFormat.Oci, attestation, [image, .. others]);

    private static ComparePair Of(string name, string what, string first, string grade, BuiltImage a, BuiltImage b) => new(name, what, first, grade, Served(a), Served(b));

    private static ComparePair Packed(string name, string what, string first, BuiltImage b) => Of(name, what, first, SameImage, Whole, b) with { Layers = Each("packed-otherwise") };

    private static ComparePair Config(string name, string what, string first, string[] fields, Action<JsonNode> edit) => Of(name, what, first, SameLayers, Whole, Edited(Whole, edit)) with { Fields = fields };

    /// <summary>Only the top layer is another one.</summary>
    private static ComparePair Top(string name, string what, string first, IEnumerable<TarPiece> b, string grade, IEnumerable<TarPiece>? a = null) =>
        Of(name, what, first, grade, a is null ? Whole : Image(Ground, Runtime, LayerOf(a)), Image(Ground, Runtime, LayerOf(b))) with
        {
            Layers = ["0-0 same", "1-1 same", "2-2 other"],
            ReadA = [2],
            ReadB = [2],
            Stamped = null,
        };

    private static ComparePair Changed(string name, string what, string first, string path, Func<TarPiece, TarPiece> change) =>
        Top(name, what, first, AppPieces.With(path, change), Differ) with { Files = [$"changed {path}"], Stamped = 0 };

    private static ComparePair Untold(string name, string what, string first, PairSide b) =>
        new(name, what, first, null, Served(Whole), b) { Layers = null, ReadA = null, ReadB = null, Stamped = null };
}
