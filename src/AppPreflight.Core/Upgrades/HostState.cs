using System.Collections.Immutable;
using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>What the App Center would find on this host at one point of the simulated chain; a step makes a new one.</summary>
internal sealed record HostState(
    UcrValues Ucr, IImmutableSet<string> Packages, ImmutableDictionary<string, string> Versions)
{
    /// <summary>The whole system is itself a container: installed is then what apt says.</summary>
    /// <remarks>Source: appcenter/utils.py, container_mode().</remarks>
    public bool InContainer => !string.IsNullOrEmpty(Ucr["docker/container/uuid"]);

    public static HostState Of(Appliance appliance) =>
        new(appliance.Ucr, appliance.InstalledPackages, appliance.InstalledVersions);

    public HostState With(string key, string value) => this with { Ucr = Ucr.With(key, OneLine(value)) };

    public HostState Without(string key) => this with { Ucr = Ucr.Without(key) };

    // The registry is line based: it drops line ends in a value. A version text of two lines never counts as installed again.
    private static string OneLine(string value) =>
        value.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
}
