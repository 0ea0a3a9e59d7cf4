using AppPreflight.Apps;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>One cache directory as read at one moment.</summary>
/// <param name="Settled">False from purge to the end of untar: there was an archive, but no INI file, or not all that is in it.</param>
internal sealed record CacheReading(AppCache Cache, IReadOnlyList<CatalogNote> Notes, bool Settled);

/// <summary>Reads the cache directory of one UCS version.</summary>
/// <remarks>Source: appcenter/app_cache.py, AppCache; the order of a refresh: appcenter/actions/update.py.</remarks>
internal sealed class CacheReader(Fence root, Fence server, string locale)
{
    private const int MostFiles = 50_000;
    private const int MostJsonCaches = 20;

    /// <summary>Starting the threads costs as much as reading some dozen files.</summary>
    private const int WorthAllCores = 100;

    /// <summary>Of all INI, meta and compose files of a cache together. Univention's largest cache has some 3 MB.</summary>
    private const long MostBytes = 256L * 1024 * 1024;

    private readonly ComposeCompanion composes = new(root);
    private long read;

    /// <exception cref="SourceException">What makes the App Center itself fail on this directory.</exception>
    public CacheReading Read(string ucs, CancellationToken cancellationToken)
    {
        read = 0;
        if (server.Enter(ucs) is not { } folder)
            return new(new(ucs, []), [], Settled: true);
        var names = folder.Names(MostFiles);
        var companions = Companions(names);
        string[] components = [.. names.Where(IsIni).Select(name => Path.GetFileNameWithoutExtension(name))];
        var readings = ReadEach(components, component => Files(folder, component, ucs, companions[component]), cancellationToken);
        var releases = ReleaseOrder.Sort(readings.Select(reading => reading.Release).OfType<AppRelease>().Select(release => WithCompose(release, folder, companions[release.ComponentId])));
        CatalogNote[] notes = [.. readings.SelectMany(reading => reading.Notes), .. JsonNotes(folder, names, releases)];
        return new(new(ucs, releases), notes, Settled: IsSettled(names) && !Unpacking.IsGoingOn(folder, names));
    }

    /// <summary>Whether any visible release names a category: only then a broken .app-categories.ini does harm.</summary>
    public bool AnyNamesCategory(AppCache cache) =>
        server.Enter(cache.Ucs) is { } folder && cache.Releases.Any(release =>
        {
            var (ini, meta) = (IniFile.Read(folder, release.ComponentId + ".ini"), IniFile.Read(folder, release.ComponentId + ".meta"));
            return new MergedOptions(ini, meta, locale).Text("categories", localisable: true) is { Length: > 0 };
        });

    private static ReleaseReading[] ReadEach(string[] components, Func<string, ReleaseFiles> files, CancellationToken cancellationToken)
    {
        var readings = new ReleaseReading[components.Length];
        if (components.Length >= WorthAllCores)
            ReadOnAllCores(components, files, readings, cancellationToken);
        for (var index = 0; index < components.Length; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            readings[index] ??= ReleaseReader.Read(files(components[index]));
        }

        return readings;
    }

    // What fails here is read again in the order of names, so that the same files always make the same report.
    private static void ReadOnAllCores(string[] components, Func<string, ReleaseFiles> files, ReleaseReading[] readings, CancellationToken cancellationToken) =>
        Parallel.For(0, components.Length, new ParallelOptions { CancellationToken = cancellationToken }, (index, loop) =>
        {
            try
            {
                readings[index] = ReleaseReader.Read(files(components[index]));
            }
            catch (SourceException)
            {
                loop.Stop();
            }
        });

    // As glob("*.ini"): hidden files and other spellings do not count.
    private static bool IsIni(string name) => name.EndsWith(".ini", StringComparison.Ordinal) && name[0] != '.';

    private static bool IsSettled(IReadOnlyList<string> names) =>
        names.Any(IsIni) || !names.Any(name => name is ".all.tar" or ".tmp.tar");

    private static Dictionary<string, IReadOnlySet<string>> Companions(IReadOnlyList<string> names)
    {
        var companions = new Dictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var dot = name.LastIndexOf('.');
            if (dot <= 0)
                continue;
            if (!companions.TryGetValue(name[..dot], out var extensions))
                companions.Add(name[..dot], extensions = new HashSet<string>(StringComparer.Ordinal));
            ((HashSet<string>)extensions).Add(name[(dot + 1)..]);
        }

        return companions;
    }

    private ReleaseFiles Files(Fence folder, string component, string ucs, IReadOnlySet<string> companions) => new()
    {
        ComponentId = component,
        Ucs = ucs,
        Locale = locale,
        Folder = folder.Path,
        Companions = companions,
        Read = extension => Count(folder, folder.Read($"{component}.{extension}", IniFile.MaxBytes + 1)),
    };

    private byte[]? Count(Fence folder, byte[]? content) =>
        Interlocked.Add(ref read, content?.Length ?? 0) <= MostBytes ? content : throw Fence.Refusal(folder.Path, $"has more than {MostBytes} bytes of app files");

    private AppRelease WithCompose(AppRelease release, Fence folder, IReadOnlySet<string> extensions)
    {
        if (!release.UsesCompose)
            return release;
        var name = release.ComponentId + ".compose";
        return Count(folder, folder.Read(name, ComposeCompanion.MaxBytes)) is { } content
            ? release with { Images = composes.Of(release, content, extensions.Contains("env")) }
            : release with { UsesCompose = false };
    }

    private static IEnumerable<CatalogNote> JsonNotes(Fence folder, IReadOnlyList<string> names, IReadOnlyList<AppRelease> releases) =>
        from name in names.Where(IsJsonCache).Take(MostJsonCaches)
        where IsCurrent(folder, name)
        let content = folder.Read(name, JsonCache.MaxBytes)
        where content is not null
        from note in JsonCache.Differences(Path.Join(folder.Path, name), content, releases)
        select note;

    private static bool IsJsonCache(string name) =>
        name.StartsWith(".apps.", StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal);

    // The App Center compares whole milliseconds.
    private static bool IsCurrent(Fence folder, string json)
    {
        var written = Milliseconds(Path.Join(folder.Path, json));
        return written >= Milliseconds(Path.Join(folder.Path, ".all.tar"));
    }

    private static long Milliseconds(string path) => File.GetLastWriteTimeUtc(path).Ticks / TimeSpan.TicksPerMillisecond;
}
