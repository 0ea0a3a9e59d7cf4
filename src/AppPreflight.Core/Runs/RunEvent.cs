using AppPreflight.Checks;
using AppPreflight.Remedies;
using AppPreflight.Upgrades;

namespace AppPreflight.Runs;

/// <summary>What a run tells while it is going. Order is the order of events; nothing in it is needed to read the report.</summary>
public abstract record RunEvent;

/// <summary>The run has its key; its report will carry the same.</summary>
public sealed record RunStarted(string Run) : RunEvent;

/// <summary>A step of the ten begins ("asking the registries for 2 images").</summary>
public sealed record PhaseStarted(string What) : RunEvent;

public sealed record ChainResolved(UpgradeChain Chain) : RunEvent;

/// <summary>Bytes moved on for one subject. Many of these come per second; show them live or drop them.</summary>
/// <param name="Verb">"pull", "hash", "read".</param>
/// <param name="TotalBytes">Null when nobody knows yet.</param>
public sealed record BytesMoved(string Verb, string Subject, long DoneBytes, long? TotalBytes) : RunEvent;

public sealed record FindingMade(Finding Finding) : RunEvent;

public sealed record ActionStarted(RemedyKind Kind, string Subject) : RunEvent;

public sealed record ActionEnded(RemedyKind Kind, string Subject, ActionOutcome Outcome, string? Message) : RunEvent;

/// <summary>Something a person should know that is no finding (the report could not be saved, a retry).</summary>
public sealed record Noted(string Message) : RunEvent;
