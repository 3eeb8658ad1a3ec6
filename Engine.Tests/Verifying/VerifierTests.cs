using Engine.Actors;
using Engine.Actors.Inventory;
using Engine.Actors.Memory;
using Engine.Actors.Orders;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Xunit;

namespace Engine.Tests.Verifying;

/// <summary>What a real run wrote, with one thing at a time made wrong.</summary>
public sealed class VerifierTests : IAsyncLifetime
{
    const int Orders = 300;
    readonly MemoryJournal _journal = new(4);
    ForgedJournal _forged = null!;

    public async Task InitializeAsync()
    {
        await SmallShop.Run(_journal, Orders);
        _forged = new ForgedJournal(_journal);
    }

    public Task DisposeAsync()
    {
        _journal.Dispose();
        return Task.CompletedTask;
    }

    VerifyReport Verify(bool settled = true) => new Verifier(_forged, EngineDomain.Instance, () => new MemoryStream()) { Settled = settled }.Run();

    void Breaks(int partition, long sequence, string what)
    {
        var first = Verify().First;
        Assert.NotNull(first);
        Assert.Equal((partition, sequence), (first.Partition, first.Sequence));
        Assert.Contains(what, first.What);
    }

    [Fact]
    public void A_real_run_holds_what_is_promised()
    {
        var report = Verify();
        Assert.Null(report.First);
        Assert.Equal((Orders, 10, 0), (report.Orders, report.Skus, report.MessagesInFlight));
        Assert.Equal(report.Stock.Received, report.Stock.OnHand + report.Stock.Shipped + report.Stock.WrittenOff);
        Assert.True(report.EventsByType[nameof(OrderBackordered)] > 0 && report.EventsByType[nameof(ReservationReleased)] > 0);
    }

    [Fact]
    public void Orders_put_aside_come_back_as_they_were()
    {
        var domain = EngineDomain.Instance;
        using var roomy = new ActorShelf(domain, () => new MemoryStream(), 1_000_000);
        using var tight = new ActorShelf(domain, () => new MemoryStream(), 8);
        foreach (var shelf in new[] { roomy, tight }) new PartitionAudit(0, _forged, domain, shelf).Read(long.MaxValue, () => { });
        Assert.Equal(roomy.Leaders(onlyWithStock: false).Select(Bytes).Order(), tight.Leaders(onlyWithStock: false).Select(Bytes).Order());

        static string Bytes(Actors.Deciders.Actor order)
        {
            var codec = Actors.Deciders.Codec.Writer();
            order.Layout(codec);
            return $"{order.Id.Key} {Convert.ToHexString(codec.Written)}";
        }
    }

    [Fact]
    public void One_flipped_bit_is_named()
    {
        var frame = _forged.Frames(1)[_forged.Frames(1).Count / 2];
        frame.Bytes[^3] ^= 0x10;
        Breaks(1, frame.Sequence, "checksum");
    }

    [Fact]
    public void A_missing_frame_is_named()
    {
        var frames = _forged.Frames(2);
        var behind = frames[frames.Count / 2].Sequence;
        frames.RemoveAll(frame => frame.Sequence == behind - 1);
        Breaks(2, behind, "frames are missing");
    }

    [Fact]
    public void A_missing_end_is_seen_by_those_who_heard_of_it()
    {
        var frames = _forged.Frames(3);
        frames.RemoveRange(1, frames.Count - 1);
        var first = Verify(settled: false).First;
        Assert.Contains("of partition 3, which ends with message", first!.What);
    }

    [Fact]
    public void A_frame_of_another_hand_breaks_the_chain()
    {
        var (partition, sequence) = _forged.Find<StockAdjusted>(e => e.Delta > 0);
        var place = _forged.Frames(partition).FindIndex(f => f.Sequence == sequence);
        var before = _forged.Frames(partition).ToArray();
        _forged.Rewrite(partition, sequence, entries => entries.Events.ForEach(e => (e.Happened as StockAdjusted)?.Delta += 1));
        for (var i = place + 1; i < before.Length; i++) _forged.Frames(partition)[i] = before[i];
        Breaks(partition, sequence + 1, "not chained");
    }

    [Fact]
    public void A_falling_epoch_and_a_falling_clock_are_named()
    {
        _forged.Rewrite(0, 3, _ => { }, epoch: 0);
        Breaks(0, 3, "its epoch is 0");
        _forged = new ForgedJournal(_journal);
        _forged.Rewrite(0, 3, _ => { }, at: 5);
        Breaks(0, 3, "its time");
    }

    [Fact]
    public void A_grant_of_more_than_there_is_is_named()
    {
        var (partition, sequence) = _forged.Find<StockReserved>(e => e.Quantity == 1);
        _forged.Rewrite(partition, sequence, entries => entries.Events.ForEach(e => (e.Happened as StockReserved)?.Quantity = 100_000));
        Breaks(partition, sequence, "of 100000");
    }

    [Fact]
    public void Less_received_than_was_sold_is_named_where_it_shows()
    {
        var (partition, sequence) = _forged.Find<StockAdjusted>(e => e.Delta > 0);
        _forged.Rewrite(partition, sequence, entries => entries.Events.ForEach(e => (e.Happened as StockAdjusted)?.Delta = 0));
        var first = Verify().First;
        Assert.NotNull(first);
        Assert.Equal(partition, first.Partition);
        Assert.True(first.Sequence > sequence);
    }

    [Fact]
    public void A_second_grant_a_second_order_and_a_second_payment_are_named()
    {
        Twice<StockReserved>("granted twice");
        Twice<OrderReceived>("received twice");
        Twice<PaymentRecorded>("counted twice");

        void Twice<TEvent>(string what) where TEvent : Engine.Actors.Deciders.Event
        {
            _forged = new ForgedJournal(_journal);
            var (partition, sequence) = _forged.Find<TEvent>(_ => true);
            _forged.Rewrite(partition, sequence, entries => entries.Events.Insert(entries.Events.FindIndex(e => e.Happened is TEvent) + 1, entries.Events.Find(e => e.Happened is TEvent)));
            Breaks(partition, sequence, what);
        }
    }

    [Fact]
    public void A_lost_message_and_a_mark_without_one_are_named()
    {
        var sequence = _forged.Frames(1).First(f => ForgedJournal.Entries.Of(f).Messages.Count > 0).Sequence;
        _forged.Rewrite(1, sequence, entries => entries.Messages.RemoveAt(0));
        Assert.Contains("message 2 to partition", Verify().First!.What, StringComparison.Ordinal);

        _forged = new ForgedJournal(_journal);
        var last = _forged.Frames(1).Last(f => ForgedJournal.Entries.Of(f).Marks.Count > 0).Sequence;
        _forged.Rewrite(1, last, entries => entries.Marks[0] = entries.Marks[0] with { Number = entries.Marks[0].Number + 1 });
        Assert.Contains("it took in message", Verify().First!.What);
    }

    [Fact]
    public void A_promise_that_its_order_knows_nothing_of_is_named()
    {
        var (partition, sequence) = _forged.Find<LineAnswered>(e => e.Kind == LineAnswerKind.Committed);
        // The order never heard that its line was committed.
        _forged.Rewrite(partition, sequence, entries => entries.Events.ForEach(e =>
        {
            if (e.Happened is LineAnswered { Kind: LineAnswerKind.Committed } answered) answered.Kind = LineAnswerKind.Gone;
        }));
        var first = Verify().First;
        Assert.NotNull(first);
        Assert.Contains("know", first.What);
    }

    [Fact]
    public async Task A_store_on_disk_verifies_beside_the_engine_that_writes_it()
    {
        using var folder = new TempFolder();
        using var journal = new SqliteJournal(new SqliteJournalOptions { Directory = folder.Path, Partitions = 4 });
        var running = SmallShop.Run(journal, Orders);
        using var reader = new SqliteReader(folder.Path);
        do
        {
            await Task.Yield();
            var meanwhile = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run();
            Assert.Null(meanwhile.First);
        }
        while (!running.IsCompleted);
        await running;
        var report = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run();
        Assert.Null(report.First);
        Assert.Equal(Orders, report.Orders);
    }
}
