namespace AppPreflight.Agent;

/// <summary>A clock with timers that goes on when it is told to, and whose wall clock can be set apart from that.</summary>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TimeSpan elapsed;
    private DateTimeOffset wall = start;

    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    public override TimeZoneInfo LocalTimeZone => Zone;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => wall;

    public override long GetTimestamp() => elapsed.Ticks;

    public void GoOn(TimeSpan span)
    {
        var end = elapsed + span;
        while (NextUntil(end) is { } next)
        {
            Move(next.Due!.Value - elapsed);
            next.Fire();
        }

        Move(end - elapsed);
    }

    public void SetWall(DateTimeOffset time) => wall = time;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (gate) timers.Add(timer);
        return timer;
    }

    // others make and end timers meanwhile
    private ManualTimer? NextUntil(TimeSpan end)
    {
        lock (gate) return timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
    }

    private void Forget(ManualTimer timer)
    {
        lock (gate) timers.Remove(timer);
    }

    private void Move(TimeSpan span)
    {
        elapsed += span;
        wall += span;
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        private TimeSpan period;

        public TimeSpan? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time.elapsed + dueTime;
            this.period = period;
            return true;
        }

        public void Fire()
        {
            Due = period > TimeSpan.Zero ? Due + period : null;
            fire();
        }

        public void Dispose() => time.Forget(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
