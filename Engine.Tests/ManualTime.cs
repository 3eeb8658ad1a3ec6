namespace Engine.Tests;

/// <summary>A clock that stands still until a test moves it; timers that fall due run within the move.</summary>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    readonly Lock _gate = new();
    readonly List<ManualTimer> _timers = [];
    DateTimeOffset _now = start;
    TimeSpan _wallAhead;

    public ManualTime() : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)) { }

    /// <summary>Somebody sets the wall clock: no time passes.</summary>
    public void SetWall(TimeSpan ahead)
    {
        lock (_gate) _wallAhead = ahead;
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now + _wallAhead;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp()
    {
        lock (_gate) return _now.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate) _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var end = new DateTimeOffset(GetTimestamp(), TimeSpan.Zero) + by;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
                _now = next?.Due ?? end;
                next?.MoveOn();
            }
            if (next is null) return;
            next.Fire();
        }
    }

    sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        TimeSpan _period;

        public DateTimeOffset Due { get; private set; } = DateTimeOffset.MaxValue;

        public void MoveOn() => Due = _period > TimeSpan.Zero ? Due + _period : DateTimeOffset.MaxValue;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                _period = period;
                Due = dueTime < TimeSpan.Zero ? DateTimeOffset.MaxValue : time._now + dueTime;
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._gate) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
