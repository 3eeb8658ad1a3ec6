namespace Engine.Host.Api;

/// <summary>
/// What all bodies together may take in memory while they come in: whoever sends large ones bit by bit, however many at once, is
/// refused before they fill it. The beginning of each is free, so ordinary calls are taken in whatever stands about.
/// </summary>
sealed class BodyBudget(long most = 32 << 20)
{
    /// <summary>Nearly all that platforms push is shorter.</summary>
    const int Free = 32 << 10;

    long _taken;

    /// <summary>A body that has taken so much has grown to <paramref name="length"/>. False where there is no room for that.</summary>
    public bool TryGrow(long length, ref long taken)
    {
        var more = length - Free - taken;
        if (more <= 0) return true;
        if (Interlocked.Add(ref _taken, more) > most)
        {
            Interlocked.Add(ref _taken, -more);
            return false;
        }
        taken += more;
        return true;
    }

    public void GiveBack(long taken) => Interlocked.Add(ref _taken, -taken);
}
