namespace AppPreflight.AppCenter;

/// <summary>A compose app's release: its files, and the options that change what becomes of them.</summary>
internal sealed record ComposeRelease
{
    public required string AppId { get; init; }

    /// <summary>DockerMainService.</summary>
    public required string MainService { get; init; }

    /// <summary>Reads <c>COMPONENT.compose</c>; throws as file access does.</summary>
    public required Func<byte[]> Template { get; init; }

    /// <summary>DockerInjectEnvFile: null, "main" or "all".</summary>
    public string? InjectEnvFile { get; init; }

    /// <summary><c>COMPONENT.env</c> exists.</summary>
    public bool HasEnvFile { get; init; }

    /// <summary>DockerVolumes.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>HostCertificateAccess.</summary>
    public bool HostCertificateAccess { get; init; }

    /// <summary>Reads <c>docker-compose.override.yml</c> of the app's run directory; null if there is none.</summary>
    public Func<byte[]?> Override { get; init; } = () => null;

    /// <summary>Whether a path, relative to the run directory or absolute, is an existing file.</summary>
    public Func<string, bool> FileExists { get; init; } = _ => false;
}
