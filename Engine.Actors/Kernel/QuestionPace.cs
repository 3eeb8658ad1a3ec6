namespace Engine.Actors.Kernel;

/// <summary>
/// How soon the partitions of a node may ask about what falls due while new work comes (<see cref="Limits.QuestionsPerSecond"/>): all of them together,
/// so that the one in which a hot SKU's locks end takes what the others leave.
/// </summary>
sealed class QuestionPace(Limits limits)
{
    /// <summary>Turns come late where much else is decided: what could not be asked in so many milliseconds is made up for.</summary>
    const long MadeUpFor = 20;

    readonly Lock _gate = new();
    // Microseconds of uptime.
    long _againAt;

    /// <param name="uptime">Milliseconds.</param>
    public bool MayAsk(long uptime)
    {
        lock (_gate) return _againAt <= uptime * 1000;
    }

    /// <param name="uptime">Milliseconds.</param>
    public void Asked(int count, long uptime)
    {
        lock (_gate) _againAt = Math.Max(_againAt, (uptime - MadeUpFor) * 1000) + (1_000_000L * count / limits.QuestionsPerSecond);
    }
}
