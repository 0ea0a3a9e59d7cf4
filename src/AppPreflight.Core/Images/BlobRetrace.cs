namespace AppPreflight.Images;

/// <summary>One blob, fetched again by every independent way there is from here.</summary>
/// <param name="Fetches">In the order they were made.</param>
public sealed record BlobRetrace(BlobPromise Promise, IReadOnlyList<BlobFetch> Fetches)
{
    /// <summary>Ways that were not gone although there are such, each a sentence with the reason (a bound, no mirror answers).</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>Where the wrong bytes part from the right ones; null when no way gave the right ones, or all did.</summary>
    public ByteDifference? Difference { get; init; }
}

/// <summary>Where wrong bytes part from right ones.</summary>
/// <param name="Offset">Of the first byte that differs, from 0.</param>
/// <param name="Bytes">How many bytes differ, a missing or surplus one counted too.</param>
/// <param name="Shape">On the wire in kebab-case.</param>
public sealed record ByteDifference(long Offset, long Bytes, DifferenceShape Shape)
{
    /// <summary>A part of a sentence: "one bit of byte 4711 (0x5a instead of 0x5b)".</summary>
    public required string Sentence { get; init; }
}

public enum DifferenceShape
{
    /// <summary>One bit: memory, or a bus.</summary>
    Bit,

    /// <summary>Whole aligned pages of zeros: a disk, or a power cut.</summary>
    ZeroedPages,

    /// <summary>One connected stretch.</summary>
    Stretch,

    /// <summary>All from there on.</summary>
    Tail,

    /// <summary>The wrong one ends there.</summary>
    Cut,

    /// <summary>The wrong one goes on behind the end.</summary>
    Surplus,

    /// <summary>Here and there.</summary>
    Scattered,
}
