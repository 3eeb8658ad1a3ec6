using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Xunit;

namespace Engine.Tests.Kernel;

public sealed class WarmingTests
{
    [Fact]
    public async Task What_is_read_into_memory_before_anybody_is_served_is_not_lost()
    {
        var store = new MemoryStore(1);
        var rig = new EngineRig(store: store, limits: new Limits { CheckpointBytes = 1 });
        rig.Adjust("A", "SH1", 1);
        rig.Pass(TimeSpan.FromSeconds(2));
        // Everything that may run beside the opening is done before the opening goes on.
        var node = new EngineNode(new MemoryJournal(store, MemoryCompletion.Inline), EngineDomain.Instance, rig.Time, new AtOnce(), rig.Limits);
        node.Open();
        var scan = node.ScanAsync<SkuActor, string>(ActorKind.Sku, static (sku, _) => sku.Sku);
        Assert.True(scan.IsCompleted);
        Assert.Equal(["A"], await scan);
    }

    sealed class AtOnce : IScheduler
    {
        public void Run(Partition partition) => partition.Execute();
        public void RunBlocking(Action work) => work();
        public void Deliver(Partition to, Delivery delivery) => to.Receive(delivery);
    }
}
