using System.Text;
using AppPreflight.Apps;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Which apps with containers are installed, read from as few files as can tell: the registry, apps.d, and the INI files of registered apps.</summary>
/// <remarks>
/// The registry alone can't tell: register.py gives package apps a status too. The files of an app are looked for by their usual
/// name, ID or ID_ANYTHING; but a name is only a hint, and where it leads to no file of that app the whole catalogue has to be read.
/// </remarks>
internal sealed class InstalledGlance(Fence root, string locale)
{
    private const int MostFiles = 50_000;

    /// <summary>None of the texts that are loaded along can make a version visible.</summary>
    private static readonly HashSet<string> Asked = new(["ini", "meta"], StringComparer.Ordinal);

    /// <returns>Null when these files do not suffice, or something is wrong with them: whoever reads all of them can say what.</returns>
    public IReadOnlyList<InstalledApp>? TryRead(CancellationToken cancellationToken)
    {
        try
        {
            var appliance = new Appliance(UcrFiles.Read(root.Enter(CachePaths.Registry)).Values);
            var described = AppsYaml.Read(root);
            var apps = InstalledApps.Of(AppCatalog.Empty, appliance with { InstalledVersions = described.InstalledVersions });
            var releases = ReleasesOf([.. apps.Select(app => app.Id)], appliance.Ucr, cancellationToken);
            if (releases is null) return null;
            var reading = DescribedApps.AddTo(new([new("", releases)]), appliance, described);
            return InstalledApps.Of(reading.Catalog, reading.Appliance);
        }
        catch (SourceException)
        {
            return null;
        }
    }

    /// <returns>Null when there is a cache that knows one of the apps by no file of its name.</returns>
    private List<AppRelease>? ReleasesOf(HashSet<string> apps, UcrValues ucr, CancellationToken cancellationToken)
    {
        if (apps.Count == 0 || root.Enter(CachePaths.ServerFolder(ucr)) is not { } server) return [];
        var current = UpdaterStatus.NextVersion(root.Read(CachePaths.UpdaterStatus, UpdaterStatus.MaxBytes)) ?? ucr["version/version"];
        if (current is null) return null;
        var releases = new List<AppRelease>();
        var (open, known) = (new HashSet<string>(apps, StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var ucs in UcsVersionList.For(IniFile.Read(server, UcsVersionList.File), server.PathOf(UcsVersionList.File), current).Distinct(StringComparer.Ordinal))
        {
            if (server.Enter(ucs) is not { } folder) continue;
            foreach (var component in folder.Names(MostFiles).Where(IsIni).Select(Path.GetFileNameWithoutExtension).OfType<string>())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!MayTellMore(folder, component, open, known) || Read(folder, component, ucs) is not { } release) continue;
                releases.Add(release);
                known.Add(release.Id);
                // one with a container is enough to list the app
                if (release.IsDocker && release.PluginOf is null) open.Remove(release.Id);
            }
        }

        return known.IsSupersetOf(apps) ? releases : null;
    }

    // of an app that is known, only a version with a container is news
    private static bool MayTellMore(Fence folder, string component, HashSet<string> open, HashSet<string> known)
    {
        var named = open.Where(app => IsNamedAfter(component, app)).ToList();
        return named.Count > 0 && (!named.TrueForAll(known.Contains) || Asked.Any(extension => SpeaksOfDocker(folder.Read($"{component}.{extension}", IniFile.MaxBytes + 1))));
    }

    private static bool SpeaksOfDocker(byte[]? ini) => ini is not null && Encoding.Latin1.GetString(ini).Contains("docker", StringComparison.OrdinalIgnoreCase);

    private AppRelease? Read(Fence folder, string component, string ucs) => ReleaseReader.Read(new()
    {
        ComponentId = component,
        Ucs = ucs,
        Locale = locale,
        Folder = folder.Path,
        Companions = Asked,
        Read = extension => folder.Read($"{component}.{extension}", IniFile.MaxBytes + 1),
    }).Release;

    private static bool IsIni(string name) => name.EndsWith(".ini", StringComparison.Ordinal) && name[0] != '.';

    private static bool IsNamedAfter(string component, string app) =>
        component.StartsWith(app, StringComparison.Ordinal) && (component.Length == app.Length || component[app.Length] == '_');
}
