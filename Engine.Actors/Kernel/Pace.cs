namespace Engine.Actors.Kernel;

/// <summary>
/// How much new work may wait: as much as is worked off in <see cref="Limits.WaitMax"/> by what was worked off lately. Only while
/// more waits than is taken is there anything to measure; until then the lane is as long as it may ever be.
/// </summary>
sealed class Pace(Limits limits)
{
    // Long enough for many batches, and for a few on a disk that takes its time.
    const int Parts = 4;

    bool _isMeasuring;
    long _since;
    long _taken;

    /// <summary>At least two batches, or a full one would never gather.</summary>
    public int Room { get; private set; } = limits.LaneLength;

    /// <param name="uptime">Milliseconds.</param>
    public void Took(int count, bool isMoreWaiting, long uptime)
    {
        if (!_isMeasuring) (_since, _taken) = (uptime, 0);
        else _taken += count;
        _isMeasuring = isMoreWaiting;
        var elapsed = uptime - _since;
        if (!isMoreWaiting || elapsed < limits.WaitMax / Parts) return;
        Room = (int)Math.Clamp(_taken * limits.WaitMax / elapsed, Math.Min(2 * limits.NormalPerBatch, limits.LaneLength), limits.LaneLength);
        (_since, _taken) = (uptime, 0);
    }
}
