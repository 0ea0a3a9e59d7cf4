namespace AppPreflight.Pipeline;

/// <summary>A few places; when one gets free the largest of those who wait takes it, so that no large one is left alone at the end.</summary>
internal sealed class LargestFirst(int places)
{
    private readonly Lock door = new();
    private readonly PriorityQueue<TaskCompletionSource, long> waiting = new();
    private int free = places;

    /// <summary>Waits for a place, to be given back by <see cref="Leave"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; then there is nothing to give back.</exception>
    public async Task EnterAsync(long size, CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (door)
        {
            if (free > 0)
            {
                free--;
                return;
            }

            waiting.Enqueue(turn, -size);
        }

        await using var cancelling = cancellationToken.UnsafeRegister(_ => turn.TrySetCanceled(cancellationToken), null);
        await turn.Task;
    }

    public void Leave()
    {
        lock (door)
        {
            while (waiting.TryDequeue(out var next, out _))
            {
                // whoever was cancelled wants no place any more
                if (next.TrySetResult()) return;
            }

            free++;
        }
    }
}
