using AppPreflight.Images;

namespace AppPreflight.Pairs;

/// <summary>What stands beside what in the layers of two images.</summary>
public enum LayerChange
{
    /// <summary>The same tar, and as far as that is told packed the same.</summary>
    Same,

    /// <summary>The same tar, packed otherwise.</summary>
    PackedOtherwise,

    /// <summary>One in place of the other.</summary>
    Other,

    OnlyA,

    OnlyB,

    /// <summary>The other image has the same layer, at another place.</summary>
    Moved,

    /// <summary>Only one image has it, and it changes nothing: it is empty, or the same as the layer right below it.</summary>
    NoOp,
}

/// <summary>One line of two images' layers beside each other; places from 0, base first.</summary>
public sealed record LayerPair(int? A, int? B, LayerChange Change);

/// <summary>Aligns layers by what they hold, so that one more in the middle does not make all later ones different.</summary>
public static class LayerPairs
{
    public static IReadOnlyList<LayerPair> Of(ImageForm a, ImageForm b)
    {
        var lines = Alignment.Of(a.Layers, b.Layers, IsSame);
        var pairs = new List<LayerPair>();
        var gap = (A: new List<LayerPair>(), B: new List<LayerPair>());
        foreach (var line in lines)
        {
            if (line is { A: { } ofA, B: { } ofB })
            {
                Close(pairs, gap);
                pairs.Add(new(ofA, ofB, IsPackedOtherwise(a.Layers[ofA], b.Layers[ofB]) ? LayerChange.PackedOtherwise : LayerChange.Same));
            }
            else if (line.A is { } left) gap.A.Add(new(left, null, Alone(a.Layers, left, b.Layers, LayerChange.OnlyA)));
            else gap.B.Add(new(null, line.B, Alone(b.Layers, line.B!.Value, a.Layers, LayerChange.OnlyB)));
        }

        Close(pairs, gap);
        return pairs;
    }

    /// <summary>The same tar: the same diff id, or where one is not told the same packed bytes.</summary>
    public static bool IsSame(FormLayer a, FormLayer b) =>
        a.DiffId is not null && b.DiffId is not null ? a.DiffId == b.DiffId : a.Packed is not null && a.Packed.Digest == b.Packed?.Digest;

    private static bool IsPackedOtherwise(FormLayer a, FormLayer b) =>
        a.Packed is { } packedA && b.Packed is { } packedB && (packedA.Digest != packedB.Digest);

    private static LayerChange Alone(IReadOnlyList<FormLayer> own, int place, IReadOnlyList<FormLayer> others, LayerChange only)
    {
        if (KnownLayers.IsEmpty(own[place]) || (place > 0 && IsSame(own[place], own[place - 1]))) return LayerChange.NoOp;
        return others.Any(other => IsSame(own[place], other)) ? LayerChange.Moved : only;
    }

    // what is left on both sides stands one beside the other, from below
    private static void Close(List<LayerPair> pairs, (List<LayerPair> A, List<LayerPair> B) gap)
    {
        var (left, right) = (Rest(gap.A), Rest(gap.B));
        var together = Math.Min(left.Count, right.Count);
        var lines = gap.A.Where(line => left.IndexOf(line) is var at && (at < 0 || at >= together))
            .Concat(gap.B.Where(line => right.IndexOf(line) is var at && (at < 0 || at >= together)))
            .Concat(Enumerable.Range(0, together).Select(i => new LayerPair(left[i].A, right[i].B, LayerChange.Other)));
        pairs.AddRange(lines.OrderBy(line => line.A ?? line.B).ThenBy(line => line.A is null));
        gap.A.Clear();
        gap.B.Clear();
    }

    private static List<LayerPair> Rest(List<LayerPair> lines) => [.. lines.Where(line => line.Change is LayerChange.OnlyA or LayerChange.OnlyB)];
}
