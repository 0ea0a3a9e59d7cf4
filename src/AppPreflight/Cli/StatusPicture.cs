using AppPreflight.Control;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Everything <c>status</c> shows, gathered before a line of it is written.</summary>
internal sealed record StatusPicture
{
    public required IReadOnlyList<StatusLine> Lines { get; init; }

    /// <summary>Also of apps that are not installed any more.</summary>
    public required IReadOnlyList<PreflightReport> Reports { get; init; }

    public RunHolder? Running { get; init; }

    /// <summary>Null when no agent answered.</summary>
    public AgentStatus? Agent { get; init; }

    /// <summary>Why a running agent did not answer; null when none runs, and when it did.</summary>
    public string? AgentFault { get; init; }

    /// <summary>How much of the app's stored bytes was read through; null when nobody tells.</summary>
    public AppProof? ProofOf(string app) => Agent?.Scrub?.Apps.FirstOrDefault(proof => proof.App == app);

    /// <summary>Whether it is known what is installed; else the lines are those of the reports.</summary>
    public bool KnowsInstalled { get; init; }
}
