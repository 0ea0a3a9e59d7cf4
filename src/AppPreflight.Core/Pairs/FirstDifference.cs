using AppPreflight.Checks;

namespace AppPreflight.Pairs;

/// <summary>Where two images part, and how.</summary>
public sealed record FirstDifference(string Where, string What)
{
    /// <returns>Null: nowhere.</returns>
    public static FirstDifference? Of(ImageComparison comparison) => comparison.Grade switch
    {
        TagGrade.Identical => DocumentGrade.IsSameRoot(comparison.A, comparison.B) || comparison.A.Root is null || comparison.B.Root is null ? null : new("index", IndexWords.Around(comparison.A, comparison.B)),
        TagGrade.SameImage when comparison.Unkept is not null => null,
        TagGrade.SameImage => Packing(comparison) ?? new("manifest", comparison.Fields is [var one, ..] ? DifferenceText.Of(one) : "written otherwise"),
        TagGrade.SameLayers => Field(comparison),
        _ => Layer(comparison),
    };

    private static FirstDifference? Packing(ImageComparison comparison)
    {
        if (comparison.Layers.FirstOrDefault(pair => pair.Change == LayerChange.PackedOtherwise) is not { A: { } ofA, B: { } ofB } pair) return null;
        var (left, right) = (comparison.A.Layers[ofA].Packed!, comparison.B.Layers[ofB].Packed!);
        return new(PlaceOf(pair), $"packed otherwise: {left.Digest.Short} of {left.SizeBytes} bytes, {right.Digest.Short} of {right.SizeBytes} bytes");
    }

    private static FirstDifference Field(ImageComparison comparison)
    {
        if (comparison.Fields is [var one, ..]) return new(one.Name.StartsWith("manifest.", StringComparison.Ordinal) ? "manifest" : "configuration", DifferenceText.Of(one));
        var step = comparison.History.FirstOrDefault(pair => pair.Change != HistoryChange.Same);
        return step is null ? new("configuration", "written otherwise") : new($"history {(step.A ?? step.B)! + 1}", step.Change == HistoryChange.ToldOtherwise ? "the same step, noted otherwise" : step.Change == HistoryChange.OnlyA ? "only A has this step" : "only B has this step");
    }

    private static FirstDifference? Layer(ImageComparison comparison)
    {
        var first = FirstFile(comparison);
        // a file that an upper layer takes away stands in a lower one, which may be the same in both
        var parting = comparison.Layers.Where(pair => pair.Change is not (LayerChange.Same or LayerChange.PackedOtherwise or LayerChange.NoOp)).ToList();
        var pair = parting.Find(pair => first is not null && ((pair.A is not null && pair.A == first.LayerA) || (pair.B is not null && pair.B == first.LayerB)))
            ?? parting.FirstOrDefault()
            ?? comparison.Layers.FirstOrDefault(pair => pair.Change == LayerChange.NoOp);
        if (pair is null) return null;
        if (pair.Change == LayerChange.NoOp) return new(PlaceOf(pair), KnownLayers.Note(pair.A is null ? comparison.B.Layers : comparison.A.Layers, (pair.A ?? pair.B)!.Value) ?? "it changes nothing");
        return new(PlaceOf(pair), first is not null ? DifferenceText.Of(first) : comparison.Reordered.Count > 0 ? "the entries are in another order" : pair.Change switch
        {
            LayerChange.OnlyA => "only A has this layer",
            LayerChange.OnlyB => "only B has this layer",
            LayerChange.Moved => "the same layer stands at another place",
            _ => "another tar",
        });
    }

    // the lowest layer that says anything, and in it what matters most
    private static FilePair? FirstFile(ImageComparison comparison) =>
        comparison.Files.OrderBy(file => file.Change == FileChange.Stamp).ThenBy(file => file.LayerA ?? file.LayerB).ThenBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault();

    private static string PlaceOf(LayerPair pair) => pair switch
    {
        { A: { } ofA, B: { } ofB } => ofA == ofB ? $"layer {ofA + 1}" : $"layer {ofA + 1} of A, layer {ofB + 1} of B",
        { A: { } ofA } => $"layer {ofA + 1} of A",
        _ => $"layer {pair.B + 1} of B",
    };
}
