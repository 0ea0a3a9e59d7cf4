using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pairs;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Two images for an admin at night: the answer first, then the two side by side, then where they part.</summary>
internal sealed class ComparisonText(Page page, ImageComparison comparison, bool allFiles, bool isVerbose)
{
    private const int MostFiles = 10;
    private const int MostFields = 10;
    private const int LabelWidth = 10;
    private const int SideWidth = 34;

    private readonly ImageForm a = comparison.A;
    private readonly ImageForm b = comparison.B;

    public void Write()
    {
        var words = new ComparisonWords(comparison);
        page.Marked(comparison.Verdict, $"{comparison.Grade?.Code().Wire() ?? "could not be told"}  {words.Sentence}.");
        page.Line($"-> {words.Meaning}", indent: 6, hang: 9, tone: Tone.Bold);
        if (comparison.Grade is not (null or TagGrade.Differ) && comparison.Verdict == Verdict.Fail)
            page.Line($"asked for was at least {comparison.Wanted.Code().Wire()}", indent: 6);
        if (FirstDifference.Of(comparison) is { } first) page.Line($"first difference: {first.Where}: {first.What}", indent: 6, hang: 8);
        page.Blank();
        page.Line($"A  {a.Name}", hang: 3);
        page.Line($"B  {b.Name}", hang: 3);
        page.Blank();
        WriteSides();
        WriteLayers();
        WriteSchema1("A", a);
        WriteSchema1("B", b);
        WriteHistory();
        WriteFields();
        WriteIndexes();
        WriteFiles();
        page.Blank();
        WriteFigures();
    }

    private void WriteSides()
    {
        Row("", "A", "B");
        Row("place", a.Place.Wire(), b.Place.Wire(), isFact: false);
        Row("named", Short(a, a.Root), Short(b, b.Root), a.Root is not null && b.Root is not null);
        if (a.Index is not null || b.Index is not null) Row("manifest", Short(a, a.ManifestBytes), Short(b, b.ManifestBytes));
        Row("type", TypeOf(a), TypeOf(b), a.Root is not null && b.Root is not null);
        Row("config", a.ConfigDigest?.Short ?? "none", b.ConfigDigest?.Short ?? "none");
        Row("platform", a.Config.Platform.ToString(), b.Config.Platform.ToString());
        Row("created", a.Config.Created ?? "not told", b.Config.Created ?? "not told");
        if (Maker.Of(a) is not null || Maker.Of(b) is not null) Row("made by", Maker.Of(a) ?? "not told", Maker.Of(b) ?? "not told");
        Row("layers", Sum(a), Sum(b), a.Layers.Count != b.Layers.Count || a.Root is not null && b.Root is not null);
    }

    private void WriteLayers()
    {
        if (!isVerbose && comparison.Layers.All(pair => pair.Change == LayerChange.Same)) return;
        page.Blank();
        page.Line("layers, from the base up", tone: Tone.Bold);
        foreach (var pair in comparison.Layers)
        {
            var (mark, word) = Word(pair.Change);
            page.Whole($"{mark} {Cell(Layer(a, pair.A), SideWidth)} {Cell(Layer(b, pair.B), SideWidth)} {word}".TrimEnd(), indent: 2);
            foreach (var note in new[] { Note(a, pair.A), Note(b, pair.B) }.OfType<string>().Distinct()) page.Line(note, indent: 6);
        }
    }

    private void WriteSchema1(string side, ImageForm form)
    {
        if (form.Schema1 is not { } schema1) return;
        page.Blank();
        page.Line($"schema 1 of {side}: fsLayers and v1Compatibility ids, from the base up", tone: Tone.Bold);
        foreach (var layer in schema1.Layers)
            page.Line($"{layer.Digest.Short}  {Quote.Short(layer.Id, 12)}{(layer.IsThrowaway ? "  throwaway: a step that changed no file" : layer.Digest == Schema1Layer.EmptyBlob ? "  an empty layer" : "")}", indent: 2);
    }

    private void WriteHistory()
    {
        var told = comparison.History.Where(pair => isVerbose || pair.Change != HistoryChange.Same).ToList();
        if (told.Count == 0 || comparison.Grade == TagGrade.Identical) return;
        page.Blank();
        page.Line("history", tone: Tone.Bold);
        foreach (var pair in told.Take(isVerbose ? int.MaxValue : MostFields))
        {
            var step = pair.A is { } ofA ? a.Config.History[ofA] : b.Config.History[pair.B!.Value];
            var layer = pair.LayerA ?? pair.LayerB;
            var change = pair.Change switch
            {
                HistoryChange.Same => "=",
                HistoryChange.ToldOtherwise => "~",
                HistoryChange.OnlyA => "-",
                _ => "+",
            };
            page.Line($"{change} {(layer is { } place ? $"[layer {place + 1}] " : "")}{Quote.Short(HistoryPairs.Command(step.CreatedBy), 150)}", indent: 2, hang: 6);
            if (pair.Change == HistoryChange.ToldOtherwise) page.Line(Told(a.Config.History[pair.A!.Value], b.Config.History[pair.B!.Value]), indent: 6);
        }

        More(told.Count, isVerbose ? int.MaxValue : MostFields, "step", "--verbose");
    }

    private static string Told(HistoryEntry a, HistoryEntry b)
    {
        var parts = new List<string>();
        if (a.Created is not null && b.Created is not null && a.Created != b.Created) parts.Add($"at {a.Created}, at {b.Created}");
        if (a.Comment != b.Comment) parts.Add($"noted '{Quote.Short(a.Comment ?? "", 60)}', '{Quote.Short(b.Comment ?? "", 60)}'");
        if (a.CreatedBy != b.CreatedBy) parts.Add("written otherwise");
        if (a.Author is not null && b.Author is not null && a.Author != b.Author) parts.Add($"by '{Quote.Short(a.Author, 60)}', '{Quote.Short(b.Author, 60)}'");
        return string.Join("; ", parts);
    }

    private void WriteFields()
    {
        if (comparison.Fields.Count == 0 || comparison.Grade == TagGrade.Identical) return;
        page.Blank();
        page.Line("fields that differ", tone: Tone.Bold);
        var most = isVerbose ? int.MaxValue : MostFields;
        foreach (var field in comparison.Fields.Take(most))
        {
            page.Line(field.Name, indent: 2);
            page.Line($"A  {Value(field.A)}", indent: 4, hang: 7);
            page.Line($"B  {Value(field.B)}", indent: 4, hang: 7);
        }

        More(comparison.Fields.Count, most, "field", "--verbose");
    }

    private void WriteIndexes()
    {
        if ((a.Index is null && b.Index is null) || a.Root?.Digest == b.Root?.Digest) return;
        page.Blank();
        page.Line("index entries", tone: Tone.Bold);
        var entries = (a.Index?.Manifests ?? []).Concat(b.Index?.Manifests ?? []).DistinctBy(entry => entry.Digest).ToList();
        foreach (var entry in entries)
        {
            var (inA, inB) = (a.Index?.Manifests.Any(other => other.Digest == entry.Digest) == true, b.Index?.Manifests.Any(other => other.Digest == entry.Digest) == true);
            var what = entry.IsAttestation ? "attestation, no image" : entry.Platform?.ToString() ?? "no platform told";
            page.Line($"{(inA && inB ? "=" : inA ? "-" : "+")} {entry.Digest.Short}  {what}{(inA && inB ? "" : inA ? ", only in A" : ", only in B")}", indent: 2);
        }
    }

    private void WriteFiles()
    {
        if (comparison.Files.Count == 0 && comparison.Reordered.Count == 0) return;
        page.Blank();
        page.Line("files, from A to B", tone: Tone.Bold);
        foreach (var layer in comparison.Reordered) page.Line($"~ layer {layer + 1}: the entries are in another order", indent: 2);
        var most = allFiles ? int.MaxValue : MostFiles;
        // what matters most comes first where not all is shown
        var files = comparison.Files.OrderBy(file => file.Change == FileChange.Stamp).ThenBy(file => file.LayerA ?? file.LayerB).ThenBy(file => file.Path, StringComparer.Ordinal);
        foreach (var file in files.Take(most))
        {
            var mark = file.Change switch
            {
                FileChange.Added => "+",
                FileChange.Removed => "-",
                FileChange.Changed => "!",
                _ => "~",
            };
            page.Line($"{mark} {DifferenceText.Of(file)}", indent: 2, hang: 6);
        }

        More(comparison.Files.Count, most, "file", "--files");
    }

    private void WriteFigures()
    {
        var read = comparison.ReadBytesA + comparison.ReadBytesB;
        page.Items([read == 0 ? "no layer was read" : $"{Amounts.Bytes(read)} of layers read", $"took {Amounts.Duration(comparison.Took)}"], Tone.Dim);
        if (a.Place == ImagePlace.Engine || b.Place == ImagePlace.Engine)
            page.Line("Of the engine's copy its own word was taken, where no layer was read; app-preflight verify --stored hashes it.", tone: Tone.Dim);
    }

    private void More(int count, int shown, string noun, string option)
    {
        if (count > shown) page.Line($"and {Amounts.Count(count - shown, $"more {noun}")}: {option} shows all", indent: 2);
    }

    /// <param name="isFact">Whether it being other says anything of the images.</param>
    private void Row(string label, string ofA, string ofB, bool isFact = true)
    {
        var isOther = label.Length > 0 && isFact && ofA != ofB;
        page.Whole($"{Cell(label, LabelWidth)} {Cell(ofA, SideWidth)}{(isOther ? "| " : "  ")}{Cell(ofB, SideWidth)}".TrimEnd(), tone: isOther ? Tone.Bold : Tone.Plain);
    }

    private static string Cell(string text, int width) => text.Length <= width ? text.PadRight(width) : text[..(width - 2)] + "..";

    // of schema 1 registries know the digest without signatures
    private static string Short(ImageForm form, Served? document) => document is null ? "none kept here" : (form.Schema1?.PayloadDigest ?? document.Digest).Short;

    private static string TypeOf(ImageForm form) => form.Schema1 is { } schema1 ? schema1.IsSigned ? "Docker schema 1, signed" : "Docker schema 1"
        : (form.Index?.MediaType ?? form.Manifest?.MediaType) switch
        {
            MediaType.DockerManifest => "Docker manifest",
            MediaType.DockerManifestList => "Docker manifest list",
            MediaType.OciManifest => "OCI manifest",
            MediaType.OciIndex => "OCI index",
            var other => other ?? "not told",
        };

    private static string Sum(ImageForm form)
    {
        var isTold = form.Layers.Count > 0 && form.Layers.All(layer => layer.Packed is { SizeBytes: >= 0 });
        return Amounts.Count(form.Layers.Count, "layer") + (isTold ? $", {Amounts.Bytes(form.Layers.Sum(layer => layer.Packed!.SizeBytes))}" : "");
    }

    private static string Layer(ImageForm form, int? place)
    {
        if (place is not { } at) return "";
        var layer = form.Layers[at];
        var size = layer.Packed is { SizeBytes: >= 0 and var bytes } ? $" {Amounts.Bytes(bytes)}" : "";
        return $"{at + 1,3} {(layer.Packed?.Digest ?? layer.DiffId?.Value)?.Short}{size}";
    }

    private static string? Note(ImageForm form, int? place) =>
        place is { } at && KnownLayers.Note(form.Layers, at) is { } note ? $"layer {at + 1}: {note}" : null;

    private static (char Mark, string Word) Word(LayerChange change) => change switch
    {
        LayerChange.Same => ('=', ""),
        LayerChange.PackedOtherwise => ('~', "packed"),
        LayerChange.Other => ('!', "other"),
        LayerChange.OnlyA => ('-', "A only"),
        LayerChange.OnlyB => ('+', "B only"),
        LayerChange.Moved => ('>', "moved"),
        _ => ('.', "no-op"),
    };

    private string Value(string? value) => value is null ? "not there" : isVerbose ? value : Quote.Short(value, 200);
}
