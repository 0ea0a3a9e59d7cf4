namespace AppPreflight.AppCenter;

/// <summary>What a release and this host add to a compose file.</summary>
internal sealed record ComposeSettings
{
    public required string MainService { get; init; }

    /// <summary>Volumes the App Center gives the main service, as <c>host:container[:mode]</c>.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Container port and host port of every <c>appcenter/apps/APP/ports/*</c> key.</summary>
    public IReadOnlyList<AppPort> AppPorts { get; init; } = [];

    /// <summary>The env file the App Center writes beside the compose file and injects, or null.</summary>
    public string? EnvFile { get; init; }

    /// <summary>DockerInjectEnvFile is "all", not "main".</summary>
    public bool InjectsEverywhere { get; init; }
}
