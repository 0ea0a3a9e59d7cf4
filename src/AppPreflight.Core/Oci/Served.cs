namespace AppPreflight.Oci;

/// <summary>A document exactly as it was answered, with the media type it came under and the digest of those very bytes.</summary>
/// <remarks>Digests come from bytes only; a header or a descriptor is compared with this, never put in its place.</remarks>
public sealed record Served(ReadOnlyMemory<byte> Bytes, string MediaType, Digest Digest)
{
    public static Served Of(ReadOnlyMemory<byte> bytes, string mediaType, Digest? expected = null) =>
        new(bytes, mediaType, expected is null ? Digest.Of(bytes.Span) : Digest.Of(bytes.Span, expected));
}
