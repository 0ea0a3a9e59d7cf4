using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>One image that steps of the chain need, and which steps (their versions, in chain order).</summary>
public sealed record ImageRequirement(ImageReference Reference, IReadOnlyList<string> Steps)
{
    /// <summary>The app asks for a licence before it may be fetched: pull with the licence's key.</summary>
    public bool InstallPermissions { get; init; }
}
