using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>The answer in words: one sentence, what it means for an upgrade, and where the two part.</summary>
public sealed class ComparisonWords(ImageComparison comparison)
{
    private readonly ImageForm a = comparison.A;
    private readonly ImageForm b = comparison.B;

    /// <summary>What was found, one sentence.</summary>
    public string Sentence => comparison.Grade switch
    {
        TagGrade.Identical => DocumentGrade.IsSameRoot(a, b) || a.Root is null || b.Root is null
            ? "Both names lead to the same manifest"
            : $"The same manifest for {a.Config.Platform}; what stands around it differs: {Around}",
        TagGrade.SameImage when Unkept is { } unkept => $"One image: the same configuration and the same {Count(a.Layers.Count, "layer")}; {unkept}",
        TagGrade.SameImage => $"Other manifests of one image: the same configuration and the same {Count(a.Layers.Count, "layer")}, {Packing}{Makers}",
        TagGrade.SameLayers when Fields is null => $"The same {Count(a.Layers.Count, "layer")}; the configuration says the same in other bytes{Makers}",
        TagGrade.SameLayers => $"The same {Count(a.Layers.Count, "layer")} under another configuration: {Fields}{Makers}",
        TagGrade.SameFiles => comparison.Files.Count == 0 && comparison.Reordered.Count == 0
            ? $"The same files: {NoOps}"
            : $"The same files; their layers differ only in {Stamps}",
        TagGrade.Differ => $"Other files from {First!.Where} on: {FileCounts}",
        _ => $"They differ from {First!.Where} on; whether in more than time stamps could not be told: {comparison.Fault?.Message}",
    };

    /// <summary>What it means for an upgrade.</summary>
    public string Meaning => comparison.Grade switch
    {
        TagGrade.SameLayers when IsOtherPlatform => $"other architecture: the same files are said to be for {a.Config.Platform} and for {b.Config.Platform}",
        TagGrade.SameLayers when comparison.Fields.Any(one => one.IsAboutStart) => $"same contents, started otherwise: {Names(comparison.Fields.Where(one => one.IsAboutStart))}",
        null => "nothing is known to be safe",
        TagGrade.Differ when IsOtherPlatform => $"other architecture: {a.Config.Platform} and {b.Config.Platform}",
        TagGrade.Differ => MeaningOfOther,
        _ => "safe: same contents",
    };

    /// <summary>Null: nowhere.</summary>
    public FirstDifference? First => comparison.Grade switch
    {
        TagGrade.Identical => DocumentGrade.IsSameRoot(a, b) || a.Root is null || b.Root is null ? null : new("index", Around),
        TagGrade.SameImage when Unkept is not null => null,
        TagGrade.SameImage => FirstPacking ?? new("manifest", comparison.Fields is [var one, ..] ? Text(one) : "written otherwise"),
        TagGrade.SameLayers => FirstField,
        _ => FirstLayer,
    };

    private bool IsOtherPlatform => a.Config.Platform.Normalised != b.Config.Platform.Normalised;

    private string MeaningOfOther
    {
        get
        {
            var same = comparison.Layers.Count(pair => pair.Change is LayerChange.Same or LayerChange.PackedOtherwise);
            var first = comparison.Layers.TakeWhile(pair => pair.Change is LayerChange.Same or LayerChange.PackedOtherwise or LayerChange.NoOp).Count();
            if (same == 0) return "the tag moved to another build: not one layer is the same";
            // other layers below, the same ones on top of them
            if (comparison.Layers[^1].Change is LayerChange.Same or LayerChange.PackedOtherwise)
            {
                var isBase = comparison.Layers.Skip(first).SkipWhile(pair => pair.Change is not (LayerChange.Same or LayerChange.PackedOtherwise)).All(pair => pair.Change is LayerChange.Same or LayerChange.PackedOtherwise);
                if (isBase && comparison.Layers.Skip(first).Any(pair => pair.Change == LayerChange.Other)) return $"base image changed at layer {first + 1}; the {Count(same - first, "layer")} above it {(same - first == 1 ? "is" : "are")} the same";
            }

            return first == 0 ? $"the tag moved to another build; {Count(same, "layer")} {(same == 1 ? "is" : "are")} the same" : $"the tag moved to another build; the first {Count(first, "layer")} {(first == 1 ? "is" : "are")} the same";
        }
    }

    private string Around
    {
        get
        {
            var (left, right) = (a.Index, b.Index);
            // of schema 1 the digest is the payload's
            if (left is null && right is null) return "the signatures";
            if (left is null || right is null) return $"{(left is null ? "B" : "A")} is an index{Contents(left ?? right!)}, {(left is null ? "A" : "B")} is the manifest itself";
            var parts = new List<string>();
            if (left.MediaType != right.MediaType) parts.Add("the indexes' media types");
            var (only, other) = (left.Manifests.Except(right.Manifests).ToList(), right.Manifests.Except(left.Manifests).ToList());
            if (only.Concat(other).Any(entry => entry.IsAttestation)) parts.Add("attestations");
            var platforms = only.Concat(other).Where(entry => !entry.IsAttestation && entry.Platform is not null).Select(entry => entry.Platform!.ToString()).Distinct().Order(StringComparer.Ordinal).ToList();
            if (platforms.Count > 0) parts.Add($"the images for {string.Join(", ", platforms)}");
            return parts.Count == 0 ? "the indexes' annotations" : string.Join(" and ", parts);
        }
    }

    private static string Contents(ImageIndex index)
    {
        var attestations = index.Manifests.Count(entry => entry.IsAttestation);
        return $" of {Count(index.Manifests.Count - attestations, "image")}{(attestations > 0 ? $" and {Count(attestations, "attestation")}" : "")} around it";
    }

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

    private string Makers => (Maker.Of(a), Maker.Of(b)) switch
    {
        var (left, right) when left == right => "",
        (null, { } right) => $"; B was written by {right}",
        ({ } left, null) => $"; A was written by {left}",
        var (left, right) => $"; A was written by {left}, B by {right}",
    };

    // a place that keeps no manifest can't be asked for more
    private string? Unkept => (a.ManifestBytes, b.ManifestBytes) switch
    {
        (null, null) => "no manifest is kept where they are",
        (null, _) => "no manifest is kept where A is",
        (_, null) => "no manifest is kept where B is",
        _ => null,
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
            return string.Join(" and ", what);
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

    private FirstDifference? FirstPacking
    {
        get
        {
            if (comparison.Layers.FirstOrDefault(pair => pair.Change == LayerChange.PackedOtherwise) is not { A: { } ofA, B: { } ofB } pair) return null;
            var (left, right) = (a.Layers[ofA].Packed!, b.Layers[ofB].Packed!);
            return new(Where(pair), $"packed otherwise: {left.Digest.Short} of {left.SizeBytes} bytes, {right.Digest.Short} of {right.SizeBytes} bytes");
        }
    }

    private FirstDifference FirstField
    {
        get
        {
            if (comparison.Fields is [var one, ..]) return new(one.Name.StartsWith("manifest.", StringComparison.Ordinal) ? "manifest" : "configuration", Text(one));
            var step = comparison.History.FirstOrDefault(pair => pair.Change != HistoryChange.Same);
            return step is null ? new("configuration", "written otherwise") : new($"history {(step.A ?? step.B)! + 1}", step.Change == HistoryChange.ToldOtherwise ? "the same step, noted otherwise" : step.Change == HistoryChange.OnlyA ? "only A has this step" : "only B has this step");
        }
    }

    private FirstDifference? FirstLayer
    {
        get
        {
            var first = FirstFile(comparison);
            // a file that an upper layer takes away stands in a lower one, which may be the same in both
            var parting = comparison.Layers.Where(pair => pair.Change is not (LayerChange.Same or LayerChange.PackedOtherwise or LayerChange.NoOp)).ToList();
            var pair = parting.Find(pair => first is not null && ((pair.A is not null && pair.A == first.LayerA) || (pair.B is not null && pair.B == first.LayerB)))
                ?? parting.FirstOrDefault()
                ?? comparison.Layers.FirstOrDefault(pair => pair.Change == LayerChange.NoOp);
            if (pair is null) return null;
            if (pair.Change == LayerChange.NoOp) return new(Where(pair), KnownLayers.Note(pair.A is null ? b.Layers : a.Layers, (pair.A ?? pair.B)!.Value) ?? "it changes nothing");
            return new(Where(pair), first is not null ? Text(first) : comparison.Reordered.Count > 0 ? "the entries are in another order" : pair.Change switch
            {
                LayerChange.OnlyA => "only A has this layer",
                LayerChange.OnlyB => "only B has this layer",
                LayerChange.Moved => "the same layer stands at another place",
                _ => "another tar",
            });
        }
    }

    // the lowest layer that says anything, and in it what matters most
    private static FilePair? FirstFile(ImageComparison comparison) =>
        comparison.Files.OrderBy(file => file.Change == FileChange.Stamp).ThenBy(file => file.LayerA ?? file.LayerB).ThenBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault();

    private static string Where(LayerPair pair) => pair switch
    {
        { A: { } ofA, B: { } ofB } => ofA == ofB ? $"layer {ofA + 1}" : $"layer {ofA + 1} of A, layer {ofB + 1} of B",
        { A: { } ofA } => $"layer {ofA + 1} of A",
        _ => $"layer {pair.B + 1} of B",
    };

    /// <summary>One file's difference in a few words: "etc/motd changed: content, 12 -> 14 bytes".</summary>
    public static string Text(FilePair file)
    {
        var word = file.Change == FileChange.Stamp ? "differs only in" : file.Change.ToString().ToLowerInvariant() + ":";
        var sizes = (file.SizeA, file.SizeB) switch
        {
            ({ } ofA, { } ofB) => ofA == ofB ? "" : $", {ofA} -> {ofB} bytes",
            ({ } ofA, null) => $", {ofA} bytes",
            (null, { } ofB) => $", {ofB} bytes",
            _ => "",
        };
        var values = file.Values is { } both ? $" {both.A} -> {both.B}" : "";
        return $"{(file.Path.Length == 0 ? "/" : file.Path)} {word} {string.Join(", ", file.What)}{values}{sizes}";
    }

    /// <summary>"config.Labels.version 1 -> 2".</summary>
    public static string Text(FieldPair field) => $"{field.Name} {Value(field.A)} -> {Value(field.B)}";

    private static string Value(string? value) => value is null ? "none" : Quote.Short(value, 60);

    private static string Names(IEnumerable<FieldPair> fields)
    {
        const int most = 3;
        var names = fields.Select(field => field.Name).ToList();
        return names.Count <= most ? string.Join(", ", names) : $"{string.Join(", ", names.Take(most))} and {names.Count - most} more";
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
