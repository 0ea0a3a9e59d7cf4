using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Remedies;
using AppPreflight.Upgrades;

namespace AppPreflight.Runs;

/// <summary>What a run leaves. Its JSON form is fixed: docs/formats.md, "app-preflight/report/1".</summary>
public sealed record PreflightReport
{
    public const string SchemaName = "app-preflight/report/1";

    public string Schema { get; init; } = SchemaName;

    public required string Run { get; init; }

    public required string App { get; init; }

    /// <summary>What was asked for; null in reports from before this field.</summary>
    public RunVerb? Verb { get; init; }

    /// <summary>The engine that was asked; null when none answered.</summary>
    public ReportedEngine? Engine { get; init; }

    /// <summary>The installed version; null when none is.</summary>
    public string? Installed { get; init; }

    /// <summary>The last step's version; null for an empty chain.</summary>
    public string? Target { get; init; }

    public required Depth Depth { get; init; }

    public required Verdict Verdict { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Finished { get; init; }

    /// <summary>Since when <see cref="State"/> has held, over all reports of this app; null until the report is kept as its last one.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The verdict in the one word that <c>status</c> has for it.</summary>
    public AppState State => Verdict switch
    {
        Verdict.Pass or Verdict.Warn => Cured.Count == 0 ? AppState.Ready : AppState.Healed,
        Verdict.Fail => AppState.Blocked,
        _ => AppState.Unknown,
    };

    public IReadOnlyList<ReportedStep> Chain { get; init; } = [];

    public IReadOnlyList<ReportedImage> Images { get; init; } = [];

    /// <summary>The standing ones: of an image that was repaired, those of the second look.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Findings of the first look that the second one no longer made.</summary>
    public IReadOnlyList<Finding> Cured { get; init; } = [];

    public IReadOnlyList<ReportedAction> Actions { get; init; } = [];

    /// <summary>For each altered stored layer of these images: what stands on it.</summary>
    public IReadOnlyList<ReportedReach> Reach { get; init; } = [];

    public ByteCounts Bytes { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>What is good to know and no finding: ignored versions, a refusal the App Center hides behind exit 0.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether it still counts for this installed version; null or empty when that is not known.</summary>
    public bool IsAbout(string? installed) => Installed is null || string.IsNullOrEmpty(installed) || Installed == installed;

    /// <summary>This report as it is kept: a word that was so before has been so since then.</summary>
    /// <param name="previous">The app's last report so far; one from before there was <see cref="Since"/> counts from its end.</param>
    public PreflightReport After(PreflightReport? previous) =>
        this with { Since = previous?.State == State ? previous.Since ?? previous.Finished : Finished };
}

/// <summary>What an admin wants to know of an app.</summary>
public enum AppState
{
    /// <summary>Not looked at, or not all of it.</summary>
    Unknown,

    /// <summary>The upgrade may be done.</summary>
    Ready,

    /// <summary>It may be done, for the last run cured what stood in the way.</summary>
    Healed,

    /// <summary>The upgrade would break.</summary>
    Blocked,
}

/// <summary>An engine as it names itself.</summary>
public sealed record ReportedEngine(string Version, string Driver, string Platform);

/// <summary>One step of the chain as reported.</summary>
/// <param name="Images">Null when the images can't be told; a finding says why.</param>
public sealed record ReportedStep(string Version, string Component, string Ucs, StepMode Mode, bool Pulls, IReadOnlyList<string>? Images)
{
    /// <summary>Lowest installed version from which this step may be reached, as the catalogue demands it.</summary>
    public string? RequiredVersion { get; init; }
}

/// <summary>One image, both sides. A side nobody could look at is null, and a finding says why.</summary>
public sealed record ReportedImage(string Reference, IReadOnlyList<string> Steps, ReportedServed? Served, ReportedStored? Stored);

/// <summary>Digests as texts: of the manifest for this platform, of its config, of each layer (base first).</summary>
public sealed record ReportedServed(string Manifest, string Config, string Platform, IReadOnlyList<ReportedLayer> Layers);

public sealed record ReportedLayer(string Digest, string DiffId, long SizeBytes);

public sealed record ReportedStored(string Id, IReadOnlyList<string> RepoDigests, IReadOnlyList<string> InUseBy)
{
    /// <summary>What reading it through showed; null when only identifiers were compared.</summary>
    public ReportedProof? Proof { get; init; }
}

/// <summary>How the stored bytes were looked at, what that way can't see, and each layer, base first.</summary>
public sealed record ReportedProof(StoredDepth Depth, ProofWay Way, IReadOnlyList<string> Unseen, IReadOnlyList<ReportedStoredLayer> Layers);

/// <param name="SizeBytes">Bytes that were hashed.</param>
/// <param name="IsSound">Null when it could not be told.</param>
public sealed record ReportedStoredLayer(string DiffId, string ChainId, long SizeBytes, bool? IsSound);

public enum ActionOutcome
{
    Planned,
    Done,
    Refused,
    Failed,
}

public sealed record ReportedAction(RemedyKind Kind, string Subject, IReadOnlyList<FindingCode> Cures, ActionOutcome Outcome)
{
    public string? Message { get; init; }

    /// <summary>Of a question to the operator: what to type, one after the other; empty where that is not known.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];
}

/// <summary>Everything that keeps one altered stored layer alive.</summary>
/// <param name="Images">By their first name, or by id.</param>
/// <param name="Remove">The smallest set whose removal heals it, in the order in which it has to go: containers, then images.</param>
public sealed record ReportedReach(
    string ChainId, string DiffId, IReadOnlyList<string> Images, IReadOnlyList<ReportedContainer> Containers, IReadOnlyList<string> Remove);

public sealed record ReportedContainer(string Name, bool IsRunning);

/// <summary>Bytes: what a pull still has to fetch, what was fetched, what was hashed, what the disk must hold and has free.</summary>
public sealed record ByteCounts(long ToPull, long Pulled, long Hashed, long DiskNeeded, long DiskFree)
{
    /// <summary>Of the layers still to pull.</summary>
    public long Unpacked { get; init; }

    public long InodesNeeded { get; init; }

    /// <summary>0 when unknown, and where the file system has no such limit.</summary>
    public long InodesFree { get; init; }

    /// <summary>Not every layer still to pull was read through.</summary>
    public bool IsEstimate { get; init; }

    /// <summary>From the registries, in this run or in an earlier one of this app; 0 when unknown.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>0 when unknown, and when there is nothing to pull.</summary>
    public long SecondsToPull => BytesPerSecond > 0 ? (ToPull + BytesPerSecond - 1) / BytesPerSecond : 0;
}
