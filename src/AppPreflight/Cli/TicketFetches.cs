using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What came instead of a blob, each wrong content once, and each fetch that was made.</summary>
internal sealed class TicketFetches(Page page, TicketBlob blob, Cause cause)
{
    private const int MostContents = 8;
    private const int MostHeaders = 16;

    // of what answers carry, what tells who answered and in which form; anything else may be somebody's secret
    private static readonly HashSet<string> Shown = new(StringComparer.OrdinalIgnoreCase)
    {
        "accept-ranges", "age", "cf-cache-status", "cf-ray", "connection", "content-encoding", "content-length", "content-range", "content-type", "date",
        "docker-content-digest", "docker-distribution-api-version", "etag", "last-modified", "location", "proxy-agent", "retry-after", "server",
        "transfer-encoding", "via", "warning", "www-authenticate", "x-amz-request-id", "x-cache", "x-cache-hits", "x-ms-request-id", "x-request-id",
        "x-served-by", "x-squid-error",
    };

    public void Write()
    {
        if (cause.Fetches.Count == 0 && cause.Difference is null) return;
        WriteContents();
        WriteDifference();
        WriteFetches();
    }

    private void WriteContents()
    {
        var contents = cause.Fetches.Where(IsWrong).GroupBy(fetch => fetch.Digest).Take(MostContents).ToList();
        if (contents.Count == 0) return;
        page.Blank();
        page.Line("What came instead", 3);
        foreach (var content in contents)
        {
            var first = content.First();
            page.Whole($"{content.Key}", 5);
            page.Line($"{TicketText.Bytes(first.SizeBytes)}{Manner(first)}{Times(content.Count())}", 5, 7);
            if (first.Fingerprint is { } print) page.Line($"{print.Kind.Wire()}{(print.IsProven ? "" : " by its looks")}: {Redaction.Of(print.Sentence)}", 5, 7);
            foreach (var header in first.Headers.Where(header => Shown.Contains(header.Name)).Take(MostHeaders))
                WriteHeader(header.Name, Oci.Quote.Short(Redaction.Of(header.Value)));
        }
    }

    // a digest is copied whole or not at all
    private void WriteHeader(string name, string value)
    {
        if (value.Length < 60 || value.Contains(' ', StringComparison.Ordinal))
        {
            page.Line($"{name}: {value}", 7, 9);
            return;
        }

        page.Line($"{name}:", 7);
        page.Whole(value, 5);
    }

    private void WriteDifference()
    {
        if (cause.Difference is not { } difference) return;
        page.Blank();
        page.Line($"It parts from the right bytes at offset {TicketText.Number(difference.Offset)} ({difference.Shape.Wire()}, {TicketText.Bytes(difference.Bytes)} of it): {Redaction.Of(difference.Sentence)}", 3, 5);
    }

    private void WriteFetches()
    {
        if (cause.Fetches.Count == 0) return;
        page.Blank();
        page.Line("How it was asked for", 3);
        foreach (var line in Lines(cause, blob.Digest)) page.Line(Redaction.Of(line), 5, 15);
    }

    /// <summary>One line for each fetch: its way, the status, how much came how fast, what it was, and from whom.</summary>
    public static IEnumerable<string> Lines(Cause cause, Oci.Digest? promised) => cause.Fetches.Select(fetch =>
        $"{fetch.Way.Wire().Replace("-", "", StringComparison.Ordinal),-8}  {Result(fetch, promised)}, from {fetch.Asked}{(fetch.Answered is { } host && host != fetch.Asked ? $" by way of {host}" : "")}");

    private static string Result(BlobFetch fetch, Oci.Digest? promised)
    {
        var status = fetch.Status is { } code ? $"{code}" : "no answer";
        if (fetch.Digest is not { } digest) return fetch.Fault is { } fault ? $"{status}, {fault.Message.TrimEnd('.')}" : $"{status}, no body";
        return $"{status}, {TicketText.Bytes(fetch.SizeBytes)}{Manner(fetch)} in {Amounts.Duration(fetch.Elapsed)}, {(digest == promised ? "right" : digest.Short)}";
    }

    private bool IsWrong(BlobFetch fetch) => fetch.Digest is not null && fetch.Digest != blob.Digest;

    private static string Manner(BlobFetch fetch) => (fetch.WasCut, fetch.IsLonger) switch
    {
        (true, _) => fetch.AnnouncedBytes is { } announced ? $" of {TicketText.Number(announced)} announced, then cut" : ", then cut",
        (_, true) => ", and more that was not read",
        _ => "",
    };

    private static string Times(int count) => count == 1 ? "" : $", {count} times";
}
