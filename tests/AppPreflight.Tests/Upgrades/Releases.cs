using System.Collections.Immutable;
using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>Makes catalogues and appliances of an app "demo".</summary>
internal static class Releases
{
    public static readonly IReadOnlyDictionary<string, PermissionAnswer> NoAnswers = new Dictionary<string, PermissionAnswer>(StringComparer.Ordinal);

    public static AppRelease DockerRelease(string version, string ucs = "5.2", string? needs = null) => new()
    {
        Id = "demo",
        Code = "DE",
        ComponentId = "demo_" + version,
        Ucs = ucs,
        Version = new(version),
        DockerImage = "r.example.test/demo:" + version,
        SupportedUcsVersions = ["5.2-0"],
        RequiredAppVersionUpgrade = needs is null ? null : new(needs),
    };

    public static AppRelease Packages(string version, params string[] packages) =>
        DockerRelease(version) with { DockerImage = null, DefaultPackages = packages };

    /// <summary>Caches in the order 5.2, 5.0; each ascending.</summary>
    public static AppCatalog Catalog(params AppRelease[] releases) =>
        new([.. new[] { "5.2", "5.0" }.Select(ucs => new AppCache(ucs, ReleaseOrder.Sort(releases.Where(release => release.Ucs == ucs))))]);

    public static UcrValues Ucr { get; } = UcrValues.Empty
        .With("version/version", "5.2").With("version/patchlevel", "3").With("version/erratalevel", "283")
        .With("uuid/license", "11111111-2222-3333-4444-555555555555").With("server/role", "domaincontroller_master");

    public static Appliance Installed(string version, string ucs = "5.2") => new(Ucr
        .With("appcenter/apps/demo/status", "installed").With("appcenter/apps/demo/version", version).With("appcenter/apps/demo/ucs", ucs));

    public static Appliance With(this Appliance appliance, string key, string value) => appliance with { Ucr = appliance.Ucr.With(key, value) };

    public static Appliance WithPackages(this Appliance appliance, params string[] packages) =>
        appliance with { InstalledPackages = packages.ToImmutableHashSet(StringComparer.Ordinal) };

    public static UpgradeChain Resolve(this AppCatalog catalog, Appliance appliance, string? target = null) =>
        ChainResolver.Resolve(catalog, appliance, "demo", target is null ? null : new(target), NoAnswers);

    public static IEnumerable<string> Versions(this UpgradeChain chain) => chain.Steps.Select(step => step.Release.Version.Text);
}
