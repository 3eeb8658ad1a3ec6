using Engine.Actors;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>Everything that may run beside the opening of a partition is done before the opening goes on.</summary>
public sealed class OpeningTests
{
    readonly MemoryStore _store = new(2);

    [Fact]
    public async Task What_is_read_into_memory_before_anybody_is_served_is_not_lost()
    {
        var rig = new EngineRig(store: _store, limits: new Limits { CheckpointBytes = 1 });
        rig.Adjust("A", "SH1", 1);
        rig.Pass(TimeSpan.FromSeconds(2));
        var node = new EngineNode(new MemoryJournal(_store, MemoryCompletion.Inline), EngineDomain.Instance, rig.Time, new AtOnce(), rig.Limits);
        node.Open();
        var scan = node.ScanAsync<SkuActor, string>(ActorKind.Sku, static (sku, _) => sku.Sku);
        Assert.True(scan.IsCompleted);
        Assert.Equal(["A"], await scan);
    }

    [Fact]
    public void A_partition_may_be_handed_over_before_it_has_told_everybody_that_it_is_open()
    {
        var journal = new MemoryJournal(_store, MemoryCompletion.Inline);
        var owner = new Hasty(journal);
        var node = new EngineNode(journal, EngineDomain.Instance, new ManualTime(), new AtOnce(), new Limits(), owner: "node") { Ownership = owner };
        owner.Node = node;
        for (var partition = 0; partition < node.Partitions; partition++) node.Take(partition);
        Assert.Equal([(0, 1L), (1, 1L)], owner.Gone);
        Assert.False(node.IsOpen(0) || node.IsOpen(1));
    }

    /// <summary>Gives every partition away at once.</summary>
    sealed class Hasty(IJournal journal) : IOwnership
    {
        public EngineNode? Node { get; set; }
        public List<(int Partition, long Epoch)> Gone { get; } = [];

        public bool MayAnswer => true;
        public byte FrameVersion => FrameLayout.Version;
        public Lease Acquire(int partition) => journal.Acquire(partition, "node");
        public void Opened(int partition, long epoch) => Node!.HandOver(partition);
        public void Left(int partition, long epoch) => Gone.Add((partition, epoch));
        public void Lost(int partition) => throw new InvalidOperationException("nobody else wants it");
        public void Deliver(Delivery delivery) { }
        public void Announce(int from, int to, long number) { }
    }

    sealed class AtOnce : IScheduler
    {
        public void Run(Partition partition) => partition.Execute();
        public void RunBlocking(Action work) => work();
        public void Deliver(Partition to, Delivery delivery) => to.Receive(delivery);
    }
}
