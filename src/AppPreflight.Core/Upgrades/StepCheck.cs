using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>One step before it is taken: the question that the App Center's hard checks answer.</summary>
internal sealed record StepCheck(AppRelease Old, AppRelease Release, HostState Host, AppView View)
{
    /// <summary>What the registry said to a paid release; true for all others.</summary>
    public bool Permitted { get; init; } = true;
}
