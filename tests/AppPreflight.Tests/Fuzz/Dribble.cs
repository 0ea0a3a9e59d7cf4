using AppPreflight.Archive;

namespace AppPreflight.Fuzz;

/// <summary>Bytes as a slow network brings them: some at a time, the sizes going round.</summary>
internal sealed class Dribble(byte[] bytes) : ReadOnlyStream
{
    private static readonly int[] Sizes = [1, 3, 2, 17, 1, 511, 5, 4096];
    private int at;
    private int turn;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(Math.Min(buffer.Length, bytes.Length - at), Sizes[turn++ % Sizes.Length]);
        bytes.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
}
