using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>A flash sale: more is said to one partition than it takes in a turn, and nobody waits longer for it than others.</summary>
public sealed class MessageShareTests
{
    const int Partitions = 4;
    const int CallersEach = 64;

    [Fact]
    public void Orders_in_the_partition_of_the_busy_SKU_are_not_slower_than_others()
    {
        var rig = new EngineRig(Partitions, new Limits { MessagesPerBatch = 16 });
        rig.Adjust("hot", "w", 1_000_000);
        var home = ActorId.Sku("hot").PartitionOf(Partitions);
        var orders = 0;
        var waiting = new List<Ask>();
        for (var partition = 0; partition < Partitions; partition++)
            for (var caller = 0; caller < CallersEach; caller++) waiting.Add(Next(partition));

        var answered = new int[Partitions];
        for (var turn = 0; turn < 4_000; turn++)
        {
            Assert.True(rig.Step(), "it came to rest");
            for (var i = 0; i < waiting.Count; i++)
            {
                if (!waiting[i].Answer.IsCompleted) continue;
                var partition = waiting[i].To.PartitionOf(Partitions);
                answered[partition]++;
                waiting[i] = Next(partition);
            }
        }

        var elsewhere = (answered.Sum() - answered[home]) / (double)(Partitions - 1);
        Assert.True(elsewhere > 10 * CallersEach, $"{elsewhere} orders of a partition");
        Assert.InRange(answered[home] / elsewhere, 0.8, 1.25);

        Ask Next(int partition)
        {
            do orders++;
            while (EngineRig.OrderId($"{orders}").PartitionOf(Partitions) != partition);
            return rig.Node.Ask(EngineRig.OrderId($"{orders}"), rig.Wish($"{orders}", rig.Order(("hot", 1))), new AskOptions(Settle: TimeSpan.FromMinutes(1)));
        }
    }
}
