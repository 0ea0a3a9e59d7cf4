namespace AppPreflight.AppCenter;

/// <summary>A clock whose waits are over at once; each wait is told first, so that a test can change the world in it.</summary>
internal sealed class EagerClock(Action<int> onWait) : TimeProvider
{
    public int Waits { get; private set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        onWait(++Waits);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
