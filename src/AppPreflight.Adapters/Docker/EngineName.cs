using System.Text.RegularExpressions;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>A name as it may stand in a request's path: checked against the grammar first, so that none reaches another endpoint.</summary>
internal static partial class EngineName
{
    /// <summary>repository:tag, or repository@digest: with both, the digest decides in the engine too (moby reference/store.go, Get).</summary>
    public static string Of(ImageReference reference) =>
        reference.Name + (reference.Digest is { } digest ? $"@{digest}" : $":{reference.Tag ?? "latest"}");

    /// <summary>A reference, a digest or an id's hex digits, as an escaped piece of a path.</summary>
    /// <exception cref="FormatException">Neither of the three.</exception>
    public static string PathOf(string nameOrId)
    {
        if (Digest.TryParse(nameOrId) is null && !HexId().IsMatch(nameOrId)) nameOrId = Of(ImageReference.Parse(nameOrId));
        return PathOfSafe(nameOrId);
    }

    public static string PathOf(ImageReference reference) => PathOfSafe(Of(reference));

    private static string PathOfSafe(string name) => string.Join('/', name.Split('/').Select(Uri.EscapeDataString));

    [GeneratedRegex(@"\A[0-9a-f]{12,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HexId();
}
