using System.Text.Unicode;
using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>What became of one version: a release, or nothing because of an attribute; with remarks in both cases.</summary>
/// <param name="Release">Null when the App Center ignores this version.</param>
internal sealed record ReleaseReading(AppRelease? Release, IgnoredVersion? Ignored)
{
    /// <summary>Files that could not be parsed and count as empty, by extension.</summary>
    public IReadOnlyDictionary<string, IniFault> Unparseable { get; init; } = new Dictionary<string, IniFault>(StringComparer.Ordinal);

    /// <summary>All of it in sentences that name the file.</summary>
    public IReadOnlyList<CatalogNote> Notes { get; init; } = [];
}

/// <summary>The first attribute with a problem, by the App Center's name, and its complaint.</summary>
internal sealed record IgnoredVersion(string Attribute, string Message);

/// <summary>Makes a release of an INI file and its companions.</summary>
/// <remarks>Source: appcenter/app.py, App.from_ini, AppAttribute.get_value, App.__init__ and the attributes' post_creation.</remarks>
internal static class ReleaseReader
{
    /// <summary>Texts that the App Center loads with each visible version; one that is not UTF-8 ends every command.</summary>
    private static readonly string[] Texts =
    [
        "LICENSE_AGREEMENT", "README", "README_INSTALL", "README_POST_INSTALL",
        "README_UPDATE", "README_POST_UPDATE", "README_UNINSTALL", "README_POST_UNINSTALL",
    ];

    /// <exception cref="SourceException">Malformed, subject FILE:LINE: what makes reading the whole cache fail.</exception>
    public static ReleaseReading Read(ReleaseFiles files)
    {
        var ini = IniFile.Parse(files.PathOf("ini"), files.Content("ini"));
        var meta = IniFile.Parse(files.PathOf("meta"), files.Content("meta"));
        var values = new MergedOptions(ini, meta, files.Locale);
        var ignored = FirstComplaint(values);
        if (ignored is null)
        {
            CheckWhatIsLoadedAlong(files);
        }

        var release = ignored is null ? ReleaseOf(values, files) : null;
        return new(release, ignored) { Unparseable = Unparseable(ini, meta), Notes = Notes(files, ini, meta, ignored) };
    }

    private static IgnoredVersion? FirstComplaint(MergedOptions values)
    {
        foreach (var attribute in ReleaseAttribute.All)
        {
            if (attribute.Complaint(values.Text(attribute.Option, attribute.Localisable)) is { } complaint)
            {
                return new(attribute.Name, complaint);
            }
        }

        return null;
    }

    private static void CheckWhatIsLoadedAlong(ReleaseFiles files)
    {
        IniFile.Parse(files.PathOf("settings"), files.Content("settings"));
        foreach (string text in Texts)
        {
            string[] names = [$"{text}_{files.Locale.ToUpperInvariant()}", text, text + "_EN"];
            if (names.FirstOrDefault(files.Companions.Contains) is { } name && files.Read(name) is { } content && !Utf8.IsValid(content))
            {
                string file = files.PathOf(name);
                throw new SourceException(Source.AppCenter, Fault.Malformed, $"{file} is not UTF-8: the App Center can't read any app while it is so.")
                {
                    Subject = file,
                };
            }
        }
    }

    private static AppRelease ReleaseOf(MergedOptions values, ReleaseFiles files)
    {
        string? image = values.Text("dockerimage");
        bool isDocker = image is not null || values.Text("dockermainservice") is not null;
        string? plugin = values.Text("pluginof");
        bool usesCompose = files.Companions.Contains("compose");
        return new AppRelease
        {
            Id = values.Text("id")!,
            ComponentId = files.ComponentId,
            Ucs = files.Ucs,
            Version = new(values.Text("version")!),
            Name = values.Text("name", localisable: true)!,
            Code = values.Text("code")!,
            RequiredAppVersionUpgrade = values.Text("requiredappversionupgrade") is { } required ? new(required) : null,
            DockerImage = image,
            DockerMainService = values.Text("dockermainservice"),
            DockerAllowedImages = values.List("dockerallowedimages"),
            DockerVolumes = values.List("dockervolumes"),
            HostCertificateAccess = values.Boolean("hostcertificateaccess") ?? false,
            DockerInjectEnvFile = values.Text("dockerinjectenvfile"),
            DockerMigrationWorks = values.Boolean("dockermigrationworks"),
            DockerMigrationLink = values.Text("dockermigrationlink"),
            SupportedUcsVersions = values.List("supporteducsversions"),
            RequiredUcsVersion = values.Text("requireducsversion"),
            InstallPermissions = values.Boolean("installpermissions") ?? false,
            PluginOf = plugin,
            EndOfLife = values.Boolean("endoflife"),
            VoteForApp = values.Boolean("voteforapp"),
            MinFreeDiskSpace = values.Integer("minfreediskspace") ?? (isDocker ? 4000 : null),
            MinPhysicalRam = values.Integer("minphysicalram") ?? 0,
            ServerRole = values.Text("serverrole") is null ? ReleaseAttribute.ServerRoles : values.List("serverrole"),
            RequiredApps = values.List("requiredapps"),
            RequiredAppsInDomain = values.List("requiredappsindomain"),
            ConflictedApps = values.List("conflictedapps"),
            ConflictedSystemPackages = values.List("conflictedsystempackages"),
            PortsExclusive = values.List("portsexclusive"),
            PortsRedirection = values.List("portsredirection"),
            NotifyVendor = values.Boolean("notifyvendor") ?? true,
            WithoutRepository = values.Boolean("withoutrepository"),
            DefaultPackages = values.List("defaultpackages"),
            UsesCompose = usesCompose,
            Images = usesCompose || !isDocker || !string.IsNullOrEmpty(plugin) ? null : ImagesOf(image),
        };
    }

    private static ImageRule ImagesOf(string? image) =>
        string.IsNullOrEmpty(image) ? new NoImage("Neither a DockerImage nor a compose file names an image.") : new NamedImages([image]);

    private static Dictionary<string, IniFault> Unparseable(IniFile ini, IniFile meta)
    {
        var faults = new Dictionary<string, IniFault>(StringComparer.Ordinal);
        if (ini.Unparseable is { } inIni)
        {
            faults.Add("ini", inIni);
        }

        if (meta.Unparseable is { } inMeta)
        {
            faults.Add("meta", inMeta);
        }

        return faults;
    }

    private static List<CatalogNote> Notes(ReleaseFiles files, IniFile ini, IniFile meta, IgnoredVersion? ignored)
    {
        var notes = Unparseable(ini, meta)
            .Select(each => new CatalogNote($"{files.PathOf(each.Key)}:{each.Value.Line}", $"The file counts as empty: {each.Value.Message}."))
            .ToList();
        if (ignored is not null)
        {
            notes.Add(new(files.PathOf("ini"), $"The App Center ignores this version because of {ignored.Attribute}: {ignored.Message}."));
        }

        return notes;
    }
}
