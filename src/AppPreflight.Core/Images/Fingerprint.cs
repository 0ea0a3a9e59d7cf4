namespace AppPreflight.Images;

/// <summary>What wrong bytes give away of how they came about.</summary>
/// <param name="Sentence">A part of a sentence with the evidence ("the first half alone has the promised digest").</param>
/// <param name="IsProven">The promised digest came out when the change was undone; else it is what the bytes look like.</param>
public sealed record Fingerprint(FingerprintKind Kind, string Sentence, bool IsProven);

/// <summary>On the wire in kebab-case. Sources: moby #21290 (empty), distribution #2168 (doubled), moby #17595 (packed once more), #4845 (cut).</summary>
public enum FingerprintKind
{
    Empty,
    Doubled,
    Truncated,

    /// <summary>The unpacked form came in place of the packed one.</summary>
    Gunzipped,

    /// <summary>The promised bytes, packed once more.</summary>
    GzippedTwice,
    Html,
    Xml,

    /// <summary>An error document in JSON under a status of success.</summary>
    Json,

    /// <summary>One bit is turned, and turning it back gives the promised digest.</summary>
    FlippedBit,

    /// <summary>A page (4096 bytes, aligned) of zeros where packed bytes have none.</summary>
    ZeroedPage,

    /// <summary>There is more behind the promised bytes.</summary>
    Surplus,
}
