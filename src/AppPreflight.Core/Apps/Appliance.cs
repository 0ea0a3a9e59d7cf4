using System.Collections.Immutable;

namespace AppPreflight.Apps;

/// <summary>What is installed on this host, as its files say.</summary>
public sealed record Appliance(UcrValues Ucr)
{
    /// <summary>Debian packages that count as installed (for package apps and conflicts).</summary>
    public IImmutableSet<string> InstalledPackages { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Registry keys that a policy, a schedule or force holds: what an upgrade writes under them has no effect.</summary>
    public IImmutableSet<string> FixedKeys { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>The UCS version a running release update leads to (univention-updater.status), or null.</summary>
    public string? NextUcsVersion { get; init; }

    /// <summary>Installed versions by app id, for appliances described in YAML; empty on UCS, where UCR tells.</summary>
    public ImmutableDictionary<string, string> InstalledVersions { get; init; } = ImmutableDictionary<string, string>.Empty;
}
