using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>What the court saw, each a sentence a person can check.</summary>
internal static class CourtEvidence
{
    public static IEnumerable<string> Of(CourtCase one) =>
    [
        .. Engine(one),
        .. one.Retrace.Fetches.Select(fetch => Line(fetch, one)),
        .. Prints(one),
        .. Difference(one),
        .. Shared(one),
        .. one.Retrace.Skipped,
    ];

    private static IEnumerable<string> Engine(CourtCase one)
    {
        if (one.EngineSaid is not { } said) yield break;
        yield return $"the engine said: {Quote.Short(said, 300)}";
        yield return $"that proves: {PullFailure.Classify(said).Meaning}";
    }

    private static string Line(BlobFetch fetch, CourtCase one)
    {
        var what = fetch.Fault is { } fault ? fault.Message
            : fetch.Digest is null ? "no body"
            : fetch.IsLonger ? $"more than {fetch.SizeBytes} bytes"
            : fetch.WasCut ? $"broke off after {fetch.SizeBytes} bytes"
            : fetch.Digest == one.Promise.Digest ? $"the promised {fetch.SizeBytes} bytes"
            : $"{fetch.SizeBytes} bytes, {fetch.Digest}";
        return $"{fetch.Manner}, {fetch.Who}{(fetch.Status is { } status ? $", status {status}" : "")}: {what}";
    }

    private static IEnumerable<string> Prints(CourtCase one) => one.Wrong.Concat(one.Cut).Select(fetch => fetch.Fingerprint).OfType<Fingerprint>()
        .Select(print => print.IsProven ? print.Sentence : $"it looks so: {print.Sentence}").Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Difference(CourtCase one)
    {
        if (one.Retrace.Difference is { } difference) yield return $"held against right bytes: {difference.Sentence}";
    }

    private static IEnumerable<string> Shared(CourtCase one)
    {
        if (one.SharedBy.Count > 0) yield return $"the same blob belongs to {string.Join(", ", one.SharedBy)}";
    }
}
