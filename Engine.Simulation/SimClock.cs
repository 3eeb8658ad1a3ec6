namespace Engine.Simulation;

/// <summary>Wall clock and monotonic clock of a simulated node. They stand still until the simulator moves them, together or apart.</summary>
/// <param name="time">Whose time passes here too, where this clock has only a wall clock of its own; null for time of its own.</param>
public sealed class SimClock(SimClock? time = null) : TimeProvider
{
    static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    TimeSpan _passed;
    TimeSpan _wallAhead;

    TimeSpan Passed => time?.Passed ?? _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public long Now => GetUtcNow().ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow() => Start + Passed + _wallAhead;

    public override long GetTimestamp() => Passed.Ticks;

    public void Advance(TimeSpan by) => _passed += by;

    /// <summary>Somebody sets the wall clock; no time has passed.</summary>
    public void SetWall(TimeSpan ahead) => _wallAhead = ahead;
}
