using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Xunit;

namespace Engine.Tests.Cluster;

/// <summary>What nodes of different builds do beside each other, and what one does whose clock is wrong.</summary>
public sealed class MemberTests
{
    const int Partitions = 6;

    readonly ManualTime _time = new();
    readonly MemoryStore _store = new(Partitions);
    readonly MemoryCluster _cluster;
    readonly List<Member> _members = [];

    public MemberTests()
    {
        var journal = new MemoryJournal(_store, MemoryCompletion.Inline);
        _cluster = new MemoryCluster(Partitions, p => journal.Acquire(p, ""), _time);
    }

    /// <summary>A node in this thread.</summary>
    sealed class Member : IScheduler
    {
        readonly Queue<Action> _work = new();

        public required EngineNode Node { get; set; }
        public required ClusterMember Cluster { get; set; }

        void IScheduler.Run(Partition partition) => _work.Enqueue(partition.Execute);
        void IScheduler.RunBlocking(Action work) => _work.Enqueue(work);
        void IScheduler.Deliver(Partition to, Delivery delivery) => to.Receive(delivery);

        public void Settle()
        {
            while (_work.TryDequeue(out var work)) work();
        }
    }

    sealed class Alone : INeighbours
    {
        public void Send(NodeRow to, NodeMessage message) { }
    }

    Member Join(string name, byte reads = FrameLayout.Version, TimeProvider? clock = null, ITailRecord? tails = null)
    {
        var member = new Member { Node = null!, Cluster = null! };
        member.Node = new EngineNode(new MemoryJournal(_store, MemoryCompletion.Inline), EngineDomain.Instance, clock ?? _time, member, owner: name) { Tails = tails };
        member.Cluster = new ClusterMember(new NodeRow($"{name}#1", name, $"http://{name}", reads), member.Node, _cluster, new Alone());
        _members.Add(member);
        return member;
    }

    /// <summary>So many seconds, with a round of every node in each.</summary>
    void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            foreach (var member in _members)
            {
                member.Cluster.Round();
                member.Settle();
                member.Node.Tick();
                member.Settle();
            }
        }
    }

    static int Owned(Member member) => Enumerable.Range(0, Partitions).Count(member.Node.IsOpen);

    /// <summary>One unit into a SKU of each partition that the node owns; the layouts of the frames that came of it.</summary>
    byte[] LayoutsWritten(Member member)
    {
        var before = _store.Parts.Select(p => p.Tail).ToArray();
        for (var i = 0; i < 100; i++)
        {
            var sku = ActorId.Sku($"S-{i}");
            if (!member.Node.IsOpen(sku.PartitionOf(Partitions))) continue;
            var ask = member.Node.Ask(sku, new AdjustStock { Reference = $"r-{i}-{_time.GetTimestamp()}", LineNumber = 0, Warehouse = "w", Delta = 1, Reason = StockReason.Receiving });
            member.Settle();
            Assert.Equal(AnswerKind.Reply, ask.Answer.Result.Kind);
        }
        return [.. _store.Parts.SelectMany((part, p) => part.Frames.Where(f => f.Sequence > before[p]).Select(f => f.Bytes[2])).Distinct()];
    }

    [Fact]
    public void While_a_node_reads_only_an_older_layout_all_write_that_one_and_the_newest_once_it_has_gone()
    {
        var (old, newer) = (Join("old", reads: 2), Join("new"));
        Pass(4);
        Assert.True(Owned(old) > 0 && Owned(newer) > 0);
        Assert.Equal([(byte)2], LayoutsWritten(newer));
        old.Cluster.Leave();
        Pass(8);
        Assert.True(old.Cluster.ServesNothing);
        old.Cluster.SayGoodbye();
        _members.Remove(old);
        Pass(2);
        Assert.Equal(Partitions, Owned(newer));
        Assert.Equal([FrameLayout.Version], LayoutsWritten(newer));
    }

    [Fact]
    public void A_node_that_can_not_read_what_has_been_written_takes_nothing_and_ends()
    {
        var newer = Join("new");
        Pass(3);
        LayoutsWritten(newer);
        var old = Join("old", reads: 2);
        Pass(5);
        Assert.Equal((0, Partitions), (Owned(old), Owned(newer)));
        Assert.Contains("frames of layout 3; this build reads up to 2", old.Cluster.MustEnd);
    }

    [Fact]
    public void A_node_whose_clock_has_never_agreed_is_left_nothing_until_it_does()
    {
        var right = Join("right");
        Pass(3);
        var clock = new Shifted(_time) { By = TimeSpan.FromHours(1) };
        var wrong = Join("wrong", clock: clock);
        Pass(5);
        Assert.Equal((Partitions, 0), (Owned(right), Owned(wrong)));
        clock.By = TimeSpan.Zero;
        Pass(10);
        Assert.True(Owned(wrong) > 0);
        Assert.Equal(Partitions, Owned(right) + Owned(wrong));
    }

    [Fact]
    public void A_partition_that_stopped_here_and_is_served_elsewhere_since_can_be_given_back()
    {
        var tails = new WrongTails();
        var one = Join("one", tails: tails);
        Pass(3);
        Assert.All(one.Node.Status, status => Assert.Equal("stopped", status.State));
        // It was frozen for so long that another has taken all of it over.
        _members.Remove(one);
        var two = Join("two");
        Pass(10);
        Assert.Equal(Partitions, Owned(two));

        tails.AreRight = true;
        _members.Add(one);
        Pass(10);
        Assert.True(Owned(one) > 0);
        Assert.Equal(Partitions, Owned(one) + Owned(two));
    }

    /// <summary>Remembers more than the store has, as after a standby that was behind has taken its primary's place.</summary>
    sealed class WrongTails : ITailRecord
    {
        public bool AreRight { get; set; }

        public void Write(int partition, long sequence, FrameHash hash) { }

        public (long Sequence, FrameHash Hash)? Read(int partition) => AreRight ? null : (1_000_000, default);
    }

    sealed class Shifted(TimeProvider time) : TimeProvider
    {
        public TimeSpan By { get; set; }
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + By;
        public override long GetTimestamp() => time.GetTimestamp();
        public override long TimestampFrequency => time.TimestampFrequency;
    }
}
