using AppPreflight.Checks;
using AppPreflight.Images;

namespace AppPreflight.Pairs;

/// <summary>Two images beside each other, with the answer.</summary>
public sealed record ImageComparison(ImageForm A, ImageForm B)
{
    /// <summary>Null: it could not be told; <see cref="Fault"/> says why.</summary>
    public TagGrade? Grade { get; init; }

    /// <summary>What is asked for at least.</summary>
    public TagGrade Wanted { get; init; } = TagGrade.SameFiles;

    public IReadOnlyList<LayerPair> Layers { get; init; } = [];

    public IReadOnlyList<HistoryPair> History { get; init; } = [];

    public IReadOnlyList<FieldPair> Fields { get; init; } = [];

    /// <summary>All paths in which they differ, in order; empty where no layer had to be read.</summary>
    public IReadOnlyList<FilePair> Files { get; init; } = [];

    /// <summary>Layers of A, from 0, whose tar names the same paths in another order than that of B beside it.</summary>
    public IReadOnlyList<int> Reordered { get; init; } = [];

    /// <summary>Bytes of layers read, as they are packed there.</summary>
    public long ReadBytesA { get; init; }

    public long ReadBytesB { get; init; }

    public TimeSpan Took { get; init; }

    /// <summary>Why the layers that differ could not be compared.</summary>
    public SourceFault? Fault { get; init; }

    public Verdict Verdict => Grade is not { } grade ? Verdict.Unknown : grade >= Wanted ? Verdict.Pass : Verdict.Fail;

    /// <summary>Which of them is kept without a manifest, so that no more than its configuration and layers can be compared; null for neither.</summary>
    public string? Unkept => (A.ManifestBytes, B.ManifestBytes) switch
    {
        (null, null) => "no manifest is kept where they are",
        (null, _) => "no manifest is kept where A is",
        (_, null) => "no manifest is kept where B is",
        _ => null,
    };

    /// <summary>How many paths of each kind.</summary>
    public int Count(FileChange change) => Files.Count(file => file.Change == change);
}
