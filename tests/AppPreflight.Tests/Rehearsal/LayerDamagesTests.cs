using System.Diagnostics;
using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>
/// Each layer damage does what it claims, and is undone to the last bit: asserted by a witness of its own (Python's lstat,
/// listxattr and sha256), and by what the engine says when it exports the image.
/// </summary>
[NonParallelizable]
internal sealed class LayerDamagesTests
{
    // One line for each file: everything a proof may speak of, and nothing else (no times, no inode numbers). An export mounts the layers
    // as an overlay, and that alone makes the kernel write trusted.overlay.origin and .impure into them: no part of any image.
    private const string Witness = """
        import hashlib, os, stat, sys
        for place, top in enumerate(sys.argv[1:]):
            print('\f' if place else '')
            if not os.path.isdir(top) or os.path.islink(top):
                print(os.readlink(top) if os.path.islink(top) else open(top, 'rb').read() if os.path.exists(top) else None)
                continue
            names, first = [b''], {}
            for folder, folders, files in os.walk(os.fsencode(top)):
                names += [os.path.relpath(os.path.join(folder, name), os.fsencode(top)) for name in folders + files]
            for name in sorted(names):
                path = os.path.join(os.fsencode(top), name)
                seen = os.lstat(path)
                kind = stat.S_IFMT(seen.st_mode)
                content = hashlib.sha256(open(path, 'rb').read()).hexdigest() if stat.S_ISREG(kind) else os.readlink(path) if stat.S_ISLNK(kind) else ''
                known = first.setdefault(seen.st_ino, name) if stat.S_ISREG(kind) else name
                marks = [(mark, os.getxattr(path, mark, follow_symlinks=False)) for mark in sorted(os.listxattr(path, follow_symlinks=False))
                         if not mark.startswith('trusted.overlay.') or mark == 'trusted.overlay.opaque']
                print(name, oct(seen.st_mode), seen.st_uid, seen.st_gid, seen.st_rdev, content, known, marks)
        """;

    [TestCaseSource(typeof(LayerDamages), nameof(LayerDamages.All))]
    [CancelAfter(120_000)]
    public async Task Alters_one_layer_and_is_mended_again(StoredDamage damage, CancellationToken cancellationToken)
    {
        const int layer = 1;
        var store = await StackedStore.OpenAsync(cancellationToken);
        var places = store.Places;
        var sound = await LookAsync(places, cancellationToken);

        var mend = damage.Spoil(places, layer);
        var spoilt = await LookAsync(places, cancellationToken);
        var error = await ExportErrorAsync(store, cancellationToken);
        mend();

        Assert.That(await LookAsync(places, cancellationToken), Is.EqualTo(sound));
        for (var place = 0; place < places.Count; place++)
            Assert.That(spoilt[place] == sound[place], Is.EqualTo(place != layer), $"layer {place}");
        if (damage.ExportError is { } wanted) Assert.That(error, Is.Not.Null.And.Contains(wanted));
        else Assert.That(error, Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Stands_on_layers_that_hold_one_of_everything(CancellationToken cancellationToken)
    {
        var store = await StackedStore.OpenAsync(cancellationToken);
        var layers = await LookAsync(store.Places, cancellationToken);
        for (var layer = 0; layer < layers.Count; layer++)
        {
            string[] wanted =
            [
                $"b'own{layer}/empty' 0o100644 0 0 0 e3b0c442", $"b'own{layer}/first' 0o100644", $"b'own{layer}/pointer' 0o120777 7 0 0 b'plain.bin'",
                $"b'own{layer}/su' 0o104755", $"b'own{layer}/private' 0o40700 1000 1000", $"b'own{layer}/sticky' 0o41777",
                $"b'own{layer}/null' 0o20666 0 0 259", $"b'own{layer}/disk' 0o60660 0 6 1801", $"b'own{layer}/pipe' 0o10600",
                $"b'own{layer}/caf\\xe9.txt'", $"b'own{layer}/Gr\\xc3\\xbc\\xc3\\x9fe", "[('security.capability', b'\\x01\\x00\\x00\\x02\\x00\\x04",
                "[('user.note', b'as built')]", $"b'shared/doomed{layer}' 0o20000 0 0 0", "[('trusted.overlay.opaque', b'y')]",
                $"{new string('d', 200)}/{new string('f', 90)}'", $"{new string('d', 200)}/{new string('g', 90)}'",
            ];
            foreach (var part in wanted) Assert.That(layers[layer], Does.Contain(part));
            var linked = layers[layer].Split('\n').Single(line => line.StartsWith($"b'own{layer}/linked'", StringComparison.Ordinal));
            Assert.That(linked, Does.Contain($"b'own{layer}/first'"));
        }
    }

    [Test]
    public void Names_are_unique_and_kebab_case() =>
        Assert.That(LayerDamages.All.Select(damage => damage.Name), Is.Unique.And.All.Matches("^[a-z]+(-[a-z]+)*$"));

    /// <summary>Each layer's files and its record, as the witness tells them.</summary>
    private static async Task<IReadOnlyList<string>> LookAsync(IReadOnlyList<LayerPlace> places, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Witness, .. places.SelectMany(place => new[] { place.Files, place.Record, place.LinkFile, place.LowerFile, place.ShortName })])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var python = Process.Start(start)!;
        var complaint = python.StandardError.ReadToEndAsync(cancellationToken);
        var said = await python.StandardOutput.ReadToEndAsync(cancellationToken);
        await python.WaitForExitAsync(cancellationToken);
        Assert.That(python.ExitCode, Is.Zero, await complaint);
        return [.. said.Split('\f').Chunk(5).Select(pair => string.Concat(pair))];
    }

    private static async Task<string?> ExportErrorAsync(StackedStore store, CancellationToken cancellationToken)
    {
        try
        {
            await store.Api.ExportAsync(store.WholeReference, Stream.Null, cancellationToken);
            return null;
        }
        catch (EngineRefusedException refused)
        {
            return refused.Message;
        }
    }
}
