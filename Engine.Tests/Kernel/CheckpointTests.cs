using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>A checkpoint goes out segment by segment, and takes away as much as it adds.</summary>
public sealed class CheckpointTests
{
    const int Skus = 200;

    readonly MemoryStore _store = new(1);
    readonly Limits _limits = new() { CheckpointBytes = 8_000, SegmentBytes = 1_000 };

    [Fact]
    public void Many_actors_are_written_in_segments_of_bounded_size_and_found_again()
    {
        var rig = new EngineRig(store: _store, limits: _limits);
        for (var sku = 0; sku < Skus; sku++) rig.Adjust($"A{sku}", "SH1", sku + 1);
        Assert.True(Segments.Count > 5, $"{Segments.Count} segments");
        Assert.All(Segments.Values, segment => Assert.InRange(segment.Length, 1, _limits.SegmentBytes + 500));

        rig.Restart();
        for (var sku = 0; sku < Skus; sku++) Assert.Equal(sku + 1, rig.Read<StockView>(ActorId.Sku($"A{sku}")).OnHand);
    }

    [Fact]
    public void What_is_left_of_old_segments_is_moved_as_fast_as_new_ones_come()
    {
        var rig = new EngineRig(store: _store, limits: _limits);
        var random = new Random(5);
        var stock = new int[4 * Skus];
        // Any actor may change at any time, so that of every segment a little lives for long.
        for (var change = 0; change < 10_000; change++)
        {
            var sku = random.Next(stock.Length);
            rig.Adjust($"A{sku}", "SH1", 1);
            stock[sku]++;
            if (change % 50 == 0) Stop(rig);
        }
        Assert.InRange((double)Segments.Values.Sum(segment => segment.Length) / Living, 1, 1.5);

        rig.Restart();
        for (var sku = 0; sku < stock.Length; sku++) Assert.Equal(stock[sku], rig.Read<StockView>(ActorId.Sku($"A{sku}")).OnHand);
    }

    [Fact]
    public void A_store_without_room_for_a_checkpoint_is_read_and_written_on_and_catches_up_when_there_is_some()
    {
        FullJournal? journal = null;
        var rig = new EngineRig(store: _store, limits: _limits, around: inner => journal = new FullJournal(inner));
        rig.Adjust("A", "SH1", 10_000);
        journal!.IsFull = true;
        for (var order = 0; order < 200; order++) rig.Place($"{order}", ("A", 1));
        Assert.True(journal.Refused > 0);
        Assert.Equal((200, "open"), (rig.Stock("A").Reserved, rig.Node.Status[0].State));
        Assert.InRange(journal.Refused, 1, 3);

        journal.IsFull = false;
        rig.Pass(TimeSpan.FromSeconds(6));
        rig.Place("last", ("A", 1));
        Assert.True(rig.Node.Counters[0].Checkpoints > 0);
        rig.Restart();
        Assert.Equal(201, rig.Stock("A").Reserved);
    }

    /// <summary>Frames still fit, checkpoints don't, and nothing can be taken over.</summary>
    sealed class FullJournal(IJournal inner) : JournalAround(inner)
    {
        public bool IsFull { get; set; }
        public int Refused { get; private set; }
        public override bool CanBeTakenOver => !IsFull;

        public override void Submit(JournalWrite write)
        {
            if (!IsFull || write.Sequence != 0)
            {
                Inner.Submit(write);
                return;
            }
            Refused++;
            write.Complete(WriteOutcome.Failed);
        }
    }

    [Fact]
    public void A_busy_SKU_is_decided_on_while_it_is_written_and_found_as_it_was_left()
    {
        var rig = new EngineRig(store: _store, limits: _limits with { WrittenInTurn = 100 }) { BlocksLong = true };
        rig.Adjust("hot", "SH1", 10_000);
        for (var order = 0; order < 1_000; order++)
        {
            var placed = rig.Begin(EngineRig.OrderId($"{order}"), rig.Wish($"{order}", rig.Order(("hot", 1))));
            // What blocks has not ended before nothing else moves: meanwhile orders are answered.
            while (!placed.IsCompleted) Assert.True(rig.Step());
            if (order % 10 == 0) rig.Settle();
            if (order % 90 == 0) rig.Restart();
        }
        rig.Settle();
        Assert.Equal(1_000, rig.Stock("hot").Reserved);
    }

    /// <summary>With a checkpoint of what has changed.</summary>
    static void Stop(EngineRig rig)
    {
        _ = rig.Node.StopAsync(TimeSpan.Zero);
        rig.Settle();
        rig.Restart();
    }

    Dictionary<long, byte[]> Segments => _store.Parts[0].Segments;

    int Living
    {
        get
        {
            var codec = CheckpointLayout.Open(_store.Parts[0].Checkpoint!, out var hasChecksums);
            new CheckpointHeader().Layout(codec);
            var index = new ActorIndex();
            index.Layout(codec, hasChecksums);
            return index.InOrder(withPassive: true).Sum(entry => EntryPages.HeaderLength + entry.Place.Length);
        }
    }
}
