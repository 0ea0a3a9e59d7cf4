using AppPreflight.Control;
using AppPreflight.Images;

namespace AppPreflight.Cli;

/// <summary>The global options, as Composition needs them: paths are absolute, defaults are filled in.</summary>
internal sealed record Settings
{
    public const string DefaultHost = "unix:///var/run/docker.sock";
    public const string DefaultState = "/var/lib/app-preflight";

    /// <summary>App Center cache, UCR and configuration are read below this directory.</summary>
    public string Root { get; init; } = "/";

    /// <summary>The agent's configuration file, absolute and wherever it lies; null for the usual one below <see cref="Root"/>.</summary>
    public string? Config { get; init; }

    /// <summary>The engine: <c>--host</c>, else DOCKER_HOST, else Docker's own socket.</summary>
    public string Host { get; init; } = DefaultHost;

    public string State { get; init; } = DefaultState;

    /// <summary>The appliance that is meant, and where its agent would be.</summary>
    public AgentAddress Agent => new(Root, Host, State);

    /// <summary>Depth of a check; repair and verify always hash.</summary>
    public Depth Depth { get; init; } = Depth.Claims;

    /// <summary>Reports as JSON on standard output, and nothing else there.</summary>
    public bool Json { get; init; }

    public bool Plain { get; init; }

    public bool Verbose { get; init; }
}
