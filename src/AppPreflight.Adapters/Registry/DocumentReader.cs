using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>A document and what the registry's headers said of it against its bytes.</summary>
internal sealed record Document(Served Served, SourceFault? Contradiction);

/// <summary>Reads manifests, indexes and configs. Bytes make the digest; promises and headers are compared with it.</summary>
internal sealed class DocumentReader(RegistryLimits limits, TimeProvider time)
{
    private const string DigestHeader = "Docker-Content-Digest";

    /// <param name="promised">What the bytes have to match; null for a tag.</param>
    /// <param name="isManifest">Then, and only then, signed schema 1 is known by its payload.</param>
    /// <param name="sizeBytes">The size they have to have; null when nobody promised one.</param>
    /// <exception cref="SourceException">Malformed (over the limit, cut, HTML), Corrupt.</exception>
    public async Task<Document> ReadAsync(
        Answer answer, string subject, int maxBytes, bool isManifest, Digest? promised, long? sizeBytes, CancellationToken cancellationToken)
    {
        var bytes = await BytesAsync(answer, subject, maxBytes, cancellationToken);
        var served = Served.Of(bytes, answer.MediaType, promised);
        if (promised is not null && served.Digest != promised && !(isManifest && IsSignedAs(served, promised))) throw Altered(answer, subject, promised.ToString(), served.Digest.ToString(), sizeBytes);
        if (sizeBytes is { } size && size != bytes.Length)
            throw Altered(answer, promised?.ToString() ?? subject, $"{size} bytes", $"{bytes.Length} bytes", sizeBytes);
        // bytes that match their digest are right under any name
        if (promised is null && Blame.Clue(answer) is { Length: > 0 } clue) throw Replaced(answer, subject, clue);
        return new(served, Compare(answer, served));
    }

    private async Task<byte[]> BytesAsync(Answer answer, string subject, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            return await BoundedBody.ReadAsync(answer.Body, maxBytes, limits, time, cancellationToken)
                ?? throw Blame.Of(Source.Registry, Fault.Malformed, subject, $"{answer.Who} sends more than {maxBytes >> 20} MiB for {subject}");
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Blame.Of(Source.Registry, Fault.Unreachable, subject, $"{answer.Who} broke off in the middle of {subject}: {Quote.Short(e.Message, 120)}", e);
        }
    }

    private static SourceException Replaced(Answer answer, string subject, string clue) =>
        answer.IsHtml ? Blame.Html(answer, subject)
        : Blame.Of(Source.Transport, Fault.Malformed, subject, $"{answer.Who} answers for {subject} with something else{clue}");

    private static SourceException Altered(Answer answer, string subject, string expected, string observed, long? sizeBytes) =>
        new(new SourceFault(Blame.Clue(answer).Length > 0 ? Source.Transport : Source.Registry, Fault.Corrupt, $"{answer.Who} serves other bytes for {subject} than promised{Blame.Clue(answer)}")
        {
            Subject = subject,
            Expected = expected,
            Observed = observed,
            PromisedBytes = sizeBytes,
        });

    // what has no fsLayers is read by the words around the signed ones, so it can't go by the digest of those
    private static bool IsSignedAs(Served served, Digest digest) =>
        Schema1Manifest.PayloadDigestOf(served.Bytes, digest) == digest;

    /// <summary>Holds the digest header against the bytes. It is never put in their place: a registry copies it from its own path.</summary>
    private static SourceFault? Compare(Answer answer, Served served)
    {
        if (answer.Header(DigestHeader) is not { Length: > 0 } header) return null;
        var claimed = Digest.TryParse(header);
        var actual = claimed is null ? served.Digest : Digest.Of(served.Bytes.Span, claimed);
        return claimed == actual || (claimed is not null && IsSignedAs(served, claimed)) ? null : new(Source.Registry, Fault.Corrupt, $"{answer.Who} says in a header that this is {Quote.Short(header, 150)}, but its bytes are {actual}")
        {
            Subject = served.Digest.ToString(),
            Expected = Quote.Short(header),
            Observed = actual.ToString(),
        };
    }
}
