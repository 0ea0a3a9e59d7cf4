namespace AppPreflight.Apps;

/// <summary>One version of an app as a catalogue offers it.</summary>
/// <remarks>
/// Property names and defaults are the App Center's (appcenter/app.py, class App); null means "not set", which is not
/// the same as false or empty. Of a YAML catalogue (<c>apps.d</c>) only the first group is filled.
/// </remarks>
public sealed record AppRelease
{
    public required string Id { get; init; }

    /// <summary>The App Center's key of this version: the INI file's base name. Never derive a version or an order from it.</summary>
    public required string ComponentId { get; init; }

    /// <summary>The UCS version of the cache it stands in ("5.2"); empty for a YAML catalogue.</summary>
    public required string Ucs { get; init; }

    public required AppVersion Version { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Lowest installed version from which this one may be reached.</summary>
    public AppVersion? RequiredAppVersionUpgrade { get; init; }

    /// <summary>How the images are found; null for an app without containers of its own.</summary>
    public ImageRule? Images { get; init; }

    public string Code { get; init; } = "";
    public string? DockerImage { get; init; }
    public string? DockerMainService { get; init; }
    public IReadOnlyList<string> DockerAllowedImages { get; init; } = [];
    public IReadOnlyList<string> DockerVolumes { get; init; } = [];
    public bool HostCertificateAccess { get; init; }
    public string? DockerInjectEnvFile { get; init; }
    public bool? DockerMigrationWorks { get; init; }
    public string? DockerMigrationLink { get; init; }
    public IReadOnlyList<string> SupportedUcsVersions { get; init; } = [];
    public string? RequiredUcsVersion { get; init; }
    public bool InstallPermissions { get; init; }
    public string? PluginOf { get; init; }
    public bool? EndOfLife { get; init; }
    public bool? VoteForApp { get; init; }
    /// <summary>MB; null for a package app that does not say.</summary>
    public long? MinFreeDiskSpace { get; init; }

    public long MinPhysicalRam { get; init; }
    public IReadOnlyList<string> ServerRole { get; init; } = [];
    public IReadOnlyList<string> RequiredApps { get; init; } = [];
    public IReadOnlyList<string> RequiredAppsInDomain { get; init; } = [];
    public IReadOnlyList<string> ConflictedApps { get; init; } = [];
    public IReadOnlyList<string> ConflictedSystemPackages { get; init; } = [];
    public IReadOnlyList<string> PortsExclusive { get; init; } = [];

    /// <summary>HOST:CONTAINER pairs; only of Docker apps.</summary>
    public IReadOnlyList<string> PortsRedirection { get; init; } = [];
    public bool NotifyVendor { get; init; } = true;
    public bool? WithoutRepository { get; init; }
    public IReadOnlyList<string> DefaultPackages { get; init; } = [];

    /// <summary>The file <c>COMPONENT.compose</c> exists.</summary>
    public bool UsesCompose { get; init; }

    /// <summary>DockerImage or DockerMainService is set, even to nothing.</summary>
    public bool IsDocker => DockerImage is not null || DockerMainService is not null;
}
