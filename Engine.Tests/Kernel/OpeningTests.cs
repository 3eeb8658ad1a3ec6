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
        Assert.Empty(owner.Missed);
        Assert.False(node.IsOpen(0) || node.IsOpen(1));
    }

    [Fact]
    public void A_node_that_was_frozen_while_it_opened_a_partition_gives_it_up_to_who_has_it_by_then()
    {
        var journal = new MemoryJournal(_store, MemoryCompletion.Inline);
        var owner = new Owner(journal) { AfterAcquire = () => new EngineRig(store: _store).Adjust("A", "SH1", 1) };
        var node = new EngineNode(journal, EngineDomain.Instance, new ManualTime(), new AtOnce(), new Limits(), owner: "node") { Ownership = owner };
        node.PartitionStopped = (partition, why) => Assert.Fail($"partition {partition} has stopped: {why}");
        var home = ActorId.Sku("A").PartitionOf(node.Partitions);
        node.Take(home);
        Assert.Equal([home], owner.Missed);
        Assert.False(node.IsOpen(home) || node.IsWanted(home));

        owner.AfterAcquire = static () => { };
        node.Take(home);
        Assert.True(node.IsOpen(home));
    }

    class Owner(IJournal journal) : IOwnership
    {
        public Action AfterAcquire { get; set; } = static () => { };
        public List<int> Missed { get; } = [];

        public bool MayAnswer => true;
        public byte FrameVersion => FrameLayout.Version;

        public Lease Acquire(int partition)
        {
            var lease = journal.Acquire(partition, "node");
            AfterAcquire();
            return lease;
        }

        public virtual void Opened(int partition, long epoch) { }
        public virtual void Left(int partition, long epoch) { }
        public void Lost(int partition) => Missed.Add(partition);
        public void Deliver(Delivery delivery) { }
        public void Announce(int from, int to, long number) { }
    }

    /// <summary>Gives every partition away at once.</summary>
    sealed class Hasty(IJournal journal) : Owner(journal)
    {
        public EngineNode? Node { get; set; }
        public List<(int Partition, long Epoch)> Gone { get; } = [];

        public override void Opened(int partition, long epoch) => Node!.HandOver(partition);
        public override void Left(int partition, long epoch) => Gone.Add((partition, epoch));
    }

    sealed class AtOnce : IScheduler
    {
        public void Run(Partition partition) => partition.Execute();
        public void RunBlocking(Action work) => work();
        public void Deliver(Partition to, Delivery delivery) => to.Receive(delivery);
    }
}
