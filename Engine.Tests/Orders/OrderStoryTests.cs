using Engine.Actors.Asking;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

/// <summary>Stories of single orders through the real kernel: what an order ends in, and what became of its stock.</summary>
public sealed class OrderStoryTests
{
    readonly EngineRig _rig = new();

    public OrderStoryTests()
    {
        _rig.Warehouse("SH1", 31.2, 121.5);
        _rig.Warehouse("GZ1", 23.1, 113.3);
        _rig.Adjust("A", "SH1", 10);
        _rig.Adjust("B", "SH1", 10);
    }

    [Fact]
    public void An_order_locks_its_stock_and_waits_for_its_payment()
    {
        var order = _rig.Place("1", ("A", 3), ("B", 2));
        Assert.Equal(MicroState.AwaitingPayment, order.State);
        Assert.True(order.HasLock);
        Assert.All(order.Lines, l => Assert.Equal("SH1", l.Warehouse));
        Assert.Equal((3, 7), (_rig.Stock("A").Reserved, _rig.Stock("A").Available));
        Assert.Contains(order.Explain, e => e is { Decision: "reserved", Rule: "nearest_open_warehouse_with_every_line" });
    }

    [Fact]
    public void A_payment_commits_every_line()
    {
        _rig.Place("1", ("A", 3), ("B", 2));
        Assert.Equal(MicroState.Paid, _rig.Pay("1").State);
        Assert.Equal((0, 3), (_rig.Stock("A").Reserved, _rig.Stock("A").Committed));
        Assert.Equal((0, 2), (_rig.Stock("B").Reserved, _rig.Stock("B").Committed));
    }

    [Fact]
    public void Two_lines_of_the_same_SKU_are_both_counted()
    {
        var order = _rig.Place("1", ("A", 3), ("A", 4));
        Assert.Equal(MicroState.AwaitingPayment, order.State);
        Assert.Equal(7, _rig.Stock("A").Reserved);
        Assert.Equal(MicroState.Backordered, _rig.Place("2", ("A", 2), ("A", 2)).State);
        Assert.Equal(7, _rig.Stock("A").Reserved);
    }

    [Theory]
    [InlineData(899.9, MicroState.Paid, false)]
    [InlineData(900.1, MicroState.Paid, true)]
    public void A_payment_around_the_deadline_ends_paid_and_only_the_late_one_reserves_anew(double seconds, MicroState end, bool late)
    {
        _rig.Place("1", ("A", 3));
        _rig.Pass(TimeSpan.FromSeconds(seconds));
        var order = _rig.Pay("1");
        Assert.Equal(end, order.State);
        Assert.Equal(late, order.History.Any(h => h.Event == "order_expired"));
        Assert.Equal((0, 3, 7), (_rig.Stock("A").Reserved, _rig.Stock("A").Committed, _rig.Stock("A").Available));
    }

    [Fact]
    public void An_unpaid_lock_ends_by_itself_on_time()
    {
        _rig.Place("1", ("A", 3), ("B", 1));
        _rig.Pass(TimeSpan.FromSeconds(899));
        Assert.Equal(MicroState.AwaitingPayment, _rig.View("1").State);
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(MicroState.Expired, _rig.View("1").State);
        Assert.Equal((0, 10), (_rig.Stock("A").Reserved, _rig.Stock("A").Available));
        Assert.Equal((0, 10), (_rig.Stock("B").Reserved, _rig.Stock("B").Available));
    }

    [Fact]
    public void A_payment_in_progress_holds_to_minute_45_and_not_a_minute_more()
    {
        _rig.Place("1", ("A", 3));
        _rig.Pass(TimeSpan.FromMinutes(14));
        Assert.Equal(MicroState.Paying, _rig.Pay("1", status: PayStatus.Started).State);
        _rig.Pass(TimeSpan.FromMinutes(31) - TimeSpan.FromSeconds(1));
        Assert.Equal(MicroState.Paying, _rig.View("1").State);
        Assert.Equal(3, _rig.Stock("A").Reserved);
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(MicroState.Expired, _rig.View("1").State);
        Assert.Equal(0, _rig.Stock("A").Reserved);
    }

    [Fact]
    public void A_deadline_that_passed_while_nothing_ran_is_kept_at_the_start()
    {
        _rig.Place("1", ("A", 3));
        _rig.Time.Advance(TimeSpan.FromHours(2));
        _rig.Restart();
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(MicroState.Expired, _rig.View("1").State);
        Assert.Equal(0, _rig.Stock("A").Reserved);
    }

    [Fact]
    public void The_tier_that_lapsed_is_that_of_its_time()
    {
        _rig.Place("1", ("A", 3));
        _rig.Pass(TimeSpan.FromMinutes(16));
        _rig.Pay("1", status: PayStatus.Started);
        _rig.Place("2", ("A", 3));
        _rig.Pay("2", status: PayStatus.Started);
        _rig.Pass(TimeSpan.FromMinutes(46));
        Assert.Equal(["order", "paying"], new[] { "1", "2" }.Select(id => _rig.View(id).Explain.Single(e => e.Decision == "expired").Inputs["tier"]));
    }

    [Fact]
    public void A_late_payment_for_stock_that_is_gone_is_backordered_with_priority_and_served_first()
    {
        _rig.Place("late", ("A", 8));
        _rig.Pass(TimeSpan.FromMinutes(16));
        _rig.Place("other", ("A", 8));
        _rig.Pay("other");
        Assert.Equal(MicroState.Backordered, _rig.Place("unpaid", ("A", 3)).State);
        var late = _rig.Pay("late");
        Assert.Equal((MicroState.Backordered, StandardStatus.Paid), (late.State, late.Status));
        _rig.Adjust("A", "SH1", 6);
        Assert.Equal(MicroState.Paid, _rig.View("late").State);
        Assert.Equal(MicroState.Backordered, _rig.View("unpaid").State);
        Assert.Equal(16, _rig.Stock("A").Committed);
    }

    [Fact]
    public void A_late_payment_where_the_shop_rejects_shortage_becomes_a_refund()
    {
        _rig.Send("late", _rig.Order(("A", 8)), policy: EngineRig.Rejects);
        _rig.Pass(TimeSpan.FromMinutes(16));
        _rig.Place("other", ("A", 8));
        var late = _rig.Pay("late");
        Assert.Equal((MicroState.Refunding, 100), (late.State, late.RefundDue));
    }

    [Fact]
    public void A_failed_payment_releases_at_once_and_a_success_after_it_is_a_late_payment()
    {
        _rig.Place("1", ("A", 3));
        Assert.Equal(MicroState.Expired, _rig.Pay("1", status: PayStatus.Failed).State);
        Assert.Equal(0, _rig.Stock("A").Reserved);
        Assert.Equal(MicroState.Paid, _rig.Pay("1", reference: "p2").State);
        Assert.Equal(3, _rig.Stock("A").Committed);
    }

    [Fact]
    public void Cancelled_and_paid_ends_in_refunding_whichever_came_first()
    {
        _rig.Place("1", ("A", 3));
        _rig.Cancel("1");
        Assert.Equal(MicroState.Refunding, _rig.Pay("1").State);
        _rig.Place("2", ("A", 3));
        _rig.Pay("2");
        Assert.Equal(MicroState.Refunding, _rig.Cancel("2").State);
        _rig.Cancel("3");
        _rig.Pay("3");
        Assert.Equal(MicroState.Refunding, _rig.Place("3", ("A", 3)).State);
        Assert.Equal((0, 0, 10), (_rig.Stock("A").Reserved, _rig.Stock("A").Committed, _rig.Stock("A").Available));
        var refund = new RefundFact { Reference = "r", Status = RefundProgress.Succeeded, Amount = PaymentFact.Whole, Full = true };
        Assert.Equal(MicroState.Refunded, ((OrderView)_rig.Send("1", refund: refund).View!).State);
    }

    [Fact]
    public void A_cancelled_order_gives_back_every_unit_once()
    {
        _rig.Adjust("B", "GZ1", 5);
        _rig.Place("1", ("A", 3), ("B", 4));
        _rig.Pay("1");
        _rig.Cancel("1");
        _rig.Cancel("1");
        Assert.Equal((10, 15), (_rig.Stock("A").Available, _rig.Stock("B").Available));
    }

    [Fact]
    public void Cancelling_a_part_gives_back_that_part_and_what_was_paid_for_it()
    {
        var details = _rig.Order(("A", 3), ("B", 2));
        details.Total = 500;
        _rig.Send("1", details);
        _rig.Pay("1");
        var order = _rig.Cancel("1", ("1", 1));
        Assert.Equal((MicroState.Paid, 100), (order.State, order.RefundDue));
        Assert.Equal((2, 2), (_rig.Stock("A").Committed, _rig.Stock("B").Committed));
        Assert.Equal(2, order.Lines[0].Quantity);
    }

    [Fact]
    public void An_order_of_several_lines_holds_all_or_none()
    {
        var order = _rig.Place("1", ("A", 3), ("B", 11));
        Assert.Equal(MicroState.Backordered, order.State);
        Assert.Equal((0, 0), (_rig.Stock("A").Reserved, _rig.Stock("B").Reserved));
        _rig.Adjust("B", "SH1", 1);
        Assert.Equal(MicroState.AwaitingPayment, _rig.View("1").State);
        Assert.Equal((3, 11), (_rig.Stock("A").Reserved, _rig.Stock("B").Reserved));
    }

    [Fact]
    public void Lines_are_taken_from_the_one_warehouse_that_has_them_all()
    {
        _rig.Adjust("A", "GZ1", 5);
        _rig.Adjust("C", "GZ1", 5);
        var details = _rig.Order(("A", 1), ("C", 1));
        details.Place.Province = "上海市";
        var order = (OrderView)_rig.Send("1", details).View!;
        Assert.Equal(MicroState.AwaitingPayment, order.State);
        Assert.All(order.Lines, l => Assert.Equal("GZ1", l.Warehouse));
        Assert.Equal(0, _rig.Stock("A").Warehouses.Single(w => w.Warehouse == "SH1").Reserved);
    }

    [Fact]
    public void An_order_for_an_unknown_SKU_is_held_until_it_is_known()
    {
        Assert.Equal((MicroState.Held, "unknown_sku"), (_rig.Place("1", ("A", 1), ("NEW", 1)).State, _rig.View("1").HeldReason));
        Assert.Equal(0, _rig.Stock("A").Reserved);
        _rig.Adjust("NEW", "SH1", 4);
        Assert.Equal(MicroState.AwaitingPayment, _rig.View("1").State);
        Assert.Equal((1, 1), (_rig.Stock("A").Reserved, _rig.Stock("NEW").Reserved));
    }

    [Fact]
    public void An_article_of_the_platform_is_held_until_an_alias_maps_it()
    {
        var details = _rig.Order(("36000001", 2));
        details.Lines[0].ByPlatformSku = true;
        Assert.Equal(MicroState.Held, ((OrderView)_rig.Send("1", details).View!).State);
        _rig.Ask(Actors.Deciders.ActorId.Sku("A"), new ConfigureSku { Aliases = [new AliasKey("test", "shop", "36000001")] });
        Assert.Equal(MicroState.AwaitingPayment, _rig.View("1").State);
        Assert.Equal(2, _rig.Stock("A").Reserved);
    }

    [Fact]
    public void Loss_takes_the_newest_unpaid_lock_and_leaves_the_paid_one()
    {
        _rig.Place("old", ("A", 4));
        _rig.Place("paid", ("A", 4));
        _rig.Pay("paid");
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Place("new", ("A", 2));
        var reply = _rig.Adjust("A", "SH1", -2, StockReason.Damage);
        Assert.Equal((StockOutcome.Done, 2L), (reply.Outcome, reply.Shortage));
        _rig.Settle();
        Assert.Equal(MicroState.Backordered, _rig.View("new").State);
        Assert.Equal(MicroState.Paid, _rig.View("paid").State);
        var stock = _rig.Stock("A");
        Assert.Equal((8, 4, 4, 0), (stock.OnHand, stock.Reserved, stock.Committed, stock.Shortage));
    }

    [Fact]
    public void A_correction_never_eats_promised_stock()
    {
        _rig.Place("1", ("A", 8));
        Assert.Equal(StockOutcome.BelowPromised, _rig.Adjust("A", "SH1", -3, StockReason.Correction).Outcome);
        Assert.Equal(StockOutcome.Done, _rig.Adjust("A", "SH1", -2, StockReason.Correction).Outcome);
    }

    [Fact]
    public void Shipping_takes_the_goods_off_the_books()
    {
        _rig.Place("1", ("A", 3));
        _rig.Pay("1");
        foreach (var step in new[] { MicroState.WaveAssigned, MicroState.Picking, MicroState.Packed, MicroState.Shipped })
            Assert.Equal(step, ((OrderView)_rig.Send("1", step: Step(step)).View!).State);
        Assert.Equal((7, 0, 0), (_rig.Stock("A").OnHand, _rig.Stock("A").Reserved, _rig.Stock("A").Committed));
        var again = _rig.Send("1", step: Step(MicroState.Picking));
        Assert.Equal((OrderOutcome.Done, MicroState.Shipped), (((OrderReply)again.Reply!).Outcome, ((OrderView)again.View!).State));
        Assert.Equal(OrderOutcome.NotAllowed, ((OrderReply)_rig.Send("1", cancellation: new Cancellation("late", "cs"), keepEarly: false).Reply!).Outcome);
    }

    [Fact]
    public void A_step_that_the_state_does_not_allow_is_refused_with_what_is_allowed()
    {
        _rig.Place("1", ("A", 3));
        var reply = (OrderReply)_rig.Send("1", step: Step(MicroState.Packed)).Reply!;
        Assert.Equal((OrderOutcome.NotAllowed, MicroState.AwaitingPayment), (reply.Outcome, reply.State));
        Assert.Equal(["cancelled"], reply.Allowed);
    }

    [Fact]
    public void A_hundred_carts_of_the_same_SKUs_in_opposite_orders_neither_lock_up_nor_oversell()
    {
        var skus = Enumerable.Range(0, 10).Select(i => $"S{i}").ToArray();
        foreach (var sku in skus) _rig.Adjust(sku, "SH1", 40);
        var asks = Enumerable.Range(0, 100).Select(i =>
        {
            var lines = (i % 2 == 0 ? skus : skus.Reverse()).Select(s => (s, 1)).ToArray();
            return _rig.Begin(EngineRig.OrderId($"c{i}"), new Intake
            {
                Platform = "test", Shop = "shop", PlatformOrderId = $"c{i}", Source = "test", Policy = EngineRig.Rejects, Details = _rig.Order(lines),
            });
        }).ToArray();
        _rig.Settle();
        _rig.Pass(TimeSpan.FromSeconds(10));
        var states = Enumerable.Range(0, 100).Select(i => _rig.View($"c{i}").State).ToArray();
        Assert.Equal((40, 60), (states.Count(s => s == MicroState.AwaitingPayment), states.Count(s => s == MicroState.Cancelled)));
        Assert.All(skus, s => Assert.Equal((40, 0), (_rig.Stock(s).Reserved, _rig.Stock(s).Available)));
        Assert.All(asks, a => Assert.Equal(AnswerKind.Reply, a.Result.Kind));
    }

    [Fact]
    public void Closed_orders_leave_memory_and_are_still_known()
    {
        var rig = new EngineRig(2, new Limits { CheckpointBytes = 2_000 });
        rig.Warehouse("W");
        rig.Adjust("A", "W", 1000);
        for (var i = 0; i < 100; i++)
        {
            rig.Place($"{i}", ("A", 1));
            rig.Cancel($"{i}");
        }
        Assert.True(rig.Node.Status.Sum(s => s.ActorsLoaded) < 60, $"{rig.Node.Status.Sum(s => s.ActorsLoaded)} loaded");
        for (var i = 0; i < 100; i++) Assert.Equal(OrderOutcome.Repeated, ((OrderReply)rig.Send($"{i}", rig.Order(("A", 1))).Reply!).Outcome);
        rig.Restart();
        for (var i = 0; i < 100; i++) Assert.Equal(MicroState.Cancelled, rig.View($"{i}").State);
        Assert.Equal((0, 1000), (rig.Stock("A").Reserved, rig.Stock("A").Available));
    }

    [Fact]
    public async Task Open_orders_are_all_seen_again_after_a_restart()
    {
        var rig = new EngineRig(2, new Limits { CheckpointBytes = 2_000 });
        rig.Warehouse("W");
        rig.Adjust("A", "W", 1000);
        for (var i = 0; i < 40; i++)
        {
            rig.Place($"{i}", ("A", 1));
            if (i % 4 == 0) rig.Cancel($"{i}");
        }
        rig.Restart();
        var open = rig.Node.ScanAsync<OrderActor, string>(Actors.Deciders.ActorKind.Order, (order, _) => order.State.IsClosed() ? null : order.OrderId);
        rig.Settle();
        Assert.Equal(30, (await open).Distinct().Count());
    }

    static StepFact Step(MicroState step) => new() { Step = step, Role = StepRole.Warehouse, Operator = "li", Carrier = "sf", TrackingNumber = "SF1" };
}
