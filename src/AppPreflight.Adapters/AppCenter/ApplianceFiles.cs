using System.Collections.Immutable;
using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>What the files of this host say is installed.</summary>
internal static class ApplianceFiles
{
    public static Appliance Read(Fence root, CancellationToken cancellationToken)
    {
        var registry = UcrFiles.Read(root.Enter(CachePaths.Registry));
        using var packages = root.Stream(CachePaths.Packages, PackageList.MaxBytes);
        return new(registry.Values)
        {
            FixedKeys = FixedKeys(registry),
            InstalledPackages = PackageList.Read(packages, cancellationToken),
            NextUcsVersion = UpdaterStatus.NextVersion(root.Read(CachePaths.UpdaterStatus, UpdaterStatus.MaxBytes)),
        };
    }

    private static ImmutableHashSet<string> FixedKeys(UcrReading registry)
    {
        var keys = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var (key, entry) in registry.Entries)
        {
            if (entry.Layer > UcrLayer.Normal)
                keys.Add(key);
        }

        return keys.ToImmutable();
    }
}
