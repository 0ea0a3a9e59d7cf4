using System.Diagnostics;
using System.Globalization;
using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Archive;

/// <summary>Random trees, packed by GNU tar and by Python: what is listed is what lies on the disk.</summary>
internal sealed class RealTarsTests
{
    private const int Trees = 12;

    // makes a tree of one seed, packs it with every writer and form, and tells what lstat says of each path
    private const string Script = """
        import os, random, stat, subprocess, sys, tarfile, hashlib
        root, seed = os.fsencode(sys.argv[1]), int(sys.argv[2])
        dice = random.Random(seed)
        tree = os.path.join(root, b'tree')
        os.mkdir(tree)
        folders, files, count = [b''], [], 0
        def name():
            global count
            count += 1
            base = dice.choice([b'a', b'.b', b'c d', b'\xc3\xa9', b'n' * 90, b'm' * 150, b'.whx', b'z\\'])
            return base + b'%d' % count
        for _ in range(40):
            path = os.path.join(dice.choice(folders), name())
            if len(path) > 700: continue
            full = os.path.join(tree, path)
            kind = dice.choice('dddffffffslhpc')
            if kind == 'd': os.mkdir(full); folders.append(path)
            elif kind == 'f' or (kind == 'h' and not files):
                with open(full, 'wb') as out: out.write(dice.randbytes(dice.choice([0, 1, 511, 512, 513, 5000])))
                files.append(full)
            elif kind in 'sl': os.symlink(dice.choice([b'x', b'../y', b'/abs', b't' * 90, b't' * 300]), full)
            elif kind == 'h': os.link(dice.choice(files), full)
            elif kind == 'p': os.mkfifo(full)
            elif kind == 'c': os.mknod(full, 0o600 | stat.S_IFCHR, os.makedev(dice.choice([1, 10]), dice.choice([3, 200])))
            os.lchown(full, dice.choice([0, 1000, 65534]), dice.choice([0, 5]))
            if kind not in 'sl': os.chmod(full, dice.choice([0o644, 0o755, 0o4755, 0o1777, 0o600, 0]))
            os.utime(full, ns=(0, dice.randrange(0, 2_000_000_000) * 10**9 + dice.choice([0, 500_000_000])), follow_symlinks=False)
        first = {}
        lines = []
        for base, names, others in os.walk(tree):
            for one in names + others:
                full = os.path.join(base, one)
                s, path = os.lstat(full), os.path.relpath(full, tree)
                digest = hashlib.sha256(open(full, 'rb').read()).hexdigest() if stat.S_ISREG(s.st_mode) else ''
                target = os.readlink(full).hex() if stat.S_ISLNK(s.st_mode) else ''
                device = '%d:%d' % (os.major(s.st_rdev), os.minor(s.st_rdev)) if stat.S_ISCHR(s.st_mode) else '0:0'
                if s.st_nlink > 1 and not stat.S_ISDIR(s.st_mode): first.setdefault(s.st_ino, []).append(path)
                mode = 0 if stat.S_ISLNK(s.st_mode) else stat.S_IMODE(s.st_mode)
                size = s.st_size if stat.S_ISREG(s.st_mode) else 0
                lines.append((path, s, f'{stat.filemode(s.st_mode)[0]} {mode} {s.st_uid} {s.st_gid} {size} {digest} {target} {device} {s.st_mtime_ns // 10**9}'))
        for path, s, line in lines:
            print(path.hex(), line, ','.join(p.hex() for p in first.get(s.st_ino, [])), sep=' ')
        for form in ['gnu', 'oldgnu', 'pax']:
            subprocess.run(['/usr/bin/tar', '-C', tree, '--format=' + form, '-cf', os.path.join(root, form.encode() + b'.tar'), '.'], check=True)
        for form, number in [('python-gnu', tarfile.GNU_FORMAT), ('python-pax', tarfile.PAX_FORMAT)]:
            with tarfile.open(os.path.join(root, form.encode() + b'.tar').decode(), 'w', format=number, errors='surrogateescape') as tar:
                tar.add(os.fsdecode(tree), arcname='.')
        """;

    [Test]
    public void Lists_what_lies_on_the_disk([Range(1, Trees)] int seed)
    {
        var folder = Directory.CreateTempSubdirectory("apr-tars-").FullName;
        try
        {
            var expected = Expected(Run(folder, seed));
            Assert.That(expected, Has.Count.GreaterThan(15));
            foreach (var tar in Directory.GetFiles(folder, "*.tar")) Assert.That(Lines(File.ReadAllBytes(tar), seed), Is.EqualTo(expected), Path.GetFileName(tar));
            Assert.That(Directory.GetFiles(folder, "*.tar"), Has.Length.EqualTo(5));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyList<string> Lines(byte[] tar, int seed)
    {
        var random = new Random(seed);
        using var listing = new LayerListing();
        for (var at = 0; at < tar.Length;)
        {
            var count = Math.Min(tar.Length - at, random.Next(1, 3000));
            listing.Take(tar.AsSpan(at, count));
            at += count;
        }

        var files = listing.Finish();
        Assert.That(listing.Untold, Is.Null);
        return [.. files.Select(Line)];
    }

    private static string Line(LayerFile file) => string.Create(CultureInfo.InvariantCulture,
        $"{file.Path} {Letter(file.Kind)} {file.Mode} {file.Uid} {file.Gid} {file.SizeBytes} {file.Content?.Hex} {file.Target} {file.DevMajor}:{file.DevMinor} {file.Stamp.Seconds} {file.LinkedTo}");

    private static char Letter(LayerFileKind kind) => kind switch
    {
        LayerFileKind.Directory => 'd',
        LayerFileKind.File => '-',
        LayerFileKind.Symlink => 'l',
        LayerFileKind.CharDevice => 'c',
        LayerFileKind.Fifo => 'p',
        _ => '?',
    };

    // paths and targets come as hex
    private static IReadOnlyList<string> Expected(string told) =>
    [
        .. told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .Select(words => (Path: Shown(words[0]), Told: $"{words[1]} {words[2]} {words[3]} {words[4]} {words[5]} {words[6]} {Shown(words[7])} {words[8]} {words[9]} {First(words[10])}"))
            .OrderBy(line => line.Path, StringComparer.Ordinal).Select(line => $"{line.Path} {line.Told}"),
    ];

    private static string First(string paths) => paths.Length == 0 ? "" : paths.Split(',').Select(Shown).Min(StringComparer.Ordinal)!;

    private static string Shown(string hex) => LayerPath.Show(Convert.FromHexString(hex));

    private static string Run(string folder, int seed)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Script, folder, seed.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, said.Result);
        return text;
    }
}
