using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>One established fact. Its sentence and its remedy are text for a person; programs read the code.</summary>
/// <param name="Subject">What it is about: an image reference with, where one blob is meant, that blob's digest after a space.</param>
public sealed record Finding(FindingCode Code, Verdict Verdict, string Subject, Source Source, string Message)
{
    public string? Expected { get; init; }

    public string? Observed { get; init; }

    /// <summary>The next step a person can do, as a command where there is one.</summary>
    public string? Remedy { get; init; }

    /// <summary>Of an altered stored layer: which of its files, and what is wrong with each; the first of them when there are very many.</summary>
    public IReadOnlyList<LayerDamage> Files { get; init; } = [];

    /// <summary>Of a tag that moved: how much what it named and what it names are the same, by their documents; null where only the files can tell.</summary>
    public TagGrade? Grade { get; init; }

    /// <summary>Why it is so; null where the finding itself is all there is to say.</summary>
    public Cause? Cause { get; init; }

    public Look Look { get; init; } = Look.First;

    /// <summary>Whether this is about the image as a whole or one of its blobs.</summary>
    public bool IsAbout(ImageRequirement image)
    {
        var name = image.Reference.ToString();
        return Subject == name || Subject.StartsWith(name + " ", StringComparison.Ordinal);
    }
}

/// <summary>First: as found. Second: after a repair, from fresh observations; it supersedes the first for what it looked at.</summary>
public enum Look
{
    First,
    Second,
}
