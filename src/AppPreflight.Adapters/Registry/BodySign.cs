using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>What wrong bytes give away of how they came about: undone where that can be done, else what they look like.</summary>
internal static class BodySign
{
    private const int UstarAt = 257;

    public static bool IsGzip(ReadOnlySpan<byte> head) => head is [0x1F, 0x8B, 0x08, ..];

    public static bool IsPacked(ReadOnlySpan<byte> head) => IsGzip(head) || head is [0x28, 0xB5, 0x2F, 0xFD, ..];

    public static bool IsTar(ReadOnlySpan<byte> head) => head.Length >= UstarAt + 5 && head.Slice(UstarAt, 5).SequenceEqual("ustar"u8);

    /// <param name="inside">Null when nothing that matters can be inside.</param>
    /// <returns>Null for the promised bytes, and where nothing shows.</returns>
    public static Fingerprint? Read(BlobPromise promise, WatchedBody body, Inside? inside, CancellationToken cancellationToken)
    {
        if (body.Digest == promise.Digest) return null;
        if (body.SizeBytes == 0) return new(FingerprintKind.Empty, "not one byte came", false);
        return Undone(promise, body, inside)
            ?? Begun(promise, body)
            ?? PageSign.Read(body.Head.Span, promise.Part)
            ?? Inner(promise, inside)
            ?? Flipped(promise, body, cancellationToken)
            ?? Looks(promise, body);
    }

    // the promised digest comes out in another place
    private static Fingerprint? Undone(BlobPromise promise, WatchedBody body, Inside? inside)
    {
        if (promise.DiffId is { } diffId && body.TarDigest == diffId.Value)
            return new(FingerprintKind.Gunzipped, "its digest is that of the layer's unpacked tar", true);
        if (inside?.Digest == promise.Digest) return new(FingerprintKind.GzippedTwice, "unpacked once it has the promised digest", true);
        if (body.OfPromisedPart == promise.Digest)
        {
            return body.SizeBytes == 2 * promise.SizeBytes
                ? new(FingerprintKind.Doubled, body.OfRest == promise.Digest ? "it is the promised bytes twice" : "the first half alone has the promised digest", true)
                : new(FingerprintKind.Surplus, $"its first {promise.SizeBytes} bytes have the promised digest, and more follow", true);
        }

        return null;
    }

    // nobody promised a size: then each may be the right one
    private static Fingerprint? Begun(BlobPromise promise, WatchedBody body)
    {
        if (promise.SizeBytes is not null || body.SizeBytes > WatchedBody.HeadBytes) return null;
        return PrefixHunt.Find(body.Head.Span, promise.Digest) is not { } size ? null
            : size * 2 == body.SizeBytes ? new(FingerprintKind.Doubled, "the first half alone has the promised digest", true)
            : new(FingerprintKind.Surplus, $"its first {size} bytes have the promised digest, and more follow", true);
    }

    private static Fingerprint? Inner(BlobPromise promise, Inside? inside) =>
        inside is not null && PageSign.Read(inside.Head.Span, promise.Part) is { } page ? page with { Sentence = "packed with gzip, " + page.Sentence } : null;

    private static Fingerprint? Flipped(BlobPromise promise, WatchedBody body, CancellationToken cancellationToken)
    {
        if (body.SizeBytes > BitHunt.MaxBytes || body.SizeBytes != (promise.SizeBytes ?? body.SizeBytes)) return null;
        return BitHunt.Find(body.Head.Span, promise.Digest, cancellationToken) is var (offset, bit)
            ? new(FingerprintKind.FlippedBit, $"bit {bit} of byte {offset} is turned: with 0x{body.Head.Span[offset] ^ (1 << bit):x2} in place of 0x{body.Head.Span[offset]:x2} it has the promised digest", true)
            : null;
    }

    private static Fingerprint? Looks(BlobPromise promise, WatchedBody body)
    {
        var size = promise.SizeBytes ?? body.SizeBytes;
        var isPackedPromised = BodyReader.IsPackedPromised(promise) && (promise.DiffId is not null || IsPacked(body.Head.Span) || body.SizeBytes > size);
        if (isPackedPromised && IsTar(body.Head.Span)) return new(FingerprintKind.Gunzipped, "it starts like a tar that nobody packed", false);
        if (body.SizeBytes == 2 * size && body.OfRest == body.OfPromisedPart)
            return new(FingerprintKind.Doubled, "it is twice as long as promised, and both halves are the same", false);
        if (body.SizeBytes < size) return new(FingerprintKind.Truncated, $"only {body.SizeBytes} of {size} bytes came", false);
        return isPackedPromised && body.BlankPages.Count > 0
            ? new(FingerprintKind.ZeroedPage, $"the page of {WatchedBody.PageBytes} bytes at offset {body.BlankPages.First} is all zeros{(body.BlankPages.Count > 1 ? $", and {body.BlankPages.Count - 1} more" : "")}", false)
            : null;
    }
}
