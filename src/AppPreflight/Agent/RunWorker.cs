using AppPreflight.Checks;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>Takes one request after the other from the queue and runs it under the journal's lock. What goes wrong ends that run, never the agent.</summary>
internal sealed class RunWorker(RunQueue queue, AgentParts parts, ILogger log)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(500);

    private string? journalFault;

    /// <summary>A run is about to begin; its end is told whatever becomes of it, and also of one that could not begin.</summary>
    public required Action<QueueEntry> Began { get; init; }

    /// <summary>Each event of each run.</summary>
    public required Action<QueueEntry, RunEvent> Heard { get; init; }

    /// <summary>A run has ended; its report, or null where there is none.</summary>
    public required Action<QueueEntry, PreflightReport?> Ended { get; init; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true) await RunNextAsync(cancellationToken);
        }
        finally
        {
            queue.Close();
        }
    }

    private async Task RunNextAsync(CancellationToken cancellationToken)
    {
        var change = queue.Change;
        if (queue.Next is not { } entry)
        {
            await change.WaitAsync(cancellationToken);
        }
        else if (TryLock(entry) is { } taken)
        {
            await RunOneAsync(entry, taken, cancellationToken);
        }
        else if (queue.Next == entry)
        {
            await change.WaitAsync(LockPoll, parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task RunOneAsync(QueueEntry entry, IDisposable taken, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        PreflightReport? report = null;
        Exception? reason = null;
        using (taken)
        {
            entry.Heard = happened => Heard(entry, happened);
            if (!queue.TryBegin(entry, stop)) return;
            Began(entry);
            try
            {
                report = await parts.RunAsync(entry.Request, entry, stop.Token);
            }
            catch (OperationCanceledException e) when (stop.IsCancellationRequested)
            {
                reason = e;
            }
            catch (Exception e)
            {
                reason = e;
            }
        }

        // the lock is free before anybody hears that the run is over
        if (report is null && entry.Stopped == StopReason.IdleLimit) report = Silenced(entry);
        Conclude(entry, report, reason);
    }

    private void Conclude(QueueEntry entry, PreflightReport? report, Exception? reason)
    {
        // whoever asks for the status after his answer sees this report in it
        var comesAgain = queue.End(entry, isFinished: report is not null);
        Ended(entry, report);
        if (comesAgain) log.GaveWay(entry.Request.Verb.Wire(), entry.Request.App, entry.Run ?? "");
        else if (report is not null) entry.End(report);
        else entry.End(Told(entry, reason!));
    }

    // what a waiter hears; and the log, of what is not his own wish
    private Exception Told(QueueEntry entry, Exception reason)
    {
        var (verb, app, run) = (entry.Request.Verb.Wire(), entry.Request.App, entry.Run ?? "");
        switch (reason)
        {
            case OperationCanceledException:
                log.Stopped(verb, app, run);
                return reason;
            case SourceException:
                log.RunFailed(verb, app, run, reason.Message);
                return reason;
            default:
                log.Bug(verb, app, run, reason.GetType().Name, reason.Message);
                log.BugTrace(app, reason.StackTrace ?? "");
                return new InvalidOperationException($"this {verb} of {app} met a bug in app-preflight {parts.Version} ({reason.GetType().Name}); see the agent's log", reason);
        }
    }

    private IDisposable? TryLock(QueueEntry entry)
    {
        var now = parts.Time.GetUtcNow();
        try
        {
            var attempt = parts.Journal.TryLock(new($"{now:yyyyMMdd'T'HHmmss'Z'}", parts.ProcessId, entry.Request.Verb, entry.Request.App, now));
            if (journalFault is not null) log.JournalMended();
            journalFault = null;
            if (attempt.Lock is null) Held(entry, attempt.Holder);
            return attempt.Lock;
        }
        catch (SourceException e)
        {
            if (journalFault != e.Message) log.JournalBroken(e.Message);
            journalFault = e.Message;
            // a check changes nothing, and on a full disk it is needed most
            if (entry.Request.Verb == RunVerb.Check) return new NoLock();
            queue.Refuse(entry, e, keepsBackground: false);
            Ended(entry, null);
            return null;
        }
    }

    private void Held(QueueEntry entry, RunHolder? holder)
    {
        if (entry.Place == QueuePlace.Asked) queue.Refuse(entry, new LockHeldException(holder), keepsBackground: true);
        else entry.TellToWait(holder is null ? "waiting: another run is going on" : $"waiting: a {holder.Verb.Wire()} of {holder.App} by process {holder.ProcessId} is going on");
    }

    // nobody saw it end: unknown, which blocks
    private PreflightReport Silenced(QueueEntry entry)
    {
        var report = new PreflightReport
        {
            Run = entry.Run ?? $"{entry.Started.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-000000",
            App = entry.Request.App,
            Target = entry.Request.Target,
            Depth = entry.Request.Depth,
            Verdict = Verdict.Unknown,
            Started = entry.Started,
            Finished = parts.Time.GetUtcNow(),
            Notes = ["the run told nothing for 15 minutes and was stopped (idle limit)"],
        };
        log.IdleLimit(entry.Request.Verb.Wire(), entry.Request.App, report.Run);
        try
        {
            parts.Journal.Save(report);
            parts.Journal.Keep(report);
        }
        catch (SourceException e)
        {
            log.JournalBroken(e.Message);
        }

        return report;
    }

    private sealed class NoLock : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
