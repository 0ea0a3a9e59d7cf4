using System.Net.Sockets;

namespace AppPreflight.Control;

/// <summary>A connection as lines of bounded length, each with its time. One reader; writers take turns.</summary>
internal sealed class LineSocket(Socket socket, int longest, TimeProvider time) : IDisposable
{
    private const int Piece = 64 << 10;
    private const byte LineEnd = (byte)'\n';

    private readonly SemaphoreSlim turn = new(1);
    private byte[] buffer = new byte[1024];
    private int start;
    private int searched;
    private int end;
    private long begun;

    /// <param name="idle">How long the line may take to begin.</param>
    /// <param name="half">How long it may take from its first byte to its end.</param>
    /// <returns>The line without its end, good until the next read; null when the other side writes no more.</returns>
    /// <exception cref="FormatException">Longer than allowed.</exception>
    /// <exception cref="TimeoutException">Too slow.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(TimeSpan idle, TimeSpan half, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TakeLine() is { } line) return line;
            if (end - start > longest) throw new FormatException($"a line has more than {longest} bytes");
            MakeRoom();
            var count = await ReceiveAsync(end == start ? idle : half - time.GetElapsedTime(begun), cancellationToken);
            if (count == 0) return null;
            if (end == start) begun = time.GetTimestamp();
            end += count;
        }
    }

    /// <param name="line">With its end.</param>
    /// <param name="limit">How long the other side may take for each piece of it.</param>
    /// <exception cref="TimeoutException">It does not read.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> line, TimeSpan limit, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var rest = line; !rest.IsEmpty;) rest = rest[await SendAsync(rest[..Math.Min(Piece, rest.Length)], limit, cancellationToken)..];
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>A short last word; lost where it can't be said at once.</summary>
    public void TryWrite(ReadOnlySpan<byte> line) => TryWrite(socket, line);

    /// <inheritdoc cref="TryWrite(ReadOnlySpan{byte})"/>
    public static void TryWrite(Socket socket, ReadOnlySpan<byte> line)
    {
        try
        {
            socket.Blocking = false;
            socket.Send(line, SocketFlags.None, out _);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // whoever is gone needs no farewell
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        turn.Dispose();
    }

    private ReadOnlyMemory<byte>? TakeLine()
    {
        var at = buffer.AsSpan(searched, end - searched).IndexOf(LineEnd);
        if (at < 0)
        {
            searched = end;
            return null;
        }

        var line = buffer.AsMemory(start, searched + at - start);
        if (line.Length > longest) throw new FormatException($"a line has more than {longest} bytes");
        (start, searched, begun) = (searched + at + 1, searched + at + 1, time.GetTimestamp());
        return line;
    }

    private void MakeRoom()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, searched, end) = (0, searched - start, end - start);
        }

        if (end == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, longest + 1L));
    }

    private async Task<int> ReceiveAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var limited = new Limited(limit, time, cancellationToken);
        try
        {
            return await socket.ReceiveAsync(buffer.AsMemory(end), limited.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("nothing came in time", e);
        }
    }

    private async Task<int> SendAsync(ReadOnlyMemory<byte> piece, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var limited = new Limited(limit, time, cancellationToken);
        try
        {
            return await socket.SendAsync(piece, limited.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("nothing was taken in time", e);
        }
    }

    /// <summary>A token that ends with another one, or when the time is over.</summary>
    private sealed class Limited : IDisposable
    {
        private readonly CancellationTokenSource clock;
        private readonly CancellationTokenSource both;

        public Limited(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
        {
            clock = new CancellationTokenSource(limit > TimeSpan.Zero || limit == Timeout.InfiniteTimeSpan ? limit : TimeSpan.Zero, time);
            both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        }

        public CancellationToken Token => both.Token;

        public void Dispose()
        {
            both.Dispose();
            clock.Dispose();
        }
    }
}
