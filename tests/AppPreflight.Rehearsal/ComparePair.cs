namespace AppPreflight.Rehearsal;

/// <summary>Makes one copy of an image under a tag of the stand's own, and returns what is typed for it.</summary>
internal delegate Task<string> PairSide(PairStand stand, string tag, CancellationToken cancellationToken);

/// <summary>Two copies of an image, and what <c>compare</c> has to say of them. Names are kebab-case and never change.</summary>
/// <param name="What">What is the difference, as one sentence.</param>
/// <param name="First">How the first difference begins, "where: what"; empty: there is none. Where no grade can be told: a part of the reason.</param>
/// <param name="Grade">As on the wire; null: it can't be told.</param>
internal sealed record ComparePair(string Name, string What, string First, string? Grade, PairSide A, PairSide B)
{
    /// <summary>"A-B change" for each row, places from 0; null where several answers would be right.</summary>
    public IReadOnlyList<string>? Layers { get; init; } = ["0-0 same", "1-1 same", "2-2 same"];

    /// <summary>"change path" of every file, sorted, but for those of which only the stamp differs.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>How many files differ by their stamps only; null where that is of no interest.</summary>
    public int? Stamped { get; init; } = 0;

    /// <summary>Names of all fields that differ, sorted; null where that is of no interest.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>Layers of A that have to be read, by their places; no others may be. Null: whatever it takes.</summary>
    public IReadOnlyList<int>? ReadA { get; init; } = [];

    public IReadOnlyList<int>? ReadB { get; init; } = [];

    public int Exit => Grade switch
    {
        null => 2,
        "tags-differ" => 1,
        _ => 0,
    };

    public override string ToString() => Name;
}
