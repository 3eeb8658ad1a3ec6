using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>A store that is there and has no room (FAULTS I8): reads are served, and nobody is kept waiting for it.</summary>
public sealed class FullStoreTests
{
    [Fact]
    public async Task What_has_gathered_behind_the_write_that_fails_is_refused_like_what_comes_later()
    {
        HoldingJournal? journal = null;
        var rig = new EngineRig(around: inner => journal = new HoldingJournal(inner));
        rig.Adjust("A", "SH1", 1);
        journal!.Holds = true;
        var first = rig.Begin(ActorId.Sku("A"), Receiving("r1"));
        rig.Settle();
        var behind = rig.Begin(ActorId.Sku("A"), Receiving("r2"));
        rig.Settle();
        Assert.False(first.IsCompleted || behind.IsCompleted);

        journal.FillUp();
        rig.Settle();
        Assert.Equal((AnswerKind.StoreUnavailable, AnswerKind.StoreUnavailable), ((await first).Kind, (await behind).Kind));
        Assert.Equal(1, rig.Stock("A").OnHand);

        journal.MakeRoom();
        rig.Adjust("A", "SH1", 1);
        Assert.Equal(2, rig.Stock("A").OnHand);
    }

    static AdjustStock Receiving(string reference) => new() { Reference = reference, LineNumber = 0, Warehouse = "SH1", Delta = 1, Reason = StockReason.Receiving };

    sealed class HoldingJournal(IJournal inner) : JournalAround(inner)
    {
        JournalWrite? _held;
        bool _isFull;

        public bool Holds { get; set; }

        public override bool IsWritable => !_isFull;

        public void FillUp()
        {
            _isFull = true;
            _held!.Complete(WriteOutcome.Failed);
        }

        public void MakeRoom() => (_isFull, Holds) = (false, false);

        public override void Submit(JournalWrite write)
        {
            if (Holds) _held = write;
            else Inner.Submit(write);
        }
    }
}
