using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>One who waits for a run: hears its events, gets its report.</summary>
internal sealed class QueueWaiter(IProgress<RunEvent> events)
{
    private readonly TaskCompletionSource<PreflightReport> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int wasToldToWait;

    public Task<PreflightReport> Answer => answer.Task;

    public void Tell(RunEvent happened) => events.Report(happened);

    /// <summary>Why nothing happens yet; said once, whatever the reason becomes.</summary>
    public void TellToWait(string sentence)
    {
        if (Interlocked.Exchange(ref wasToldToWait, 1) == 0) Tell(new Noted(sentence));
    }

    public void End(PreflightReport report) => answer.TrySetResult(report);

    public void End(Exception reason)
    {
        if (reason is OperationCanceledException) answer.TrySetCanceled(CancellationToken.None);
        else answer.TrySetException(reason);
    }
}
