using Engine.Benchmarks.InProcess;

namespace Engine.Benchmarks.Measuring;

/// <summary>What a process has used and an engine has counted, up to one moment.</summary>
readonly record struct Meter(
    TimeSpan Cpu, long Allocated, int Gen0, int Gen2, TimeSpan Paused, long Frames, long FrameBytes, long Messages, long Commands, long Transactions)
{
    /// <param name="rig">Null for what the process alone has used.</param>
    public static Meter Read(Rig? rig)
    {
        var counters = rig?.Node.Counters ?? [];
        return new Meter(
            Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true), GC.CollectionCount(0), GC.CollectionCount(2), GC.GetTotalPauseDuration(),
            counters.Sum(c => c.Frames), counters.Sum(c => c.FrameBytes), counters.Sum(c => c.MessagesSent), counters.Sum(c => c.Commands), rig?.Store.Transactions ?? 0);
    }

    public static Meter operator -(Meter now, Meter before) => new(
        now.Cpu - before.Cpu, now.Allocated - before.Allocated, now.Gen0 - before.Gen0, now.Gen2 - before.Gen2, now.Paused - before.Paused,
        now.Frames - before.Frames, now.FrameBytes - before.FrameBytes, now.Messages - before.Messages, now.Commands - before.Commands, now.Transactions - before.Transactions);
}
