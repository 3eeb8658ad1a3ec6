namespace Engine.Actors.Clocks;

/// <summary>
/// Compares the wall clock with the monotonic one. A jump of the wall clock must not end a lock early: while they differ no
/// timer ends anything, and what is met is judged by the last time they agreed on and what has passed since. A difference that
/// stays is a corrected clock and is accepted after five minutes.
/// </summary>
sealed class ClockGuard
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    readonly TimeProvider _time;
    readonly long _difference;
    readonly bool _trustsAny;
    Base _base;
    long _since;
    double _drift;
    volatile bool _agrees = true;
    volatile bool _agreesWithStore = true;
    volatile bool _isCompared;

    public ClockGuard(TimeProvider time, long difference, bool trustsAny = false)
    {
        (_time, _difference, _trustsAny) = (time, difference, trustsAny);
        _base = new Base(time.GetUtcNow(), time.GetTimestamp());
    }

    /// <summary>Also between two looks: a jump is seen before the first decision that would rest on it.</summary>
    public bool Agrees => _trustsAny || (_agrees && _agreesWithStore && Math.Abs(Drift()) <= _difference);

    public bool HasCompared { get; private set; }

    /// <summary>Milliseconds since 1970 UTC.</summary>
    public long Now
    {
        get
        {
            var (at, wall) = (Volatile.Read(ref _base), _time.GetUtcNow());
            if (_trustsAny) return wall.ToUnixTimeMilliseconds();
            var passed = _time.GetElapsedTime(at.Monotonic);
            var agrees = Math.Abs((wall - at.Wall - passed).TotalMilliseconds) <= _difference;
            return (agrees ? wall : at.Wall + passed).ToUnixTimeMilliseconds();
        }
    }

    public void Look()
    {
        var drift = Drift();
        if (Math.Abs(drift) <= _difference)
        {
            _agrees = true;
            return;
        }
        if (_agrees || Math.Abs(drift - _drift) > _difference) (_agrees, _since, _drift) = (false, _time.GetTimestamp(), drift);
        // Beside a store whose clock it can be compared with, a clock is right when both agree, not when time has passed.
        else if (!_isCompared && _time.GetElapsedTime(_since) > Patience) _base = new Base(_time.GetUtcNow(), _time.GetTimestamp());
    }

    /// <summary>Where both agree, that is what is gone by from here on; where they don't, by what both last agreed on.</summary>
    public void Compare(DateTimeOffset store, long asked)
    {
        _isCompared = true;
        var (wall, now) = (_time.GetUtcNow(), _time.GetTimestamp());
        // The store's clock was read at some moment of the call: how long that took is no difference.
        var ahead = (wall - store).TotalMilliseconds;
        var took = _time.GetElapsedTime(asked, now).TotalMilliseconds;
        _agreesWithStore = ahead >= -_difference && ahead <= _difference + took;
        if (!_agreesWithStore) return;
        Volatile.Write(ref _base, new Base(wall, now));
        (_agrees, HasCompared) = (true, true);
    }

    double Drift()
    {
        var at = Volatile.Read(ref _base);
        return (_time.GetUtcNow() - at.Wall).TotalMilliseconds - _time.GetElapsedTime(at.Monotonic).TotalMilliseconds;
    }

    sealed record Base(DateTimeOffset Wall, long Monotonic);
}
