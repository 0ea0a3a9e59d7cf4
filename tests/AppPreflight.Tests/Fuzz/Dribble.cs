namespace AppPreflight.Fuzz;

/// <summary>Bytes as a slow network brings them: some at a time, the sizes going round.</summary>
internal sealed class Dribble(byte[] bytes) : MemoryStream(bytes, writable: false)
{
    private static readonly int[] Sizes = [1, 3, 2, 17, 1, 511, 5, 4096];
    private int turn;

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, Sizes[turn++ % Sizes.Length])]);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));
}
