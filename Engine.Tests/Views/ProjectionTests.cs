using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Views;
using Engine.Adapters.Views.Sqlite;
using Xunit;

namespace Engine.Tests.Views;

/// <summary>The tables against the actors themselves, and against every way of being interrupted.</summary>
public sealed class ProjectionTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public async Task Rows_show_what_the_actors_show(int seed)
    {
        var story = new Story(seed);
        story.Begin();
        story.Tell(150);
        Tables.Project(_folder, story.Rig.Journal);

        using var models = new ReadModels(Tables.Options(_folder, story.Rig.Journal));
        models.Start();
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        var rows = new ViewLists(models).Orders(new OrderFilter { Now = story.Rig.Now }, OrderCursor.Start, 1000).ToDictionary(r => r.OrderId);
        var known = story.OrderIds.Select(id => story.Rig.Read<OrderView>(id)).Where(v => v.Known).ToArray();
        Assert.Equal(known.Length, rows.Count);
        foreach (var view in known) Same(view, rows[view.OrderId]);
        foreach (var id in story.SkuIds) Same(story.Rig.Stock(id.Key), story.Rig);
        Assert.Equal(0, models.Status.DifferenceUnits);
        Assert.Equal(
            story.SkuIds.Select(id => Read(story.Rig, id, (sku, now) => Replenishment.Open(sku, now))).OfType<ReplenishmentView>(),
            new ViewLists(models).Replenishments("", 100, story.Rig.Now));
    }

    static void Same(OrderView view, OrderRow row)
    {
        Assert.Equal(
            (view.State, view.Status.Name(), view.StateSince, view.Operator, view.Details.PlacedAt, view.ReceivedAt, view.HeldReason, view.Details.ShipBy),
            (row.State, row.Status, row.StateSince, row.Operator ?? "", row.PlacedAt, row.ReceivedAt, row.HeldReason ?? "", row.ShipBy ?? 0));
        Assert.Equal((view.HasLock ? view.LockTier.ToString().ToLowerInvariant() : null, view.HasLock ? view.LockExpiresAt : null), (row.LockTier, row.LockExpiresAt));
        Assert.Equal((view.Details.Total, view.Details.Currency), (row.Total, row.Currency));
        Assert.Equal(view.Details.Tags, row.Tags);
        Assert.Equal(view.Flags, row.Flags);
        Assert.Equal(
            view.Lines.Select(l => (l.Ordered.LineId, l.Sku, l.Quantity, l.Warehouse, l.ReservationId, l.Quantity == 0 ? "cancelled" : l.Stock.ToString().ToLowerInvariant())),
            row.Lines.Select(l => (l.LineId, l.Sku ?? "", l.Quantity, l.Warehouse ?? "", l.ReservationId ?? "", l.State)));
    }

    void Same(StockView view, EngineRig rig)
    {
        Assert.Equal(
            [[$"{view.Version}", $"{view.OnHand}", $"{view.Reserved}", $"{view.Committed}", $"{view.Shortage}", $"{view.Available}", $"{view.Backorders}"]],
            Tables.Query(_folder, $"SELECT version, on_hand, reserved, committed, shortage, available, backorders FROM skus WHERE sku='{view.Sku}'"));
        Assert.Equal(
            view.Warehouses.Select(w => new[] { w.Warehouse, $"{w.OnHand}", $"{w.Reserved}", $"{w.Committed}", $"{w.Shortage}", $"{w.Available}" }),
            Tables.Query(_folder, $"SELECT warehouse, stock.on_hand, stock.reserved, stock.committed, stock.shortage, stock.available FROM stock JOIN skus USING(number) WHERE sku='{view.Sku}' ORDER BY warehouse"));
        var live = Read(rig, ActorId.Sku(view.Sku), (sku, _) => sku.Reservations.Where(r => r.IsLive).OrderBy(r => r.Id, StringComparer.Ordinal)
            .Select(r => $"{r.Id} {r.OrderId} {r.Warehouse} {r.Quantity} {r.State.ToString().ToLowerInvariant()} {r.Tier.ToString().ToLowerInvariant()} {r.ExpiresAt}").ToArray())!;
        Assert.Equal(live, Tables.Query(_folder,
            $"SELECT reservation_id||' '||order_id||' '||warehouse||' '||quantity||' '||state||' '||tier||' '||expires_at FROM reservations JOIN skus USING(number) WHERE sku='{view.Sku}' AND state IN ('reserved','committed') ORDER BY reservation_id").Select(r => r[0]));
        // Every change of the SKU has its row, and the last says how things stand.
        Assert.Equal(
            [[$"{view.Version}", $"{view.Version}", $"{view.OnHand}", $"{view.Available}"]],
            Tables.Query(_folder, $"SELECT count(*), max(sequence), on_hand, available FROM (SELECT m.* FROM movements m JOIN skus USING(number) WHERE sku='{view.Sku}' ORDER BY sequence)"));
    }

    static T? Read<T>(EngineRig rig, ActorId id, Func<SkuActor, long, T?> read) where T : class
    {
        var answer = rig.Node.ReadAsync<SkuActor>(id, read).AsTask();
        rig.Settle();
        return (T?)answer.Result.Reply;
    }

    [Theory]
    [InlineData(7), InlineData(8), InlineData(9)]
    public void Interrupted_anywhere_it_ends_with_the_same_rows_as_in_one_go(int seed)
    {
        using var whole = new TempFolder();
        var story = new Story(seed);
        story.Begin();
        story.Tell(40);
        // A part of the journal is projected; then it stumbles again and again within transactions, each time in a new process.
        Tables.Project(_folder, story.Rig.Journal);
        story.Tell(60);
        var random = new Random(seed);
        var frames = Tables.Durable(story.Rig.Journal).Sum();
        for (var done = 0L; done < frames;)
        {
            var journal = new StumblingJournal(story.Rig.Journal, random.Next(1, 40));
            using var store = new ViewStore(new ViewFile(_folder.File(ReadModels.FileName), ""), journal.Partitions, EngineDomain.Instance);
            using var projector = new Projector(store, journal, EngineDomain.Instance, new NoPersonIndex())
            {
                BytesPerTransaction = random.Next(1, 20_000), BytesPerSlice = random.Next(1, 5_000),
            };
            Assert.Null(store.Remade);
            Assert.True(projector.IsOfThisJournal());
            journal.IsCounting = true;
            try
            {
                while (projector.Advance() > 0) { }
            }
            catch (StoreUnavailableException)
            {
                // The same projector goes on where it was, or a new one does.
                journal.IsCounting = random.Next(2) == 0;
                if (!journal.IsCounting) projector.Advance();
            }
            done = projector.Progress.Sum(p => p.Sequence);
        }
        Tables.Project(whole, story.Rig.Journal);
        Assert.Equal(Tables.Dump(whole), Tables.Dump(_folder));
    }

    [Fact]
    public void Much_to_catch_up_on_is_committed_partition_by_partition()
    {
        const int Bytes = 2000;
        var story = new Story(11);
        story.Begin();
        story.Tell(60);
        var journal = story.Rig.Journal;
        using var store = new ViewStore(new ViewFile(_folder.File(ReadModels.FileName), ""), journal.Partitions, EngineDomain.Instance);
        using var projector = new Projector(store, journal, EngineDomain.Instance, new NoPersonIndex()) { BytesPerTransaction = Bytes, BytesPerSlice = 1 };
        for (var turn = 0; turn < journal.Partitions; turn++)
        {
            var frames = projector.Advance();
            Assert.Equal(frames, projector.Progress[turn].Sequence);
            var sizes = journal.ReadFrames(turn, 0).Take(frames).Select(f => f.Bytes.Length).ToArray();
            Assert.InRange(Bytes, sizes[..^1].Sum() + 1, sizes.Sum());
        }
        while (projector.Advance() > 0) { }
        Assert.Equal(Tables.Durable(journal), projector.Progress.Select(p => p.Sequence));
    }

    [Fact]
    public void A_frame_that_can_not_be_read_stops_its_partition_and_no_other()
    {
        var story = new Story(10);
        story.Begin();
        story.Tell(30);
        var journal = new Verifying.ForgedJournal(story.Rig.Journal);
        var torn = Enumerable.Range(0, 3).MaxBy(p => journal.Frames(p).Count);
        journal.Frames(torn)[5].Bytes[70] ^= 1;
        using var store = new ViewStore(new ViewFile(_folder.File("broken.db"), ""), journal.Partitions, EngineDomain.Instance);
        using var projector = new Projector(store, journal, EngineDomain.Instance, new NoPersonIndex());
        while (projector.Advance() > 0) { }
        Assert.Equal("frame 6: the checksum does not match", projector.Faults[torn]);
        Assert.Equal(Enumerable.Range(0, 3).Select(p => p == torn ? 5L : journal.Frames(p).Count), projector.Progress.Select(p => p.Sequence));
    }

    [Fact]
    public async Task Where_a_frame_can_not_be_read_that_is_told_and_a_rebuild_leaves_what_there_is()
    {
        var story = new Story(10);
        story.Begin();
        story.Tell(30);
        var journal = new Verifying.ForgedJournal(story.Rig.Journal);
        var failed = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        using var models = new ReadModels(Tables.Options(_folder, journal) with { Failed = failed.Enqueue });
        models.Start();
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        Assert.False(models.IsStuck);
        var whole = models.Status.Partitions.Select(p => p.Position).ToArray();

        var torn = Enumerable.Range(0, 3).MaxBy(p => journal.Frames(p).Count);
        journal.Frames(torn)[5].Bytes[70] ^= 1;
        Assert.True(models.Rebuild());
        for (var i = 0; i < 500 && (failed.IsEmpty || models.Status.IsRebuilding); i++) await Task.Delay(20);
        Assert.Contains("stay as they are: frame 6", Assert.Single(failed).Message);
        Assert.Equal(whole, models.Status.Partitions.Select(p => p.Position));
        Assert.Equal(0, models.Status.Rebuilds);

        using var others = new ReadModels(Tables.Options(_folder, journal) with { Directory = _folder.File("others") });
        others.Start();
        Assert.True(await others.CatchUpAsync(TimeSpan.FromSeconds(30)));
        Assert.True(others.IsStuck);
        Assert.Throws<InvalidDataException>(() => ReadModels.RebuildOffline(Tables.Options(_folder, journal) with { Directory = _folder.File("offline") }, _ => { }));
    }
}
