using Engine.Load.Auditing;

namespace Engine.Benchmarks.Spike;

/// <summary>What happened in one second of the spike.</summary>
sealed class SpikeSecond
{
    public int Planned;
    public int Sent;
    public int Acknowledged;
    /// <summary>Answered 429.</summary>
    public int Refused;
    /// <summary>Answered 5xx.</summary>
    public int Unavailable;
    /// <summary>No answer: the connection broke.</summary>
    public int Broken;
    /// <summary>Due and not sent, at the end of the second.</summary>
    public int Waiting;
    public LatencyHistogram Latency { get; } = new();
}

/// <summary>Counted while it goes, second by second; written by the loop, read by whoever shows it.</summary>
sealed class SpikeCounts
{
    readonly List<SpikeSecond> _seconds = [];

    /// <summary>From when a push was due to its acknowledgement, retries included.</summary>
    public LatencyHistogram Latency { get; } = new();
    /// <summary>From when a push was due to when it was first sent.</summary>
    public LatencyHistogram Lateness { get; } = new();
    public long Sent;
    public long Acknowledged;
    public long Retries;
    /// <summary>Because too many waited.</summary>
    public long Dropped;
    /// <summary>Never acknowledged, however often they were sent.</summary>
    public long GivenUp;
    /// <summary>Answered no for good.</summary>
    public long Rejected;
    public int InFlight;

    public SpikeSecond At(double seconds)
    {
        var index = Math.Max(0, (int)seconds);
        lock (_seconds)
        {
            while (_seconds.Count <= index) _seconds.Add(new SpikeSecond());
            return _seconds[index];
        }
    }

    public IReadOnlyList<SpikeSecond> Seconds
    {
        get
        {
            lock (_seconds) return [.. _seconds];
        }
    }
}
