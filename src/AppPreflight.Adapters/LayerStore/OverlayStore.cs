using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>The overlay2 store of a Docker engine: tables below <c>image/overlay2</c>, files below <c>overlay2</c>.</summary>
/// <remarks>Source: moby layer/filestore.go, image/fs.go, daemon/graphdriver/overlay2.</remarks>
internal sealed class OverlayStore : IDisposable
{
    public const string Driver = "overlay2";

    private readonly Folder files;
    private readonly Folder layers;
    private readonly Folder? mounts;
    private readonly Folder? configs;
    private readonly Lazy<ILookup<string, string>> owners;
    private readonly LayerNames names;

    private OverlayStore(Folder files, Folder layers, Folder? mounts, Folder? configs, bool knowsOwners)
    {
        (this.files, this.layers, this.mounts, this.configs, KnowsOwners) = (files, layers, mounts, configs, knowsOwners);
        owners = new(Owners);
        names = new(files, TryRecord);
    }

    /// <summary>Whether files belong to whom the layer says; else the engine shifts owners.</summary>
    public bool KnowsOwners { get; }

    /// <exception cref="SourceException">Denied, or Missing: not the data root of such an engine.</exception>
    public static OverlayStore Open(string dataRoot, bool knowsOwners)
    {
        using var root = Folder.Open(dataRoot);
        var opened = new List<Folder?>();
        try
        {
            foreach (var path in (string[])[Driver, $"image/{Driver}/layerdb/sha256", $"image/{Driver}/layerdb/mounts", $"image/{Driver}/imagedb/content/sha256"])
                opened.Add(root.TryOpen(path));
            return opened is [{ } folders, { } table, var taken, var descriptions] ? new(folders, table, taken, descriptions, knowsOwners) : throw NoStore(dataRoot);
        }
        catch
        {
            foreach (var folder in opened) folder?.Dispose();
            throw;
        }
    }

    /// <returns>Null when the table has no such layer.</returns>
    public LayerRecord? TryRecord(ChainId chain) => LayerRecord.TryOpen(layers, chain.Value.Hex);

    public bool Has(ChainId chain)
    {
        using var record = TryRecord(chain);
        return record is not null;
    }

    public Folder? TryFiles(string cacheId) => files.TryOpen($"{cacheId}/diff");

    /// <summary>The short names by which containers reach the layer and those below it.</summary>
    public void CompareNames(LayerClaim claim, LayerRecord record, string cacheId, DamageList damages)
    {
        names.CompareLink(cacheId, damages);
        if (!record.IsBuiltInPlace) names.CompareLower(claim, cacheId, IsOwn, damages);
    }

    /// <summary>Whether another layer or container says that the same folder is its own.</summary>
    public bool IsShared(string cacheId, ChainId chain) => owners.Value[cacheId].Any(owner => owner != chain.Value.Hex);

    /// <summary>An image's configuration as stored; null when it is not there.</summary>
    public ReadOnlyMemory<byte>? ConfigOf(Digest image) => configs?.ReadSmall(image.Hex, ImageConfig.MaxBytes) is { } bytes ? new ReadOnlyMemory<byte>(bytes) : (ReadOnlyMemory<byte>?)null;

    /// <exception cref="SourceException">The file system can't be synced.</exception>
    public void Sync() => files.Sync();

    public void Dispose()
    {
        files.Dispose();
        layers.Dispose();
        mounts?.Dispose();
        configs?.Dispose();
    }

    private bool IsOwn(ChainId chain, string cacheId)
    {
        using var folder = TryFiles(cacheId);
        return folder is not null && !IsShared(cacheId, chain);
    }

    // only when something is wrong: then all of them, once
    private ILookup<string, string> Owners()
    {
        var all = Texts(layers, [LayerRecord.CacheIdName]);
        if (mounts is not null) all = all.Concat(Texts(mounts, ["mount-id", "init-id"]));
        return all.ToLookup(pair => pair.CacheId, pair => pair.Owner, StringComparer.Ordinal);
    }

    private static IEnumerable<(string CacheId, string Owner)> Texts(Folder table, string[] names)
    {
        foreach (var name in table.Names())
        {
            using var entry = table.TryOpen(name);
            foreach (var file in names)
            {
                if (entry?.ReadSmall(file, 256) is { } text) yield return (Encoding.Latin1.GetString(text).Trim(), Encoding.Latin1.GetString(name));
            }
        }
    }

    private static SourceException NoStore(string dataRoot) =>
        new(Source.Engine, Fault.Missing, $"{Quote.Short(dataRoot)} of this host is not the data root of such an engine");
}
