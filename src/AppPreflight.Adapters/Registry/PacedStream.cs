namespace AppPreflight.Registry;

/// <summary>A body that has to bring a few bytes in each stretch of time, or is given up.</summary>
internal sealed class PacedStream(Stream inner, RegistryLimits limits, TimeProvider time) : ReadOnlyStream
{
    private readonly CancellationTokenSource clock = new(limits.Stall, time);
    private int sinceMark;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await ReadEitherAsync(buffer, cancellationToken);
            sinceMark += count;
            if (sinceMark >= limits.StallBytes) Mark();
            return count;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"less than {limits.StallBytes >> 10} KiB came within {limits.Stall.TotalSeconds:0.#} s", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        clock.Dispose();
        inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadEitherAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        clock.Token.ThrowIfCancellationRequested();
        if (!cancellationToken.CanBeCanceled) return await inner.ReadAsync(buffer, clock.Token);
        using var link = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), clock);
        try
        {
            return await inner.ReadAsync(buffer, clock.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private void Mark()
    {
        sinceMark = 0;
        clock.CancelAfter(limits.Stall);
    }
}
