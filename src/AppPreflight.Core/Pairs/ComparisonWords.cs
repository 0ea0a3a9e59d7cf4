using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>The answer in words: one sentence, and what it means for an upgrade.</summary>
public sealed class ComparisonWords(ImageComparison comparison)
{
    private readonly ImageForm a = comparison.A;
    private readonly ImageForm b = comparison.B;

    /// <summary>What was found, one sentence.</summary>
    public string Sentence => comparison.Grade switch
    {
        TagGrade.Identical => DocumentGrade.IsSameRoot(a, b) || a.Root is null || b.Root is null
            ? "Both names lead to the same manifest"
            : $"The same manifest for {a.Config.Platform}; what stands around it differs: {IndexWords.Around(a, b)}",
        TagGrade.SameImage when comparison.Unkept is { } unkept => $"One image: the same configuration and the same {Count(a.Layers.Count, "layer")}; {unkept}",
        TagGrade.SameImage => $"Other manifests of one image: the same configuration and the same {Count(a.Layers.Count, "layer")}, {Packing}{Makers}",
        TagGrade.SameLayers when Fields is null && (a.ConfigDigest is null || b.ConfigDigest is null) => $"The same {Count(a.Layers.Count, "layer")}, and as far as it is told the same configuration{Makers}",
        TagGrade.SameLayers when Fields is null => $"The same {Count(a.Layers.Count, "layer")}; the configuration says the same in other bytes{Makers}",
        TagGrade.SameLayers => $"The same {Count(a.Layers.Count, "layer")} under another configuration: {Fields}{Makers}",
        TagGrade.SameFiles => $"The same files; {(comparison.Layers.All(pair => IsSame(pair) || pair.Change == LayerChange.NoOp) ? NoOps : $"their layers differ only in {Stamps}")}{(Fields is null ? "" : $"; under another configuration: {Fields}")}",
        TagGrade.Differ => $"Other files from {First!.Where} on: {FileCounts}",
        _ => $"They differ from {First!.Where} on; whether in more than time stamps could not be told: {comparison.Fault?.Message}",
    };

    /// <summary>What it means for an upgrade.</summary>
    public string Meaning => comparison.Grade switch
    {
        TagGrade.SameLayers or TagGrade.SameFiles when IsOtherPlatform => $"other architecture: the same files are said to be for {a.Config.Platform} and for {b.Config.Platform}",
        TagGrade.SameLayers or TagGrade.SameFiles when comparison.Fields.Any(one => one.IsAboutStart) => $"same contents, started otherwise: {Names(comparison.Fields.Where(one => one.IsAboutStart))}",
        null => "nothing is known to be safe",
        TagGrade.Differ when IsOtherPlatform => $"other architecture: {a.Config.Platform} and {b.Config.Platform}",
        TagGrade.Differ => MeaningOfOther,
        _ => "safe: same contents",
    };

    private FirstDifference? First => FirstDifference.Of(comparison);

    private bool IsOtherPlatform => a.Config.Platform.Normalised != b.Config.Platform.Normalised;

    private string MeaningOfOther
    {
        get
        {
            var below = comparison.Layers.TakeWhile(pair => IsSame(pair) || pair.Change == LayerChange.NoOp).Count(IsSame);
            var above = comparison.Layers.Reverse().TakeWhile(pair => IsSame(pair) || pair.Change == LayerChange.NoOp).Count(IsSame);
            var same = comparison.Layers.Count(IsSame);
            var first = comparison.Layers.FirstOrDefault(pair => !IsSame(pair) && pair.Change != LayerChange.NoOp);
            // one run of other layers, and on top of it the same ones as before
            if (above > 0 && below + above == same && first is { Change: LayerChange.Other, A: { } place })
                return $"base image changed at layer {place + 1}; {The(above)} above it {Are(above)} the same";
            return same == 0 ? "the tag moved to another build: not one layer is the same"
                : below > 0 ? $"the tag moved to another build; the first {Count(below, "layer")} {Are(below)} the same"
                : $"the tag moved to another build; {Count(same, "layer")} {Are(same)} the same";
        }
    }

    private static bool IsSame(LayerPair pair) => pair.Change is LayerChange.Same or LayerChange.PackedOtherwise;

    private static string The(int layers) => layers == 1 ? "the layer" : $"the {layers} layers";

    private static string Are(int layers) => layers == 1 ? "is" : "are";

    private string Packing
    {
        get
        {
            var packed = comparison.Layers.Count(pair => pair.Change == LayerChange.PackedOtherwise);
            if (packed == 0) return a.Manifest?.MediaType == b.Manifest?.MediaType || a.Manifest is null || b.Manifest is null ? "written otherwise" : "under other media types";
            var (left, right) = (Compression(a), Compression(b));
            return $"{(packed == a.Layers.Count ? "" : $"{packed} of them ")}packed otherwise{(left != right ? $" ({left}, {right})" : "")}";
        }
    }

    private static string Compression(ImageForm form) => string.Join("+", form.Layers.Select(layer => layer.Packed is { } packed ? MediaType.Compression(packed.MediaType) switch
    {
        LayerCompression.Gzip => "gzip",
        LayerCompression.Zstd => "zstd",
        _ => "not at all",
    } : "not at all").Distinct());

    private string Makers => (Maker.OfAll(a), Maker.OfAll(b)) switch
    {
        var (left, right) when left == right => "",
        (null, { } right) => $"; B was written by {right}",
        ({ } left, null) => $"; A was written by {left}",
        var (left, right) => $"; A was written by {left}, B by {right}",
    };

    private string? Fields
    {
        get
        {
            var parts = new List<string>();
            if (comparison.Fields.Count > 0) parts.Add(Names(comparison.Fields));
            if (comparison.History.Any(pair => pair.Change != HistoryChange.Same)) parts.Add("history");
            if (a.Schema1 is null != b.Schema1 is null) parts.Insert(0, "schema 1 has none of its own");
            return parts.Count == 0 ? null : string.Join(", ", parts);
        }
    }

    private string NoOps
    {
        get
        {
            var extra = comparison.Layers.Where(pair => pair.Change == LayerChange.NoOp).ToList();
            var (count, notes) = (extra.Count, extra.Select(pair => KnownLayers.Note(pair.A is null ? b.Layers : a.Layers, (pair.A ?? pair.B)!.Value)).OfType<string>().Distinct());
            return $"{Count(count, "layer")} of {(extra.TrueForAll(pair => pair.A is null) ? "B" : extra.TrueForAll(pair => pair.B is null) ? "A" : "both")} {(count == 1 ? "changes" : "change")} nothing ({string.Join("; ", notes)})";
        }
    }

    private string Stamps
    {
        get
        {
            var what = comparison.Files.SelectMany(file => file.What).Distinct(StringComparer.Ordinal).Select(part => part switch
            {
                "time" => "time stamps",
                "user name" or "group name" => "owner names",
                _ => part,
            }).Distinct(StringComparer.Ordinal).ToList();
            if (comparison.Reordered.Count > 0) what.Add("order");
            if (what.Count == 0) what.Add(comparison.Layers.Count(pair => pair.A is null) != comparison.Layers.Count(pair => pair.B is null) ? "how the files are spread over them" : "the tars' form");
            return Listed(what);
        }
    }

    private string FileCounts
    {
        get
        {
            var parts = new List<string>();
            foreach (var (change, word) in new[] { (FileChange.Added, "added"), (FileChange.Removed, "removed"), (FileChange.Changed, "changed") })
                if (comparison.Count(change) is > 0 and var count) parts.Add($"{count} {word}");
            return parts.Count == 0 ? "the layers' order" : string.Join(", ", parts);
        }
    }

    private static string Listed(List<string> words) => words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";

    private static string Names(IEnumerable<FieldPair> fields)
    {
        const int most = 3;
        var names = fields.Select(field => field.Name).ToList();
        return names.Count <= most ? string.Join(", ", names) : $"{string.Join(", ", names.Take(most))} and {names.Count - most} more";
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
