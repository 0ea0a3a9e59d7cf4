using AppPreflight.Runs;

namespace AppPreflight.Ports;

/// <summary>The state directory: one run at a time, intents before acts, the last report of each app, and the newest of all.</summary>
public interface IJournal
{
    /// <summary>Takes the lock for a run. Given back on dispose, and by the kernel when the process dies.</summary>
    /// <returns>The lock, or who holds it.</returns>
    /// <exception cref="SourceException">The state directory cannot be used (missing and not creatable, read-only, full).</exception>
    LockAttempt TryLock(RunHolder holder);

    /// <summary>Who holds the lock right now; null when nobody does. Never waits.</summary>
    RunHolder? Holder { get; }

    /// <summary>Writes one line and has it on disk before it returns.</summary>
    void Append(JournalLine line);

    /// <summary>Intents without an outcome, oldest first: what a crash interrupted. A torn last line is dropped.</summary>
    IReadOnlyList<JournalLine> Unfinished();

    /// <summary>Intents to purge whose image has not got its names back yet, oldest first; whether they have an outcome does not matter.</summary>
    IReadOnlyList<JournalLine> Owed();

    /// <summary>Writes the report whole, by rename; it becomes its app's last one.</summary>
    void Save(PreflightReport report);

    /// <summary>The last report of each app, by app. A broken file is moved aside and told in <paramref name="broken"/>.</summary>
    IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken);

    /// <summary>Puts the report of any run into the archive, by its key; old ones make room. Nothing is kept where there is no state directory.</summary>
    /// <exception cref="SourceException">It could not be written.</exception>
    void Keep(PreflightReport report);

    /// <summary>The keys in the archive, newest first.</summary>
    /// <exception cref="SourceException">The archive is there and can't be read.</exception>
    IReadOnlyList<string> Runs();

    /// <summary>One report of the archive; null where there is none of that key.</summary>
    /// <exception cref="SourceException">It is there, and can't be read or is no report.</exception>
    PreflightReport? FindRun(string run);
}

/// <summary>Who holds the lock.</summary>
public sealed record RunHolder(string Run, int ProcessId, RunVerb Verb, string App, DateTimeOffset Started);

/// <param name="Lock">Null when somebody else holds it.</param>
/// <param name="Holder">Who does; null when the lock was got, or when the holder's line could not be read.</param>
public sealed record LockAttempt(IDisposable? Lock, RunHolder? Holder);

public enum JournalMark
{
    /// <summary>About to act.</summary>
    Intent,

    /// <summary>The act ended; how, says <see cref="JournalLine.Outcome"/>.</summary>
    Outcome,

    /// <summary>An intent a crash left open has been checked afresh.</summary>
    Reconciled,

    /// <summary>All names that a purge took stand again.</summary>
    PutBack,
}

/// <summary>One line of the journal. <paramref name="Act"/> numbers the acts of a run; intent and outcome share it.</summary>
public sealed record JournalLine(JournalMark Mark, string Run, int Act, DateTimeOffset At)
{
    public string App { get; init; } = "";

    public Remedies.RemedyKind Kind { get; init; }

    public string Subject { get; init; } = "";

    /// <summary>The image reference the act belongs to.</summary>
    public string Image { get; init; } = "";

    public ActionOutcome? Outcome { get; init; }

    /// <summary>Of an intent to purge: the id of the image that loses its names.</summary>
    public string? Of { get; init; }

    /// <summary>Of an intent to purge: the tags to be put on that very image again, once it is back.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}
