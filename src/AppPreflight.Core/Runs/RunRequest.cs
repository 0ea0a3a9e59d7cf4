using AppPreflight.Images;

namespace AppPreflight.Runs;

public enum RunVerb
{
    /// <summary>Resolve only; asks neither engine nor registry.</summary>
    Chain,

    /// <summary>Look and report; changes nothing.</summary>
    Check,

    /// <summary>Check, heal what may be healed, look again.</summary>
    Repair,

    /// <summary>Before one step (the target): repair its images, then decide. Of the installed version: do its containers run on its images?</summary>
    Gate,

    /// <summary>One image, without a chain.</summary>
    Verify,
}

/// <summary>What is asked for.</summary>
/// <param name="Target">The version the chain shall end at; null for the last step there is.</param>
public sealed record RunRequest(RunVerb Verb, string App, string? Target = null)
{
    /// <summary>Depth of the first look. A repair's second look always hashes.</summary>
    public Depth Depth { get; init; } = Depth.Claims;
}
