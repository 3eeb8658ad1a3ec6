using Engine.Actors.Cluster;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Adapters.Journals.Postgres;
using Engine.Tests.Postgres;
using Xunit;

namespace Engine.Tests.Cluster;

/// <summary>What holds for every store that nodes share (<see cref="IClusterStore"/>).</summary>
public abstract class ClusterStoreContract : IDisposable
{
    const byte Newest = FrameLayout.Version;
    static readonly NodeRow A = new("a#1", "a", "http://a", Newest), B = new("b#1", "b", "http://b", Newest);
    static readonly PartitionRow New = new(0, null, 0);

    protected abstract IClusterStore Store { get; }
    protected abstract IJournal Journal { get; }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    long Renew(NodeRow node) => Store.Renew(node, Newest).Nodes.Single(n => n.Id == node.Id).Renewal;

    PartitionRow Row() => Store.Renew(B, Newest).Partitions.FirstOrDefault(p => p.Partition == 0) ?? New;

    [Fact]
    public void A_renewal_is_never_the_same_twice_and_shows_all_nodes()
    {
        var first = Renew(A);
        Assert.True(Renew(A) > first);
        var state = Store.Renew(B with { IsLeaving = true }, Newest);
        Assert.Equal(["a", "b"], state.Nodes.Select(n => n.Name).Order());
        Assert.True(state.Nodes.Single(n => n.Id == B.Id) is { IsLeaving: true, Address: "http://b", Reads: Newest } b && b.Number > state.Nodes.Single(n => n.Id == A.Id).Number);
        Assert.True((state.Now - TimeProvider.System.GetUtcNow()).Duration() < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_partition_that_is_free_is_given_to_who_asks_first()
    {
        Renew(A);
        Assert.Equal(new Lease(1, 0), Store.Acquire(A.Id, New, 0));
        Assert.Throws<NotOwnerException>(() => Store.Acquire(B.Id, New, 0));
        Assert.Equal(new PartitionRow(0, A.Id, 1), Row());
    }

    [Fact]
    public void A_partition_is_taken_over_only_if_its_owner_has_not_renewed()
    {
        var seen = Renew(A);
        Store.Acquire(A.Id, New, 0);
        var row = Row();
        Assert.True(Renew(A) > seen);
        Assert.Throws<NotOwnerException>(() => Store.Acquire(B.Id, row, seen));
        Assert.Equal(new Lease(2, 0), Store.Acquire(B.Id, row, Renew(A)));
        Assert.Throws<NotOwnerException>(() => Store.Acquire(A.Id, row, 0));
    }

    [Fact]
    public void The_owner_itself_takes_its_partition_anew_under_a_new_epoch()
    {
        Renew(A);
        Store.Acquire(A.Id, New, 0);
        Assert.Equal(new Lease(2, 0), Store.Acquire(A.Id, new PartitionRow(0, A.Id, 1), 0));
    }

    [Fact]
    public void Who_was_overtaken_writes_nothing_any_more()
    {
        Renew(A);
        Store.Acquire(A.Id, New, 0);
        Store.Acquire(B.Id, Row(), Renew(A));
        Assert.Equal(WriteOutcome.Refused, Write(1));
        Assert.Equal(WriteOutcome.Durable, Write(2));
    }

    [Fact]
    public void A_partition_is_released_by_its_owner_under_its_epoch_only()
    {
        Renew(A);
        Store.Acquire(A.Id, New, 0);
        Store.Release(B.Id, 0, 1);
        Store.Release(A.Id, 0, 7);
        Assert.Equal(A.Id, Row().Owner);
        Store.Release(A.Id, 0, 1);
        Assert.Equal(new PartitionRow(0, null, 1), Row());
        Assert.Equal(new Lease(2, 0), Store.Acquire(B.Id, Row(), 0));
    }

    [Fact]
    public void A_node_that_has_renewed_since_is_not_forgotten()
    {
        var seen = Renew(A);
        Store.Acquire(A.Id, New, 0);
        var now = Renew(A);
        Store.Forget(A.Id, seen);
        Assert.Equal(A.Id, Row().Owner);
        Store.Forget(A.Id, now);
        Assert.Null(Row().Owner);
        Assert.DoesNotContain(Store.Renew(B, Newest).Nodes, n => n.Id == A.Id);
    }

    [Fact]
    public void The_newest_layout_that_was_ever_written_is_kept()
    {
        Assert.Equal(1, Store.Renew(A, 1).Written);
        Assert.Equal(2, Store.Renew(A, 2).Written);
        Assert.Equal(2, Store.Renew(B, 1).Written);
    }

    WriteOutcome Write(long epoch)
    {
        using var done = new Recorder { Partition = 0, Epoch = epoch, Sequence = 1, Frame = new byte[] { 1, 2, 3 } };
        Journal.Submit(done);
        return done.Wait();
    }

    sealed class Recorder : JournalWrite, IDisposable
    {
        readonly ManualResetEventSlim _done = new();
        WriteOutcome _outcome;

        public override void Complete(WriteOutcome outcome)
        {
            _outcome = outcome;
            _done.Set();
        }

        public WriteOutcome Wait()
        {
            Assert.True(_done.Wait(TimeSpan.FromSeconds(20)));
            return _outcome;
        }

        public void Dispose() => _done.Dispose();
    }
}

public sealed class MemoryClusterTests : ClusterStoreContract
{
    public MemoryClusterTests()
    {
        Journal = new MemoryJournal(2);
        Store = new MemoryCluster(2, p => Journal.Acquire(p, ""), TimeProvider.System);
    }

    protected override IJournal Journal { get; }
    protected override IClusterStore Store { get; }

    public override void Dispose()
    {
        Journal.Dispose();
        base.Dispose();
    }
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresClusterTests : ClusterStoreContract
{
    readonly PostgresJournal _journal;

    public PostgresClusterTests(PostgresFixture postgres) =>
        _journal = new PostgresJournal(new PostgresJournalOptions { ConnectionString = postgres.NewDatabase(), Partitions = 2 });

    protected override IJournal Journal => _journal;
    protected override IClusterStore Store => _journal.Cluster;

    public override void Dispose()
    {
        _journal.Dispose();
        base.Dispose();
    }
}
