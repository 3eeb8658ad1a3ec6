using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Xunit;

namespace Engine.Tests.Kernel;

public sealed class MemoryJournalTests : OrderedJournalContract
{
    readonly MemoryStore _store = new(Partitions);
    MemoryJournal? _journal;

    protected override IJournal Open()
    {
        _journal?.Dispose();
        return _journal = new MemoryJournal(_store);
    }

    protected override IJournal OpenAnother() => new MemoryJournal(Partitions);

    public override void Dispose() => _journal?.Dispose();

    [Fact]
    public async Task Nodes_that_share_a_store_fence_each_other_out()
    {
        using var one = new MemoryJournal(_store);
        using var two = new MemoryJournal(_store);
        var old = one.Acquire(0, "one");
        Assert.Equal(WriteOutcome.Durable, await one.Write(TestWrite.OfFrame(0, old.Epoch, 1)));
        var taken = two.Acquire(0, "two");
        Assert.Equal(1, taken.LastSequence);
        Assert.Equal(WriteOutcome.Refused, await one.Write(TestWrite.OfFrame(0, old.Epoch, 2)));
        Assert.Equal(WriteOutcome.Durable, await two.Write(TestWrite.OfFrame(0, taken.Epoch, 2)));
    }

    [Fact]
    public async Task A_store_that_is_not_writable_fails_writes_and_comes_back()
    {
        using var journal = new MemoryJournal(_store);
        var epoch = journal.Acquire(0, "a").Epoch;
        journal.IsWritable = false;
        Assert.Equal(WriteOutcome.Failed, await journal.Write(TestWrite.OfFrame(0, epoch, 1)));
        Assert.Throws<StoreUnavailableException>(() => journal.Acquire(0, "a"));
        journal.IsWritable = true;
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 1)));
    }
}

public sealed class InlineMemoryJournalTests : OrderedJournalContract
{
    readonly MemoryStore _store = new(Partitions);

    protected override IJournal Open() => new MemoryJournal(_store, MemoryCompletion.Inline);

    protected override IJournal OpenAnother() => new MemoryJournal(Partitions, MemoryCompletion.Inline);

    public override void Dispose() { }

    [Fact]
    public void A_write_is_complete_when_it_was_submitted()
    {
        var journal = Open();
        var write = TestWrite.OfFrame(0, journal.Acquire(0, "a").Epoch, 1);
        journal.Submit(write);
        Assert.True(write.Done.IsCompletedSuccessfully);
    }
}
