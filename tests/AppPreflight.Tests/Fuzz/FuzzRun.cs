using System.Diagnostics;

namespace AppPreflight.Fuzz;

/// <summary>What came of a run: the figures, or the first input that is a defect.</summary>
internal sealed record FuzzOutcome(long Inputs, long Refused, TimeSpan Elapsed, TimeSpan Slowest, long SlowestNumber, long MostAllocated, long PeakBytes)
{
    public long? FailedNumber { get; init; }

    public string? Failure { get; init; }
}

/// <summary>Feeds inputs to a target on a thread of its own; the caller's thread watches that it goes on.</summary>
internal sealed class FuzzRun(FuzzTarget target, Mutator mutator, long from, long count)
{
    /// <summary>Wall time an input may take while the process gets as much processor time; and however little it gets.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(60);

    /// <summary>A third of the program's own stack: what recurses too deeply for it ends the process here.</summary>
    private const int StackBytes = 512 << 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private long number = -1;
    private long refused;
    private long slowestTicks;
    private long slowest;
    private long mostAllocated;
    private string? failure;

    public FuzzOutcome Run()
    {
        var watch = Stopwatch.StartNew();
        var worker = new Thread(Work, StackBytes) { IsBackground = true, Name = target.Name };
        worker.Start();
        var peak = 0L;
        var (seen, since, cpu) = (-1L, watch.Elapsed, Environment.CpuUsage.TotalTime);
        while (!worker.Join(Pause))
        {
            peak = Math.Max(peak, Environment.WorkingSet);
            var now = Interlocked.Read(ref number);
            if (now != seen) (seen, since, cpu) = (now, watch.Elapsed, Environment.CpuUsage.TotalTime);
            else if (IsHung(watch.Elapsed - since, Environment.CpuUsage.TotalTime - cpu)) return Outcome(watch, peak) with { FailedNumber = now, Failure = $"it takes longer than {Limit.TotalSeconds} s" };
        }

        peak = Math.Max(peak, Environment.WorkingSet);
        return failure is null ? Outcome(watch, peak) : Outcome(watch, peak) with { FailedNumber = number, Failure = failure };
    }

    private static bool IsHung(TimeSpan wall, TimeSpan processor) => (wall > Limit && processor > Limit) || wall > Patience;

    private FuzzOutcome Outcome(Stopwatch watch, long peak) =>
        new(Math.Max(0, number + 1 - from), refused, watch.Elapsed, Stopwatch.GetElapsedTime(0, slowestTicks), slowest, mostAllocated, peak);

    private void Work()
    {
        for (var next = from; next < from + count && failure is null; next++)
        {
            var input = target.InputOf(mutator, next);
            Interlocked.Exchange(ref number, next);
            var (start, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            failure = Feed(input);
            Note(next, Stopwatch.GetTimestamp() - start, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
    }

    private string? Feed(byte[] input)
    {
        try
        {
            target.Try(input);
            return null;
        }
        catch (Exception fault) when (target.Allows(fault))
        {
            refused++;
            return null;
        }
        catch (Exception fault)
        {
            return fault.ToString();
        }
    }

    private void Note(long at, long ticks, long allocated)
    {
        if (ticks > slowestTicks) (slowestTicks, slowest) = (ticks, at);
        mostAllocated = Math.Max(mostAllocated, allocated);
        if (allocated > target.MostAllocated) failure ??= $"it allocates {allocated} bytes, more than {target.MostAllocated}";
    }
}
