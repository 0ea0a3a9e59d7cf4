using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>What stands around the manifests of two images, where those are the same.</summary>
public static class IndexWords
{
    /// <summary>In what it differs, as part of a sentence.</summary>
    public static string Around(ImageForm a, ImageForm b)
    {
        var (left, right) = (a.Index, b.Index);
        // of schema 1 the digest is the payload's
        if (left is null && right is null) return "the signatures";
        if (left is null || right is null) return $"{(left is null ? "B" : "A")} is an index{Contents(left ?? right!)}, {(left is null ? "A" : "B")} is the manifest itself";
        var parts = new List<string>();
        if (left.MediaType != right.MediaType) parts.Add("the indexes' media types");
        var (only, other) = (left.Manifests.Except(right.Manifests).ToList(), right.Manifests.Except(left.Manifests).ToList());
        if (only.Concat(other).Any(entry => entry.IsAttestation)) parts.Add("attestations");
        var platforms = only.Concat(other).Where(entry => !entry.IsAttestation && entry.Platform is not null).Select(entry => entry.Platform!.ToString()).Distinct().Order(StringComparer.Ordinal).ToList();
        if (platforms.Count > 0) parts.Add($"the images for {string.Join(", ", platforms)}");
        return parts.Count == 0 ? "the index itself is written otherwise" : string.Join(" and ", parts);
    }

    private static string Contents(ImageIndex index)
    {
        var attestations = index.Manifests.Count(entry => entry.IsAttestation);
        return $" of {Count(index.Manifests.Count - attestations, "image")}{(attestations > 0 ? $" and {Count(attestations, "attestation")}" : "")} around it";
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
