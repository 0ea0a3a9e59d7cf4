using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Remedies;

public enum RemedyKind
{
    /// <summary>Fetch by tag; the engine verifies what it receives.</summary>
    Pull,

    /// <summary>Remove a name or an image from the engine, never by force.</summary>
    Purge,

    /// <summary>Nothing this program may do: a person has to decide.</summary>
    AskOperator,
}

/// <summary>A proposed act, as data.</summary>
/// <param name="Subject">The reference to pull, the name or id to remove, or what the operator is asked about.</param>
/// <param name="Cures">The findings it is meant to cure.</param>
public sealed record Remedy(RemedyKind Kind, string Subject, IReadOnlyList<FindingCode> Cures)
{
    /// <summary>The image it belongs to; null for an operator's question about the host.</summary>
    public ImageRequirement? Image { get; init; }

    /// <summary>Why, or what exactly the operator should do; with the command.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a question to the operator: what to type, one after the other, where it is known; <see cref="Reason"/> has it too.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>Of a purge: the names to remove, in order. The last one takes the image with it if nothing else holds it.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The image that <see cref="Names"/> or <see cref="AlsoTags"/> stand on: what it is now decides whether they still may be touched.</summary>
    public Digest? Of { get; init; }

    /// <summary>Of a purge: each layer of every replacement was read through in this run. Without that, a purge is a proposal only.</summary>
    public bool IsProven { get; init; }

    /// <summary>Of a purge: what the engine has wrong copies of, which it drops a moment after the image that kept them is gone.</summary>
    public PullLookup? Frees { get; init; }

    /// <summary>Of a purge: what the pulls that follow it need on the engine's disk; null where nothing has to be fetched any more.</summary>
    public SpaceNeed? Room { get; init; }

    /// <summary>Of a pull: further names the purged image had, to be put on its replacement.</summary>
    public IReadOnlyList<string> AlsoTags { get; init; } = [];
}
