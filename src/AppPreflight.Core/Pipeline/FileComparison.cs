using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Pairs;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Compares the files of the layers in which two images differ: each run of such layers, put on each other, with the run beside it.</summary>
internal sealed class FileComparison(IImageCopies a, IImageCopies b, IProgress<RunEvent> events)
{
    private long readA;
    private long readB;

    /// <returns>The comparison with grade and files; without a grade, and with what stopped it, where a layer can't be read.</returns>
    public async Task<ImageComparison> RunAsync(ImageComparison comparison, CancellationToken cancellationToken)
    {
        try
        {
            var gaps = GapsOf(comparison.Layers);
            var read = await ReadAsync(comparison, [.. gaps.SelectMany(gap => gap.A)], [.. gaps.SelectMany(gap => gap.B)], cancellationToken);
            var files = gaps.SelectMany((gap, i) => Compare(read, gap, isWhole: i == 0 && IsBottom(comparison.Layers))).ToList();
            if (NeedsAll(comparison.Layers, files))
            {
                var all = (A: Places(comparison.A), B: Places(comparison.B));
                read = await ReadRestAsync(comparison, read, cancellationToken);
                files = [.. Compare(read, all, isWhole: true)];
            }

            return Counted(comparison) with
            {
                Grade = files.TrueForAll(file => file.Change == FileChange.Stamp) ? TagGrade.SameFiles : TagGrade.Differ,
                Files = files,
                Reordered = [.. gaps.Where(gap => gap is { A.Count: 1, B.Count: 1 } && FilePairs.IsOrderOther(read.A[gap.A[0]], read.B[gap.B[0]])).Select(gap => gap.A[0])],
            };
        }
        catch (SourceException e)
        {
            return Counted(comparison) with { Fault = e.What };
        }
    }

    private ImageComparison Counted(ImageComparison comparison) => comparison with { ReadBytesA = readA, ReadBytesB = readB };

    // layers that change nothing need not be read
    private static List<(List<int> A, List<int> B)> GapsOf(IReadOnlyList<LayerPair> layers)
    {
        var gaps = new List<(List<int> A, List<int> B)>();
        var isOpen = false;
        foreach (var pair in layers.Where(pair => pair.Change != LayerChange.NoOp))
        {
            var isSame = pair.Change is LayerChange.Same or LayerChange.PackedOtherwise;
            if (!isSame && !isOpen) gaps.Add(([], []));
            isOpen = !isSame;
            if (isSame) continue;
            if (pair.A is { } ofA) gaps[^1].A.Add(ofA);
            if (pair.B is { } ofB) gaps[^1].B.Add(ofB);
        }

        return gaps;
    }

    private static bool IsBottom(IReadOnlyList<LayerPair> layers) =>
        layers.First(pair => pair.Change != LayerChange.NoOp).Change is not (LayerChange.Same or LayerChange.PackedOtherwise);

    /// <summary>Whether the layers around those that differ have a say: what looks other may be the same with what lies below or above it.</summary>
    private static bool NeedsAll(IReadOnlyList<LayerPair> layers, List<FilePair> files)
    {
        var other = files.Where(file => file.Change != FileChange.Stamp).ToList();
        if (other.Count == 0) return false;
        if (other.TrueForAll(file => file.IsDoubtful)) return true;
        return layers.All(pair => pair.Change is not (LayerChange.Other or LayerChange.OnlyA or LayerChange.OnlyB));
    }

    private static IEnumerable<FilePair> Compare(Listed read, (List<int> A, List<int> B) gap, bool isWhole) =>
        FilePairs.Of(Tree(read.A, gap.A), Tree(read.B, gap.B), isWhole);

    private static LayeredTree Tree(IReadOnlyDictionary<int, LayerFiles> listed, List<int> layers)
    {
        var tree = new LayeredTree();
        foreach (var layer in layers.Order()) tree.Add(listed[layer]);
        return tree;
    }

    private static List<int> Places(ImageForm form) => [.. Enumerable.Range(0, form.Layers.Count)];

    // a layer that both have is read once
    private async Task<Listed> ReadRestAsync(ImageComparison comparison, Listed read, CancellationToken cancellationToken)
    {
        var more = await ReadAsync(comparison, [.. Places(comparison.A).Except(read.A.Keys)], [], cancellationToken);
        var left = read.A.Concat(more.A).ToDictionary(one => one.Key, one => one.Value);
        var right = new Dictionary<int, LayerFiles>(read.B);
        foreach (var place in Places(comparison.B).Except(read.B.Keys))
        {
            var same = Places(comparison.A).First(other => LayerPairs.IsSame(comparison.A.Layers[other], comparison.B.Layers[place]));
            right[place] = left[same] with { Layer = place };
        }

        return new(left, right);
    }

    private async Task<Listed> ReadAsync(ImageComparison comparison, IReadOnlyList<int> layersA, IReadOnlyList<int> layersB, CancellationToken cancellationToken)
    {
        events.Report(new PhaseStarted($"reading {layersA.Count + layersB.Count} layers that differ"));
        var tally = new ByteTally("read", "layers", events);
        var first = ListAsync(a, comparison.A, layersA, tally, cancellationToken);
        var second = ListAsync(b, comparison.B, layersB, tally, cancellationToken);
        await Task.WhenAll(first, second);
        readA += (await first).Values.Sum(layer => layer.ReadBytes);
        readB += (await second).Values.Sum(layer => layer.ReadBytes);
        return new(await first, await second);
    }

    private static async Task<IReadOnlyDictionary<int, LayerFiles>> ListAsync(
        IImageCopies copies, ImageForm form, IReadOnlyList<int> layers, ByteTally tally, CancellationToken cancellationToken)
    {
        if (layers.Count == 0) return new Dictionary<int, LayerFiles>();
        tally.Expect(layers.Sum(layer => Math.Max(0, form.Layers[layer].Packed?.SizeBytes ?? 0)));
        var listed = await copies.ListLayersAsync(form, layers, tally.Part(), cancellationToken);
        if (listed.FirstOrDefault(layer => layer.Untold is not null) is { Untold: { } untold } lost)
            throw new SourceException(form.Place == ImagePlace.Registry ? Source.Registry : Source.Engine, Fault.Unsupported, $"layer {lost.Layer + 1} of {form.Name}: {untold}");
        return listed.ToDictionary(layer => layer.Layer);
    }

    private sealed record Listed(IReadOnlyDictionary<int, LayerFiles> A, IReadOnlyDictionary<int, LayerFiles> B);
}
