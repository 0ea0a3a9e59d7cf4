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

    private IImmutableSet<string> Fixed { get; init; } = ImmutableHashSet<string>.Empty;

    public static HostState Of(Appliance appliance) =>
        new(appliance.Ucr, appliance.InstalledPackages, appliance.InstalledVersions) { Fixed = appliance.FixedKeys };

    public HostState With(string key, string value) => Fixed.Contains(key) ? this : this with { Ucr = Ucr.With(key, OneLine(value)) };

    public HostState Without(string key) => Fixed.Contains(key) ? this : this with { Ucr = Ucr.Without(key) };

    // The registry is line based: it drops line ends in a value. A version text of two lines never counts as installed again.
    private static string OneLine(string value) =>
        value.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
}
