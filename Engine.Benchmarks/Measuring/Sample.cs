using System.Diagnostics;
using Engine.Benchmarks.Workloads;
using Engine.Load.Auditing;

namespace Engine.Benchmarks.Measuring;

/// <summary>What callers were told in one stretch of time.</summary>
sealed class Sample
{
    public LatencyHistogram Done { get; } = new();
    /// <summary>From when they were sent, also where what was due is sent late: the generator's own delay is nobody's answer.</summary>
    public LatencyHistogram Refused { get; } = new();
    /// <summary>Answered with yes before the time was over.</summary>
    public long DoneInTime { get; set; }
    /// <summary>Units of stock in orders that were taken.</summary>
    public long Units { get; set; }
    public TimeSpan Elapsed { get; set; }

    public double PerSecond => DoneInTime / Elapsed.TotalSeconds;

    public void Record(Outcome outcome, long due, long sent)
    {
        if (outcome == Outcome.Done) Done.Record(Stopwatch.GetElapsedTime(due));
        else Refused.Record(Stopwatch.GetElapsedTime(sent));
    }
}
