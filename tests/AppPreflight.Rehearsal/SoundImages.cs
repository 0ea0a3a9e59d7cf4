using System.IO.Compression;
using System.Text;
using static AppPreflight.Rehearsal.TarPiece;

namespace AppPreflight.Rehearsal;

/// <summary>One way to make an image. However odd: what the engine stores of it is what it was given.</summary>
internal sealed record SoundImage(string Name, Func<Workshop, CancellationToken, Task> MakeAsync)
{
    /// <summary>
    /// False where the engine can't read out what it stores: it follows a link to the host's folders that the unpacking took for the
    /// layer's. And where that would only cost time.
    /// </summary>
    public bool IsExported { get; init; } = true;

    public override string ToString() => Name;
}

/// <summary>Images made in all the ways people make them, and in some they should not: a proof has to find nothing in any of them.</summary>
internal static class SoundImages
{
    private static readonly Dictionary<string, byte[]> Capability =
        new(StringComparer.Ordinal) { ["security.capability"] = StackedImages.Capability };

    private static readonly Dictionary<string, byte[]> Notes =
        new(StringComparer.Ordinal) { ["user.note"] = StackedImages.Note, ["user.empty"] = [], ["trusted.mark"] = [0, 255, 10] };

    private static readonly SoundImage[] Built =
    [
        Build("build-copy", """
            COPY files/ /opt/
            RUN chmod 0600 /opt/a && chown 1000:33 /opt/b && ln /opt/a /opt/a2 && ln -s a /opt/link && ln -s /nowhere /opt/dangling
            COPY --chown=5:6 files/a /srv/a
            ADD files /opt/again
            """, Folder("files"), Text("files/a", "a\n"), Text("files/b", "b\n"), Folder("files/ä"), SymbolicLink("files/ä/up", "../a")),
        Build("build-specials", """
            RUN mknod /tmp/null c 1 3 && mknod /tmp/disk b 7 300 && mkfifo /tmp/pipe && chmod 4755 /bin/busybox && mkdir -m 3777 /tmp/shared
            RUN touch /tmp/huge && chown 2147483647:2147483646 /tmp/huge && chown 65534 /tmp/pipe && chmod 0 /tmp/huge
            """),
        Build("build-delete", """
            RUN rm /lower/file && rm -r /lower/folder && mkdir /lower/folder && touch /lower/folder/new
            RUN mv /lower/other /lower/moved && rm -r /lower/folder && echo file >/lower/folder
            RUN rm /lower/folder && mkdir /lower/folder && mv /lower /upper && mkdir /lower
            RUN rm -r /upper /lower
            """),
        Build("build-sparse", """
            RUN dd if=/dev/zero of=/tmp/hole bs=1 count=1 seek=20000000 && truncate -s 5000000 /tmp/empty && dd if=/bin/busybox of=/tmp/mixed bs=4096 seek=500
            """),
        Build("build-empty-layers", """
            WORKDIR /work
            ENV A=b
            RUN true
            VOLUME /data
            ONBUILD RUN echo never
            RUN touch /bin
            WORKDIR /work/deeper
            USER 1000:1000
            RUN true
            """),
        Build("build-hard-links", """
            RUN ln /etc/motd /etc/motd2 && mkdir /links && ln /etc/motd /links/motd && cp -a /links /links2
            RUN echo more >>/etc/motd2 && ln /links/motd /links/third && ln -s motd /links/soft && ln /links/soft /links/softhard
            RUN chmod 0600 /links/third && rm /etc/motd
            """),
        Build("build-2-gb", "RUN dd if=/dev/zero of=/big bs=1 count=0 seek=2G") with { IsExported = false },
        new("buildkit", (workshop, cancellationToken) => workshop.MadeByAsync(BuildKit, cancellationToken)),
        new("commit", (workshop, cancellationToken) => workshop.CommitAsync(
            "rm -r /lower; mkdir /lower; echo new >/lower/file; ln /lower/file /etc/file; mkfifo /tmp/p; rm /etc/motd; mkdir /etc/motd", cancellationToken)),
        new("import", (workshop, cancellationToken) => workshop.ImportAsync(
            RawTar.Write(Folder("."), Folder("./etc"), Text("./etc/host", "x\n"), HardLink("./etc/host2", "./etc/host")), cancellationToken)),
        new("load", (workshop, cancellationToken) => workshop.LoadAsync(
            [RawTar.Layer(Folder("a"), Text("a/b", "b\n")), RawTar.Layer(), RawTar.Layer(Folder("a"), Whiteout("a", "b"))], cancellationToken)),
        new("save-and-load", (workshop, cancellationToken) => workshop.MadeByAsync(
            "docker tag \"$GROUND\" \"$REFERENCE\"; docker save -o saved \"$REFERENCE\"; docker rmi \"$REFERENCE\"; docker load -qi saved >/dev/null", cancellationToken)),
    ];

    private static readonly SoundImage[] Tars =
    [
        Push("headers-ustar", RawTar.Layer(
            In(TarDialect.Ustar, Folder("d"), Text("d/f", "x\n") with { Owner = 7, Mode = "6755" }, HardLink("d/g", "d/f"), SymbolicLink("d/s", "f"),
                Character("d/null", 1, 3), new('6', "d/pipe"), Text($"{new string('p', 90)}/{new string('n', 90)}", "prefix\n")))),
        Push("headers-gnu", RawTar.Layer(
            In(TarDialect.Gnu, Folder("d"), Text($"d/{new string('l', 240)}", "long\n"), HardLink("d/hard", $"d/{new string('l', 240)}"),
                SymbolicLink("d/soft", new string('t', 300)), Text("d/owned", "x\n") with { Owner = 2_147_483_646, Group = 3_000_000 },
                Text("d/raw", "raw\n") with { NameBytes = [(byte)'d', (byte)'/', 0xff, 0xfe, (byte)'\n', 1] },
                Text("d/grün", "utf-8\n")))),
        Push("headers-pax", RawTar.Layer(
            Folder("d") with { Attributes = Notes }, Folder("o") with { Attributes = new Dictionary<string, byte[]> { ["trusted.overlay.opaque"] = [(byte)'y'] } }, Text("d/noted", "x\n") with { Attributes = Notes },
            Text("d/ping", "x\n") with { Attributes = Capability, Mode = "0755", Owner = 1000 },
            Text($"d/{new string('ü', 120)}", "long\n"), SymbolicLink("d/soft", new string('t', 300)),
            Text("d/owned", "x\n") with { Owner = 2_147_483_646, Group = 3_000_000 },
            Text("d/raw", "raw\n") with { NameBytes = [(byte)'d', (byte)'/', .. Encoding.Latin1.GetBytes(new string('é', 150))] })),
        Push("whiteouts",
            RawTar.Layer(Folder("a"), Text("a/file", "x\n"), Folder("a/folder"), Text("a/folder/x", "x\n"), Folder("b"), Text("b/x", "x\n")),
            RawTar.Layer(Folder("a"), Whiteout("a", "file"), Whiteout("a", "folder"), Opaque("b"), Text("b/y", "y\n")),
            RawTar.Layer(Folder("a"), Folder("a/file"), Text("a/file/x", "x\n"), Text("a/folder", "x\n"), Folder("b") with { Mode = "0700" }, Opaque("b")),
            RawTar.Layer(Whiteout("a", "file"), Whiteout("never", "there"), Text(".wh.b", "")),
            RawTar.Layer(Whiteout("a", "both"), Text("a/both", "x\n"), Folder("a/.wh.folder"))),
        Push("opaque-root", RawTar.Layer(Text("a", "x\n")), RawTar.Layer(Text(".wh..wh..opq", ""), Text("b", "x\n"))),
        Push("aufs-marks", RawTar.Layer(Text(".wh..wh.aufs", ""), Folder(".wh..wh.plnk"), Text("a", "x\n"))),
        Push("devices", RawTar.Layer(
            Character("big", 259, 200_000), HardLink("big2", "big"), Character("zero", 0, 1), new('6', "pipe") { Owner = 5 }, HardLink("pipe2", "pipe"),
            new('4', "disk") { Device = (4095, 1_048_575), Mode = "4777" })),
        Push("kinds-change",
            RawTar.Layer(Text("x", "file\n"), Folder("y"), Text("y/z", "z\n"), SymbolicLink("l", "y"), Character("n", 1, 3)),
            RawTar.Layer(Folder("x"), Text("x/in", "in\n"), Text("y", "file\n"), Folder("l"), Text("l/in", "in\n"), SymbolicLink("n", "x"))),
        Push("implicit-folders", RawTar.Layer(
            Text("no/parents/at/all", "x\n"), new('5', "late") { Mode = "0700" }, Text("before/its/folder", "x\n"), Folder("before/its", "0711"),
            HardLink("no/other/link", "no/parents/at/all"))),
        Push("odd-names", RawTar.Layer(
            Folder(".") with { Mode = "0700", Owner = 5 }, Text("./dotted", "x\n"), Text("/absolute", "x\n"), Text("a/../climbed", "x\n"), Text("a//double", "x\n"),
            Text("a/./here", "x\n"), HardLink("hard", "/absolute"), HardLink("hard2", "./dotted"), Folder("slashes///"), Text("back\\slash", "x\n"),
            Text(" space ", "x\n"), Text("new\nline", "x\n"), Text(".whale", "x\n"), Text("a/.wh", "x\n"))),
        Push("links", RawTar.Layer(
            Folder("d"), Text("d/f", "x\n"), SymbolicLink("d/s", "f"), HardLink("d/s2", "d/s"), HardLink("other", "d/f"), SymbolicLink("way", "d"),
            Text("way/through", "x\n"), Text("way/folder/below", "x\n"), SymbolicLink("self", "self"), HardLink("through2", "way/through"))),
        Push("links-out-of-the-layer", RawTar.Layer(
            Folder("d"), SymbolicLink("up", "../../.."), Text("up/here", "x\n"), SymbolicLink("abs", "/d"), Text("abs/too", "x\n"))) with { IsExported = false },
        Push("links-with-headers", RawTar.Layer(
            Text("f", "x\n") with { Mode = "0755", Attributes = Capability }, HardLink("g", "f") with { Owner = 5, Group = 6, Mode = "0600" },
            Text("h", "x\n") with { Owner = 7 }, HardLink("i", "h") with { Owner = 7, Attributes = Capability, Mode = "4711" })),
        Push("entries-of-old-kinds", RawTar.Layer(
            new('\0', "old") { Dialect = TarDialect.Ustar, Content = [1, 2, 3] }, new('\0', "folder/") { Dialect = TarDialect.Ustar, Mode = "0755" },
            Text("typed", "x\n") with { Mode = "100640" }, Folder("typed-folder", "40700"),
            new('g', "global") { Dialect = TarDialect.Ustar, Content = Encoding.ASCII.GetBytes("19 comment=nothing\n") }, Text("after", "x\n"))),
        Push("empty-layers",
            RawTar.Layer(), LayerBuilder.Pack([.. RawTar.Write(Text("a", "x\n")), .. new byte[9000]]), LayerBuilder.Pack(RawTar.Write(Text("b", "x\n"))[..^1024]),
            LayerBuilder.Pack(new byte[10240])),
        Push("gzip-members", Members(RawTar.Write(Text("a", "x\n"), File("b", LayerBuilder.Bulk(300_000, "members"))))),
        new("gnu-tar", (workshop, cancellationToken) => workshop.PushMadeByAsync(GnuTar, cancellationToken)),
        new("python-tar", (workshop, cancellationToken) => workshop.PushMadeByAsync(PythonTar, cancellationToken)),
        new("umoci", (workshop, cancellationToken) => workshop.MadeByAsync(Umoci, cancellationToken)),
    ];

    // what the engine throws away when it unpacks can't be hashed any more
    private static readonly SoundImage[] Lossy =
    [
        Push("whiteout-with-contents", RawTar.Layer(Text(".wh.long", "a whiteout with contents\n"))) with { IsExported = false },
        Push("written-over", RawTar.Layer(Folder("d"), SymbolicLink("way", "d"), Text("d/f", "first\n"), Text("way/f", "second\n"))) with { IsExported = false },
        new("pax-sparse", (workshop, cancellationToken) => workshop.PushMadeByAsync(
            "truncate -s 3000000 hole; echo x >>hole; tar --format=pax -Scf 1.tar hole", cancellationToken)) { IsExported = false },
    ];

    // what BuildKit stores was never unpacked from a tar: the folder in which RUN worked is the layer
    private const string BuildKit = """
        printf 'FROM %s\nRUN rm -r /lower && mkdir /lower && echo x >/lower/y && ln /lower/y /lower/z && mkfifo /tmp/p && rm /etc/motd\nCOPY f /opt/f\nRUN mv /lower /upper && chmod 4755 /opt/f\n' "$GROUND" >Dockerfile
        echo f >f
        DOCKER_BUILDKIT=1 /usr/bin/docker build -q --network none -t "$REFERENCE" . >/dev/null
        """;

    private const string GnuTar = """
        mkdir -p tree/folder; echo x >tree/file; ln tree/file tree/folder/hard; ln -s ../file tree/folder/soft; mkfifo tree/pipe; mknod tree/null c 1 3
        chown 1000:33 tree/folder; chmod 2770 tree/folder; touch -d 1960-01-01 tree/old; touch -d 2100-01-01T00:00:00.5 tree/future
        long=$(printf 'l%.0s' {1..200}); echo long >"tree/folder/$long"; setcap cap_net_raw=ep tree/file; truncate -s 3000000 tree/hole
        tar --format=gnu -C tree -cf 1.tar .
        tar --format=pax --xattrs --xattrs-include='*' -C tree -cf 2.tar folder file old future pipe
        tar --format=ustar -C tree -cf 3.tar file null
        tar --format=v7 -C tree -cf 4.tar file
        tar --format=gnu --no-recursion -C tree -cf 5.tar folder/hard file
        """;

    private const string PythonTar = """
        /usr/bin/python3 - <<'END'
        import io, tarfile
        for number, form in enumerate([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]):
            with tarfile.open(f'{number}.tar', 'w', format=form) as tar:
                for name in ['a', 'grün', 'deep/' * 12 + 'x' * 90]:
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mtime, entry.uname, entry.uid = 3, 1.75 if number == 0 else 1, 'jürgen' if number == 0 else 'root', 1000
                    tar.addfile(entry, io.BytesIO(b'abc'))
        END
        """;

    private const string Umoci = """
        umoci init --layout oci; umoci new --image oci:1; umoci unpack --image oci:1 bundle 2>/dev/null
        mkdir bundle/rootfs/d; echo x >bundle/rootfs/d/f; ln bundle/rootfs/d/f bundle/rootfs/g; setcap cap_net_raw=ep bundle/rootfs/g
        umoci repack --image oci:1 bundle; rm bundle/rootfs/d/f; echo y >bundle/rootfs/d/h; rm -rf b2
        umoci unpack --image oci:1 b2 2>/dev/null; rm b2/rootfs/d/f; mkdir b2/rootfs/d/f; umoci repack --image oci:1 b2
        skopeo copy -q --dest-tls-verify=false oci:oci:1 "docker://$REFERENCE"
        """;

    public static IReadOnlyList<SoundImage> All { get; } = [.. Built, .. Tars];

    /// <summary>Sound too, but no reader can prove it, the engine's own neither.</summary>
    public static IReadOnlyList<SoundImage> Unprovable { get; } = Lossy;

    private static SoundImage Build(string name, string lines, params TarPiece[] context) =>
        new(name, (workshop, cancellationToken) => workshop.BuildAsync(lines, context, cancellationToken));

    private static SoundImage Push(string name, params BuiltLayer[] layers) =>
        new(name, (workshop, cancellationToken) => workshop.PushAsync(layers, cancellationToken));

    private static IEnumerable<TarPiece> In(TarDialect dialect, params TarPiece[] pieces) => pieces.Select(piece => piece with { Dialect = dialect });

    // RFC 1952: a gzip file may be several, one after the other; pigz and bgzip write such ones
    private static BuiltLayer Members(byte[] tar)
    {
        using var packed = new MemoryStream();
        foreach (var part in tar.Chunk(100_000))
        {
            using var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(part);
        }

        return new(tar, packed.ToArray());
    }
}
