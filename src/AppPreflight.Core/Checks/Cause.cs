using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>Why something does not match: who is to blame, how sure that is, and what shows it.</summary>
/// <param name="Sentence">For a person: what happened, where, and what follows from it.</param>
public sealed record Cause(Culprit Culprit, Confidence Confidence, string Sentence)
{
    /// <summary>Each a sentence of its own: what was seen, what that excludes.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    public FingerprintKind? Fingerprint { get; init; }

    /// <summary>Where the wrong bytes part from the right ones, where right ones could be had.</summary>
    public ByteDifference? Difference { get; init; }

    /// <summary>The fetches it was judged by, for whoever has to reproduce them.</summary>
    public IReadOnlyList<BlobFetch> Fetches { get; init; } = [];
}

/// <summary>Where the cause lies. On the wire in kebab-case.</summary>
public enum Culprit
{
    /// <summary>The registry's own copy is rotten: the same wrong bytes each time, by every way.</summary>
    Registry,

    /// <summary>Something on the way puts other bytes in the place of the right ones.</summary>
    Transport,

    /// <summary>Other bytes each time: memory, network card, a proxy, one of several backends.</summary>
    Unstable,

    /// <summary>The connection is cut before the end.</summary>
    Cut,

    /// <summary>This program gets it right and the engine does not: its proxy, its memory, its own tables.</summary>
    Engine,

    /// <summary>What this host's disk holds.</summary>
    LocalStore,

    /// <summary>Nothing is damaged: the name means another image by now.</summary>
    Retag,

    /// <summary>The image was put together wrongly, or not for this host.</summary>
    Publisher,

    /// <summary>This host has no room.</summary>
    Host,
}

/// <summary>How sure. On the wire in kebab-case.</summary>
public enum Confidence
{
    Possible,
    Likely,
    Proven,
}
