using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

/// <summary>Who waits for stock is served wherever it is by then, and told of as many as wait.</summary>
public sealed class BackorderStoryTests
{
    readonly EngineRig _rig = new();

    public BackorderStoryTests()
    {
        _rig.Warehouse("W1");
        _rig.Warehouse("W2");
        _rig.Adjust("A", "W1", 5);
    }

    [Fact]
    public void A_warehouse_that_opens_again_serves_who_waits()
    {
        _rig.Warehouse("W1", state: WarehouseState.Paused);
        Place("1", 2);
        Assert.Equal(MicroState.Backordered, _rig.View("1").State);
        _rig.Warehouse("W1");
        // No SKU hears of it: the auditor finds who waits beside free stock.
        _rig.Ask(ActorId.Sku("A"), new ServeWaiting());
        Assert.Equal((MicroState.Paid, 2), (_rig.View("1").State, _rig.Stock("A").Committed));
    }

    [Fact]
    public void Stock_that_comes_in_where_nobody_was_open_serves_who_waits()
    {
        Place("1", 7);
        _rig.Warehouse("W3");
        _rig.Adjust("A", "W3", 7);
        Assert.Equal(("W3", MicroState.Paid), (_rig.View("1").Lines[0].Warehouse, _rig.View("1").State));
    }

    [Fact]
    public void What_is_paused_serves_nobody_neither_who_waits_nor_who_comes()
    {
        Place("1", 7);
        _rig.Warehouse("W1", state: WarehouseState.Paused);
        _rig.Adjust("A", "W1", 5);
        Assert.Equal(MicroState.Backordered, _rig.View("1").State);
        _rig.Warehouse("W2", state: WarehouseState.Paused);
        Assert.Equal(MicroState.Backordered, _rig.Place("2", ("A", 1)).State);
        Assert.Equal((0, 0), (_rig.Stock("A").Reserved, _rig.Stock("A").Committed));
    }

    [Fact]
    public void Without_the_other_line_of_its_SKU_an_order_waits_for_less()
    {
        var details = _rig.Order(("A", 5), ("A", 5));
        details.CashOnDelivery = true;
        Assert.Equal(MicroState.Backordered, ((OrderView)_rig.Send("1", details).View!).State);
        var waiting = _rig.View("1").Lines.Single(l => l.Stock == LineStock.Waiting).Ordered.LineId;
        _rig.Cancel("1", (waiting == "1" ? "2" : "1", 5));
        Assert.Equal((MicroState.Paid, 5), (_rig.View("1").State, _rig.Stock("A").Committed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_suggestion_ends_when_who_waited_is_served_or_waits_no_more(bool isServed)
    {
        _rig.Adjust("B", "W1", 1);
        Send("1", ("B", 3));
        Send("2", ("B", 3));
        Assert.Equal(5, Of("B", static (sku, now) => Replenishment.Open(sku, now))!.Shortfall);
        foreach (var (id, left) in new[] { ("1", 2L), ("2", 0) })
        {
            if (isServed) _rig.Adjust("B", "W1", id == "1" ? 2 : 3);
            else _rig.Cancel(id);
            Assert.Equal(isServed && left > 0 ? 3 : left, Of("B", static (sku, now) => Replenishment.Open(sku, now))?.Shortfall ?? 0);
        }
    }

    [Fact]
    public void What_an_order_gathers_in_another_warehouse_is_sold_once()
    {
        _rig.Adjust("A", "W2", 5);
        _rig.Adjust("B", "W2", 5);
        Send("1", ("A", 1), ("B", 1));
        Assert.Equal((MicroState.Paid, "W2"), (_rig.View("1").State, _rig.View("1").Lines[0].Warehouse));
        Assert.Equal(1L, Of("A", static (sku, now) => (object?)sku.CommittedInWeek(now)));
    }

    [Fact]
    public void A_suggestion_is_for_all_who_wait()
    {
        _rig.Adjust("B", "W1", 1);
        for (var i = 0; i < 100; i++) Send($"{i}", ("B", 2));
        Assert.Equal(199, Of("B", static (sku, now) => Replenishment.Open(sku, now))!.Shortfall);
    }

    [Theory]
    [InlineData(ReservationChange.Paying)]
    [InlineData(ReservationChange.Commit)]
    [InlineData(ReservationChange.Release)]
    public void What_a_caller_gives_back_or_comes_too_late_for_serves_who_waits(ReservationChange change)
    {
        var reserve = new Reserve
        {
            ReservationId = "r", OrderId = "o", Quantity = 5, Warehouse = null, OrderTier = 60_000, PayingTier = 120_000, KeyId = "k",
            Token = new SnapshotClaims("t", _rig.Stock("A").Version, 5, null, _rig.Now, _rig.Now + 60_000),
        };
        Assert.Equal(StockOutcome.Done, ((StockReply)_rig.Ask(ActorId.Sku("A"), reserve).Reply!).Outcome);
        Place("1", 5);
        if (change != ReservationChange.Release) _rig.Time.Advance(TimeSpan.FromMinutes(1));
        _rig.Ask(ActorId.Sku("A"), new ChangeReservation { ReservationId = "r", Change = change });
        Assert.Equal((MicroState.Paid, 5), (_rig.View("1").State, _rig.Stock("A").Committed));
    }

    void Place(string id, int quantity) => Send(id, ("A", quantity));

    /// <summary>Cash on delivery: committed as soon as there is stock.</summary>
    void Send(string id, params (string Sku, int Quantity)[] lines)
    {
        var details = _rig.Order(lines);
        details.CashOnDelivery = true;
        _rig.Send(id, details);
    }

    T? Of<T>(string sku, Func<SkuActor, long, T?> read) where T : class
    {
        var answer = _rig.Node.ReadAsync<SkuActor>(ActorId.Sku(sku), read).AsTask();
        _rig.Settle();
        return (T?)answer.Result.Reply;
    }
}
