using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Simulation;
using Xunit;

namespace Engine.Tests.Simulation;

/// <summary>I12: what is impossible or unreadable stops its own partition, says which entry it is, and nobody else.</summary>
public sealed class PoisonTests
{
    const int Partitions = 3;

    readonly SimClock _clock = new();
    readonly SimScheduler _scheduler = new(new Random(1));
    readonly CrashDisk _disk = new(Partitions, new Random(1)) { CommitsAtOnce = true };
    readonly List<(int Partition, string Fault)> _stopped = [];

    [Fact]
    public void A_decider_that_keeps_throwing_stops_its_partition_and_everybody_hears()
    {
        var node = Open(new PoisonedDomain());
        var poisoned = ActorId.Sku("poison").PartitionOf(Partitions);

        for (var i = 0; i <= new Limits().FaultsPerMinute; i++)
        {
            var neighbour = Adjust(node, SkuOf(poisoned), $"n{i}");
            var poison = Adjust(node, "poison", $"p{i}");
            var behind = Adjust(node, SkuOf(poisoned), $"b{i}");
            Drain(node);
            // Nobody is left waiting: neither who was decided in the same batch nor who stood behind.
            Assert.All([neighbour, poison, behind], ask => Assert.True(ask.Answer.IsCompleted));
            Assert.NotEqual(AnswerKind.Reply, Heard(poison).Kind);
        }

        var (partition, fault) = Assert.Single(_stopped);
        Assert.Equal(poisoned, partition);
        Assert.Contains("poison", fault, StringComparison.Ordinal);
        AssertOthersServe(node, poisoned);
    }

    [Fact]
    public void A_frame_of_a_newer_build_stops_its_partition_and_is_named()
    {
        var node = Open(EngineDomain.Instance);
        var newer = SkuOf(1);
        for (var i = 0; i < 3; i++) Adjust(node, newer, $"a{i}");
        Drain(node);
        var count = _disk.Durable(1).Count;

        node = Open(new OlderDomain());
        Assert.Equal(1, Assert.Single(_stopped).Partition);
        Assert.Contains("partition 1, frame 1", _stopped[0].Fault, StringComparison.Ordinal);
        Assert.Contains("event type 2 is not known", _stopped[0].Fault, StringComparison.Ordinal);
        Assert.Equal("stopped", node.Status[1].State);
        Assert.Equal(count, _disk.Durable(1).Count);
        var refused = Adjust(node, newer, "after");
        Drain(node);
        Assert.Equal(AnswerKind.Stopped, Heard(refused).Kind);

        // A build that knows it goes on where it stopped.
        _stopped.Clear();
        node = Open(EngineDomain.Instance);
        Assert.Empty(_stopped);
        var repeated = Adjust(node, newer, "a0");
        Drain(node);
        Assert.Equal(StockOutcome.Repeated, ((StockReply)Heard(repeated).Reply!).Outcome);
    }

    [Fact]
    public void Every_flipped_bit_of_a_frame_stops_its_partition_and_names_the_frame()
    {
        var node = Open(EngineDomain.Instance);
        for (var i = 0; i < 3; i++)
        {
            Adjust(node, SkuOf(1), $"a{i}");
            Drain(node);
        }
        var bytes = _disk.Durable(1)[1].Bytes;
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            _stopped.Clear();
            node = Open(EngineDomain.Instance);
            var (partition, fault) = Assert.Single(_stopped);
            Assert.True(partition == 1 && fault.Contains("partition 1, frame 2", StringComparison.Ordinal), $"bit {bit}: {fault}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        AssertOthersServe(node, 1);
    }

    EngineNode Open(IDomain domain)
    {
        var node = new EngineNode(_disk, domain, _clock, _scheduler) { PartitionStopped = (partition, fault) => _stopped.Add((partition, fault)) };
        node.Open();
        Drain(node);
        return node;
    }

    void Drain(EngineNode node)
    {
        node.Tick();
        while (_scheduler.Step()) { }
    }

    void AssertOthersServe(EngineNode node, int stopped)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            if (partition == stopped) continue;
            var ask = Adjust(node, SkuOf(partition), "afterwards");
            Drain(node);
            Assert.Equal(AnswerKind.Reply, Heard(ask).Kind);
        }
    }

    static Ask Adjust(EngineNode node, string sku, string reference) =>
        node.Ask(ActorId.Sku(sku), new AdjustStock { Reference = reference, LineNumber = 0, Warehouse = "hz", Delta = 1, Reason = StockReason.Receiving });

    /// <summary>Everything runs on this thread: what has not been answered by now never will be.</summary>
    static Answer Heard(Ask ask)
    {
        Assert.True(ask.Answer.IsCompletedSuccessfully);
        return ask.Answer.Result;
    }

    static string SkuOf(int partition) => Enumerable.Range(0, 1000).Select(i => $"sku-{i}").First(sku => ActorId.Sku(sku).PartitionOf(Partitions) == partition);

    /// <summary>One SKU's decider throws.</summary>
    sealed class PoisonedDomain : IDomain
    {
        public Actor NewActor(ActorId id) => id.Key == "poison" ? new PoisonedActor(id) : EngineDomain.Instance.NewActor(id);

        public Event NewEvent(byte tag) => EngineDomain.Instance.NewEvent(tag);

        public Message NewMessage(byte tag) => EngineDomain.Instance.NewMessage(tag);
    }

    sealed class PoisonedActor(ActorId id) : Actor(id)
    {
        public override void Decide(Command command, Turn turn) => throw new InvalidOperationException("poison");

        public override void Evolve(Event happened, in Stamp stamp) { }

        public override void Layout(Codec codec) { }
    }

    /// <summary>A build from before stock could be adjusted.</summary>
    sealed class OlderDomain : IDomain
    {
        public Actor NewActor(ActorId id) => EngineDomain.Instance.NewActor(id);

        public Event NewEvent(byte tag) => tag == 2 ? throw new InvalidDataException("event type 2 is not known to this build") : EngineDomain.Instance.NewEvent(tag);

        public Message NewMessage(byte tag) => EngineDomain.Instance.NewMessage(tag);
    }
}
