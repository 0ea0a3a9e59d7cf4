using System.Collections.Immutable;
using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>What the files of this host say is installed.</summary>
internal static class ApplianceFiles
{
    public static Appliance Read(Fence root, CancellationToken cancellationToken)
    {
        var registry = UcrFiles.Read(Path.Join(root.Path, CachePaths.Registry));
        using var packages = root.Stream(CachePaths.Packages, PackageList.MaxBytes);
        return new(registry.Values)
        {
            FixedKeys = registry.Layers.Where(key => key.Value > UcrLayer.Normal).Select(key => key.Key).ToImmutableHashSet(StringComparer.Ordinal),
            InstalledPackages = PackageList.Read(packages, cancellationToken),
            NextUcsVersion = UpdaterStatus.NextVersion(root.Read(CachePaths.UpdaterStatus, UpdaterStatus.MaxBytes)),
        };
    }
}
