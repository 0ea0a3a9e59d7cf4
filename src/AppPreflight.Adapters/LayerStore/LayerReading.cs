using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>Reads one layer of an overlay2 store through: table, tree, contents; and when they do not match, which file it is.</summary>
internal sealed class LayerReading(OverlayStore store, LayerClaim claim, ReadingPace pace, ReadingMeter meter, CancellationToken cancellationToken)
{
    private readonly DamageList damages = new();
    private IReadOnlyList<LayerDamage> ofTables = [];
    private Digest? observed;
    private long tarBytes;
    private string stamp = "";
    private string? unread;
    private SourceFault? fault;

    /// <summary>How the stamp of a layer begins whose files are in this folder; another pull makes another folder.</summary>
    public static string StampOf(string cacheId) => $"{Shown(cacheId)}-";

    /// <exception cref="SourceException">Denied: this user may not read it.</exception>
    public StoredLayer Read()
    {
        using var record = store.TryRecord(claim.Chain);
        if (record is null) return new(claim.DiffId, claim.Chain) { Fault = NotThere };
        Read(record);
        // whatever was seen amiss may be the engine's removing of it
        if (!record.IsStillThere) return new(claim.DiffId, claim.Chain) { Fault = Removed };
        if (HasDamage && record.CacheId is { } id && store.IsShared(id, claim.Chain)) BlameCacheId(id);
        return new(claim.DiffId, claim.Chain)
        {
            Observed = observed,
            SizeBytes = tarBytes,
            Damages = damages.Sorted,
            MoreDamages = damages.More,
            Fault = fault,
            IsFromMedium = pace.IsFromMedium,
            Stamp = stamp,
        };
    }

    private bool HasDamage => damages.Count > 0 || (observed is not null && observed != claim.DiffId.Value);

    private void Read(LayerRecord record)
    {
        using var folder = record.CacheId is { } id ? store.TryFiles(id) : null;
        if (folder is null)
        {
            record.Compare(claim, damages);
            damages.Add(DamageKind.CacheId, LayerRecord.CacheIdName, null, LayerRecord.Shown(record.CacheIdText));
            return;
        }

        try
        {
            CompareTables(record);
            ReadFiles(record, folder);
            // neither damaged nor proved: something there can't be opened, and that is no pass
            if (damages.Count == 0 && fault is null && (observed is null || unread is not null))
                fault = new(Source.Engine, Fault.Unreachable, $"the layer {claim.Chain.Value.Short} can't be read through: {Quote.Short(unread ?? "a file of it")} can't be opened");
        }
        catch (InvalidDataException e)
        {
            Forget();
            damages.Add(DamageKind.TarSplit, LayerRecord.TarSplitName, null, Quote.Short(e.Message));
        }
        catch (IOException e)
        {
            // what was seen before stays seen
            if (damages.Count == 0) fault = new(Source.Engine, Fault.Unreachable, $"the layer {claim.Chain.Value.Short} can't be read: {Quote.Short(e.Message)}");
        }
    }

    // what the engine says of the layer, beside its files
    private void CompareTables(LayerRecord record)
    {
        record.Compare(claim, damages);
        if (record.CacheId is { } id) store.CompareNames(claim, record, id, damages);
        ofTables = damages.Sorted;
    }

    // what was said of the files, when it turns out that they are not to blame
    private void Forget()
    {
        damages.Clear();
        foreach (var damage in ofTables) damages.Add(damage.Kind, damage.Path, damage.Expected, damage.Observed);
    }

    private void ReadFiles(LayerRecord record, Folder folder)
    {
        var before = damages.Count;
        using var skeleton = new TarSkeleton();
        var tree = Tree(record, skeleton);
        if (Untold(tree) is { } why)
        {
            fault = new(Source.Engine, Fault.Unsupported, $"the layer {claim.Chain.Value.Short} can't be proved: {why}");
            return;
        }

        var comparison = new TreeComparison(tree, folder, new(store.KnowsOwners, record.IsBuiltInPlace), damages, cancellationToken);
        comparison.Run();
        unread = comparison.Unread;
        stamp = $"{StampOf(record.CacheId!)}{comparison.LastChange:x}";
        var files = new LayerFiles(folder, tree, pace.IsFromMedium, meter, cancellationToken);
        if (comparison.IsContentThere) observed = Rebuild(files, skeleton, record);
        if (observed == claim.DiffId.Value) return;
        var named = damages.Count;
        files.Compare(damages);
        // every file has its sum and its size, and yet they make another tar: then it is the description that was altered
        if (observed is null || damages.Count > named) return;
        if (damages.Count > before) Forget();
        damages.Add(DamageKind.TarSplit, LayerRecord.TarSplitName, claim.DiffId.ToString(), observed.ToString());
    }

    private LayerTree Tree(LayerRecord record, TarSkeleton skeleton)
    {
        using var split = record.OpenTarSplit(pace.IsFromMedium);
        return SplitTree.Build(split, skeleton, cancellationToken);
    }

    private Digest? Rebuild(LayerFiles files, TarSkeleton skeleton, LayerRecord record)
    {
        if (skeleton.IsKept) return files.Rebuild(skeleton.Pieces, out tarBytes);
        using var split = record.OpenTarSplit(isFromMedium: false);
        return files.Rebuild(TarSkeleton.PiecesOf(split), out tarBytes);
    }

    private static string? Untold(LayerTree tree) => tree.Untold
        ?? (tree.Contents.Any(inode => inode is { First: null }) ? "a later entry overwrites one with contents, and the engine keeps only the last" : null);

    private void BlameCacheId(string id)
    {
        damages.Clear();
        (observed, tarBytes) = (null, 0);
        damages.Add(DamageKind.CacheId, LayerRecord.CacheIdName, null, $"{Shown(id)}, which is the folder of another layer");
    }

    private static string Shown(string cacheId) => cacheId[..Math.Min(12, cacheId.Length)];

    private SourceFault NotThere => new(Source.Engine, Fault.Missing, $"the engine's table has no layer {claim.Chain.Value.Short}") { Subject = $"layerdb/sha256/{claim.Chain.Value.Hex}" };

    private SourceFault Removed => new(Source.Engine, Fault.Changing, $"the engine removed the layer {claim.Chain.Value.Short} while it was being read");
}
