using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

public enum FileChange
{
    Added,
    Removed,
    Changed,

    /// <summary>Only in what makes no difference to whoever uses it: time stamp, owner's name.</summary>
    Stamp,
}

/// <summary>One path in which two images differ, seen from A to B.</summary>
/// <param name="LayerA">The layer of A that says so, from 0; null: none does.</param>
/// <param name="What">What of it is other: "content", "mode", "time" ...</param>
public sealed record FilePair(string Path, FileChange Change, int? LayerA, int? LayerB, IReadOnlyList<string> What)
{
    public long? SizeA { get; init; }

    public long? SizeB { get; init; }

    /// <summary>What stands there, for a change of one thing ("0644" and "0600"); null where the sizes say enough.</summary>
    public (string A, string B)? Values { get; init; }

    /// <summary>Whether it is one depends on what lies below the layers that were compared: a folder named once more, a whiteout.</summary>
    public bool IsDoubtful { get; init; }
}

/// <summary>Compares two trees path by path.</summary>
public static class FilePairs
{
    /// <param name="isWhole">Both trees begin with their images' first layers.</param>
    public static IReadOnlyList<FilePair> Of(LayeredTree a, LayeredTree b, bool isWhole)
    {
        var (left, right) = (a.Files(isWhole), b.Files(isWhole));
        return [.. left.Keys.Union(right.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(path => Pair(path, left.GetValueOrDefault(path), right.GetValueOrDefault(path), isWhole)).OfType<FilePair>()];
    }

    /// <summary>Whether the tars name their paths in another order.</summary>
    public static bool IsOrderOther(LayerFiles a, LayerFiles b)
    {
        // what only one of them has says nothing of the order
        static IEnumerable<string> InOrder(LayerFiles files, HashSet<string> both) => files.Files
            .Where(file => both.Contains(file.Path) && file.Kind is not (LayerFileKind.ImplicitDirectory or LayerFileKind.Whiteout)).OrderBy(file => file.Stamp.Place).Select(file => file.LinkedTo ?? file.Path);
        var both = a.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        both.IntersectWith(b.Files.Select(file => file.Path));
        return !InOrder(a, both).SequenceEqual(InOrder(b, both), StringComparer.Ordinal);
    }

    private static FilePair? Pair(string path, LayeredFile? a, LayeredFile? b, bool isWhole) => (a, b) switch
    {
        (null, { } only) => Alone(only, path, isAdded: true, isWhole),
        ({ } only, null) => Alone(only, path, isAdded: false, isWhole),
        var (one, other) => Both(path, one!, other!, isWhole),
    };

    // a whiteout takes away what another layer gave: seen from A to B it is the other way round
    private static FilePair Alone(LayeredFile only, string path, bool isAdded, bool isWhole)
    {
        var isWhiteout = only.File.Kind == LayerFileKind.Whiteout;
        var isFolder = only.File.Kind is LayerFileKind.Directory or LayerFileKind.ImplicitDirectory;
        return new(path, isAdded != isWhiteout ? FileChange.Added : FileChange.Removed, isAdded ? null : only.Layer, isAdded ? only.Layer : null, [Word(only.File.Kind)])
        {
            SizeA = isAdded ? null : SizeOf(only.File),
            SizeB = isAdded ? SizeOf(only.File) : null,
            IsDoubtful = !isWhole && (isWhiteout || isFolder),
        };
    }

    private static FilePair? Both(string path, LayeredFile a, LayeredFile b, bool isWhole)
    {
        if (a.File.IsLike(b.File)) return Stamped(path, a, b);
        var (isHiddenA, isHiddenB) = (a.File.Kind == LayerFileKind.Whiteout, b.File.Kind == LayerFileKind.Whiteout);
        if (isHiddenA || isHiddenB)
        {
            var stays = isHiddenA ? b : a;
            return Alone(stays, path, isAdded: isHiddenA, isWhole: true) with { LayerA = a.Layer, LayerB = b.Layer };
        }

        var what = FileParts.Other(a.File, b.File).ToList();
        return new(path, FileChange.Changed, a.Layer, b.Layer, [.. what.Select(part => part.Name)])
        {
            SizeA = SizeOf(a.File),
            SizeB = SizeOf(b.File),
            Values = what is [{ A: { } ofA, B: { } ofB }] ? (Quote.Short(ofA), Quote.Short(ofB)) : null,
            IsDoubtful = !isWhole && what is [{ Name: FileParts.Opaque }],
        };
    }

    private static FilePair? Stamped(string path, LayeredFile a, LayeredFile b)
    {
        var what = FileParts.OfStamp(a.File, b.File).ToList();
        return what.Count == 0 ? null : new(path, FileChange.Stamp, a.Layer, b.Layer, [.. what.Select(part => part.Name)])
        {
            SizeA = SizeOf(a.File),
            SizeB = SizeOf(b.File),
            Values = what is [{ A: { } ofA, B: { } ofB }] ? (Quote.Short(ofA), Quote.Short(ofB)) : null,
        };
    }

    private static long? SizeOf(LayerFile file) => file.Kind == LayerFileKind.File ? file.SizeBytes : null;

    private static string Word(LayerFileKind kind) => kind switch
    {
        LayerFileKind.ImplicitDirectory or LayerFileKind.Directory => "directory",
        LayerFileKind.CharDevice or LayerFileKind.BlockDevice => "device",
        LayerFileKind.Symlink => "symlink",
        LayerFileKind.Whiteout => "whiteout",
        LayerFileKind.Fifo => "fifo",
        _ => "file",
    };
}
