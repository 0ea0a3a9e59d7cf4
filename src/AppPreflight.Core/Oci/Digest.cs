using System.Buffers;
using System.Security.Cryptography;

namespace AppPreflight.Oci;

/// <summary>Names content by its hash: equal digests name equal bytes.</summary>
/// <remarks>Source: OCI image-spec v1.1, descriptor.md, "Digests" (both registered algorithms).</remarks>
public sealed record Digest
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private readonly string text;

    private Digest(string text) => this.text = text;

    /// <summary>"sha256" or "sha512".</summary>
    public string Algorithm => text[..text.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The lower-case hex digits alone.</summary>
    public string Hex => text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The algorithm as .NET names it, for hashing a stream that should have this digest.</summary>
    public HashAlgorithmName HashName => Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;

    /// <summary>The sha256 digest of <paramref name="content"/> as it stands: no trimming, no re-encoding.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) => OfHash(HashAlgorithmName.SHA256, SHA256.HashData(content));

    /// <summary>The digest of <paramref name="content"/> by the algorithm of <paramref name="expected"/>, so that the two can be compared.</summary>
    public static Digest Of(ReadOnlySpan<byte> content, Digest expected) =>
        expected.HashName == HashAlgorithmName.SHA512 ? OfHash(expected.HashName, SHA512.HashData(content)) : Of(content);

    /// <summary>Takes a finished hash as it comes from <see cref="IncrementalHash"/>.</summary>
    public static Digest OfHash(HashAlgorithmName name, ReadOnlySpan<byte> hash) =>
        new((name == HashAlgorithmName.SHA512 ? "sha512:" : "sha256:") + Convert.ToHexStringLower(hash));

    /// <returns>Null unless the text is "sha256:" + 64 or "sha512:" + 128 lower-case hex digits.</returns>
    public static Digest? TryParse(string? text)
    {
        var digits = text switch
        {
            { Length: 71 } when text.StartsWith("sha256:", StringComparison.Ordinal) => 64,
            { Length: 135 } when text.StartsWith("sha512:", StringComparison.Ordinal) => 128,
            _ => 0,
        };
        return digits > 0 && !text.AsSpan(text!.Length - digits).ContainsAnyExcept(LowerHex) ? new(text) : null;
    }

    /// <exception cref="FormatException">Not a sha256 or sha512 digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text) ?? throw new FormatException($"'{Quote.Short(text)}' is not a sha256 or sha512 digest");

    /// <summary>The first 12 hex digits with the algorithm, as people write it.</summary>
    public string Short => $"{Algorithm}:{Hex.AsSpan(0, 12)}";

    public override string ToString() => text;
}
