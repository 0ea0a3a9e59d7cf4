namespace AppPreflight.Archive;

/// <summary>Unpacks zstd: frames in a row, skippable ones skipped, checksums proved, nothing else behind the last.</summary>
internal sealed class ZstdTar(PackedBytes packed) : ReadOnlyStream
{
    private const int LargeBytes = 24 << 20;

    // all usual levels stay below; several of the largest windows at once would take half a gigabyte
    private static readonly SemaphoreSlim Large = new(1);

    private readonly ZstdInflate inflate = new();
    private ReadOnlyMemory<byte> input;
    private bool hasEnded;
    private bool isLarge;

    /// <exception cref="InvalidDataException">No zstd, cut, or something else behind its end.</exception>
    /// <exception cref="ZstdWindowException">Too much memory asked for.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var filled = 0;
        while (filled < buffer.Length && !hasEnded)
        {
            var (taken, made) = inflate.Step(input.Span, buffer.Span[filled..]);
            (input, filled) = (input[taken..], filled + made);
            if (!isLarge && inflate.MemoryBytes > LargeBytes)
            {
                await Large.WaitAsync(cancellationToken);
                isLarge = true;
            }

            if (taken == 0 && made == 0) await FetchAsync(cancellationToken);
        }

        return filled;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inflate.Dispose();
        if (isLarge) Large.Release();
        isLarge = false;
        base.Dispose(disposing);
    }

    private async ValueTask FetchAsync(CancellationToken cancellationToken)
    {
        // nothing comes out of what it has, although there is room
        if (!input.IsEmpty) throw new InvalidDataException("the zstd stream is damaged");
        input = await packed.NextAsync(cancellationToken);
        hasEnded = input.IsEmpty;
        if (hasEnded && inflate.IsInFrame) throw new InvalidDataException("the zstd stream is cut");
    }
}
