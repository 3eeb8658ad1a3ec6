using Engine.Actors.Kernel;
using Engine.Simulation;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>The simulated disk keeps the same contract as the real ones.</summary>
public sealed class CrashDiskTests : OrderedJournalContract
{
    CrashDisk? _disk;

    // There is one disk: opening again finds what was durable, and nothing is torn down but the journal before it.
    protected override IJournal Open() => _disk ??= OnDisk();

    protected override IJournal OpenAnother() => OnDisk();

    static CrashDisk OnDisk() => new(Partitions, new Random(1)) { CommitsAtOnce = true, KeepsOrder = true };

    public override void Dispose() => _disk?.Dispose();

    [Fact]
    public void What_was_not_synced_is_lost_from_some_point_on()
    {
        var lost = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new CrashDisk(1, new Random(seed));
            var epoch = disk.Acquire(0, "a").Epoch;
            for (var sequence = 1; sequence <= 5; sequence++) disk.Submit(TestWrite.OfFrame(0, epoch, sequence));
            disk.Crash();
            var kept = disk.ReadFrames(0, 0).Select(f => f.Sequence).ToArray();
            Assert.Equal(Enumerable.Range(1, kept.Length).Select(i => (long)i), kept);
            lost += 5 - kept.Length;
        }
        Assert.InRange(lost, 1, 249);
    }
}
