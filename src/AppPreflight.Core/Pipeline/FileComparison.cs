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
            read = await ReadBelowAsync(comparison, gaps, read, cancellationToken);
            var files = gaps.SelectMany((gap, i) => Compare(read, gap, isWhole: i == 0 && IsBottom(comparison.Layers))).ToList();
            if (NeedsAll(comparison.Layers, files))
            {
                read = await ReadRestAsync(comparison, read, cancellationToken);
                files = [.. FilePairs.Of(Tree(read.A, PlacesA(comparison)), Tree(read.B, PlacesB(comparison)), isWhole: true)];
            }
            else files = WithoutNamedFolders(files);

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
        // what one run of layers takes away another may give
        var wandering = other.GroupBy(file => file.Path, StringComparer.Ordinal)
            .Where(group => group.Any(file => file.Change == FileChange.Added) && group.Any(file => file.Change == FileChange.Removed)).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        if (other.TrueForAll(file => file.IsDoubtful || wandering.Contains(file.Path))) return true;
        return layers.All(pair => pair.Change is not (LayerChange.Other or LayerChange.OnlyA or LayerChange.OnlyB));
    }

    // a layer names every folder above what it has; that folder is most likely below as well
    private static List<FilePair> WithoutNamedFolders(List<FilePair> files) =>
    [
        .. files.Where((file, i) => !file.IsDoubtful || file.What is not ["directory"] || i + 1 == files.Count
            || !files[i + 1].Path.StartsWith(file.Path + "/", StringComparison.Ordinal)),
    ];

    private static IEnumerable<FilePair> Compare(Listed read, (List<int> A, List<int> B) gap, bool isWhole) => gap switch
    {
        // what one layer more does to the one right below it
        ({ Count: 0 }, [var one]) when read.B.ContainsKey(one - 1) => FilePairs.Of(Tree(read.B, [one - 1]), Tree(read.B, [one - 1, one]), one == 1).Select(file => file with { LayerA = null }),
        ([var one], { Count: 0 }) when read.A.ContainsKey(one - 1) => FilePairs.Of(Tree(read.A, [one - 1, one]), Tree(read.A, [one - 1]), one == 1).Select(file => file with { LayerB = null }),
        _ => FilePairs.Of(Tree(read.A, gap.A), Tree(read.B, gap.B), isWhole),
    };

    /// <summary>
    /// Reads what lies right below a layer that only one image has, where the two are of about one size: the same COPY once more makes
    /// the same layer but for the time of a folder.
    /// </summary>
    private async Task<Listed> ReadBelowAsync(ImageComparison comparison, List<(List<int> A, List<int> B)> gaps, Listed read, CancellationToken cancellationToken)
    {
        var belowA = gaps.Where(gap => gap is ([var one], { Count: 0 }) && IsOfOneSize(comparison.A, one)).Select(gap => gap.A[0] - 1).Except(read.A.Keys).ToList();
        var belowB = gaps.Where(gap => gap is ({ Count: 0 }, [var one]) && IsOfOneSize(comparison.B, one)).Select(gap => gap.B[0] - 1).Except(read.B.Keys).ToList();
        if (belowA.Count + belowB.Count == 0) return read;
        var more = await ReadAsync(comparison, belowA, belowB, cancellationToken);
        return new(Both(read.A, more.A), Both(read.B, more.B));
    }

    private static bool IsOfOneSize(ImageForm form, int layer)
    {
        const long slack = 64 << 10;
        if (layer == 0) return false;
        var (below, own) = (form.Layers[layer - 1].Packed?.SizeBytes ?? 0, form.Layers[layer].Packed?.SizeBytes ?? 0);
        return Math.Abs(below - own) <= slack + Math.Min(below, own) / 10;
    }

    private static Dictionary<int, LayerFiles> Both(IReadOnlyDictionary<int, LayerFiles> one, IReadOnlyDictionary<int, LayerFiles> other) =>
        one.Concat(other).ToDictionary(pair => pair.Key, pair => pair.Value);

    private static LayeredTree Tree(IReadOnlyDictionary<int, LayerFiles> listed, List<int> layers)
    {
        var tree = new LayeredTree();
        foreach (var layer in layers.Order()) tree.Add(listed[layer]);
        return tree;
    }

    // those that change nothing are left out
    private static List<int> PlacesA(ImageComparison comparison) => [.. comparison.Layers.Where(pair => pair.Change != LayerChange.NoOp).Select(pair => pair.A).OfType<int>()];

    private static List<int> PlacesB(ImageComparison comparison) => [.. comparison.Layers.Where(pair => pair.Change != LayerChange.NoOp).Select(pair => pair.B).OfType<int>()];

    // a layer that both have is read once
    private async Task<Listed> ReadRestAsync(ImageComparison comparison, Listed read, CancellationToken cancellationToken)
    {
        var more = await ReadAsync(comparison, [.. PlacesA(comparison).Except(read.A.Keys)], [], cancellationToken);
        var left = Both(read.A, more.A);
        var right = new Dictionary<int, LayerFiles>(read.B);
        foreach (var place in PlacesB(comparison).Except(read.B.Keys))
        {
            var same = left.Keys.First(other => LayerPairs.IsSame(comparison.A.Layers[other], comparison.B.Layers[place]));
            right[place] = left[same] with { Layer = place };
        }

        return new(left, right);
    }

    private async Task<Listed> ReadAsync(ImageComparison comparison, List<int> layersA, List<int> layersB, CancellationToken cancellationToken)
    {
        events.Report(new PhaseStarted($"reading {(layersA.Count + layersB.Count == 1 ? "1 layer" : $"{layersA.Count + layersB.Count} layers")} through"));
        var tally = new ByteTally("read", "layers", events);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = OrStopAsync(ListAsync(a, comparison.A, layersA, tally, stop.Token), stop);
        var second = OrStopAsync(ListAsync(b, comparison.B, layersB, tally, stop.Token), stop);
        await Task.WhenAll(first, second);
        readA += (await first).Values.Sum(layer => layer.ReadBytes);
        readB += (await second).Values.Sum(layer => layer.ReadBytes);
        return new(await first, await second);
    }

    // with one side lost, the gigabytes of the other are of no use
    private static async Task<T> OrStopAsync<T>(Task<T> reading, CancellationTokenSource stop)
    {
        try
        {
            return await reading;
        }
        catch (SourceException)
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private static async Task<IReadOnlyDictionary<int, LayerFiles>> ListAsync(
        IImageCopies copies, ImageForm form, List<int> layers, ByteTally tally, CancellationToken cancellationToken)
    {
        if (layers.Count == 0) return new Dictionary<int, LayerFiles>();
        tally.Expect(layers.Sum(layer => Math.Max(0, form.Layers[layer].Packed?.SizeBytes ?? 0)));
        var listed = await copies.ListLayersAsync(form, layers, tally.Part(), cancellationToken);
        if (listed.FirstOrDefault(layer => layer.Untold is not null) is { Untold: { } untold } lost)
            throw new SourceException(form.Place switch { ImagePlace.Registry => Source.Registry, ImagePlace.Engine => Source.Engine, _ => Source.Files }, Fault.Unsupported, $"layer {lost.Layer + 1} of {form.Name}: {untold}");
        return listed.ToDictionary(layer => layer.Layer);
    }

    private sealed record Listed(IReadOnlyDictionary<int, LayerFiles> A, IReadOnlyDictionary<int, LayerFiles> B);
}
