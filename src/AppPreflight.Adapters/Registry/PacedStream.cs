using AppPreflight.Archive;

namespace AppPreflight.Registry;

/// <summary>
/// A body that has to bring a few bytes in each stretch of waiting, or is given up. Only waiting for the network counts: while
/// the other side of the pipe is unpacking a layer that grows a thousandfold, nobody is to blame.
/// </summary>
internal sealed class PacedStream(Stream inner, RegistryLimits limits, TimeProvider time) : ReadOnlyStream
{
    private readonly CancellationTokenSource clock = new(Forever, time);
    private TimeSpan waited;
    private int sinceMark;

    // as long as a timer of TimeProvider takes; it is set anew before each wait
    private static TimeSpan Forever => TimeSpan.FromDays(40);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reading = inner.ReadAsync(buffer, clock.Token);
        var count = reading.IsCompleted ? await reading : await WaitAsync(reading, cancellationToken);
        sinceMark += count;
        if (sinceMark >= limits.StallBytes) (sinceMark, waited) = (0, TimeSpan.Zero);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        clock.Dispose();
        inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> WaitAsync(ValueTask<int> reading, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        clock.CancelAfter(waited < limits.Stall ? limits.Stall - waited : TimeSpan.Zero);
        using var link = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), clock);
        try
        {
            return await reading;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            throw new IOException($"less than {limits.StallBytes >> 10} KiB came within {limits.Stall.TotalSeconds:0.#} s", e);
        }
        finally
        {
            if (!clock.IsCancellationRequested) clock.CancelAfter(Forever);
            waited += time.GetElapsedTime(start);
        }
    }
}
