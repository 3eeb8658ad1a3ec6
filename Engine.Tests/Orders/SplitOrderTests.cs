using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

/// <summary>Goods that leave from several warehouses, or of which a platform and a warehouse tell in their own time.</summary>
public sealed class SplitOrderTests
{
    readonly EngineRig _rig = new();

    public SplitOrderTests()
    {
        _rig.Warehouse("SH1", 31.2, 121.5);
        _rig.Warehouse("GZ1", 23.1, 113.3);
        _rig.Adjust("A", "SH1", 10);
        _rig.Adjust("B", "GZ1", 10);
        _rig.Place("1", ("A", 3), ("B", 2));
        _rig.Pay("1");
    }

    [Fact]
    public void A_warehouse_ships_its_own_goods_and_the_order_has_left_when_all_have()
    {
        Pack("SH1");
        Assert.Equal(OrderOutcome.Done, Report(MicroState.Shipped, "SH1", "T1").Outcome);
        Assert.Equal(MicroState.Packed, _rig.View("1").State);
        Assert.Equal((7, 10, 2), (_rig.Stock("A").OnHand, _rig.Stock("B").OnHand, _rig.Stock("B").Committed));
        Assert.Equal(OrderOutcome.Repeated, Report(MicroState.Shipped, "SH1", "T1").Outcome);

        Pack("GZ1");
        Assert.Equal(OrderOutcome.Done, Report(MicroState.Shipped, "GZ1", "T2").Outcome);
        var order = _rig.View("1");
        Assert.Equal((MicroState.Shipped, "sf", "T1, T2"), (order.State, order.Carrier, order.TrackingNumber));
        Assert.Equal((7, 8, 0), (_rig.Stock("A").OnHand, _rig.Stock("B").OnHand, _rig.Stock("B").Committed));
        Assert.Equal(["PDA-SH1", "PDA-GZ1"], order.History.Where(h => h.Event == "shipped").Select(h => h.Device));
    }

    [Fact]
    public void Cancelled_half_shipped_it_gives_back_what_has_not_left_once()
    {
        Pack("SH1");
        Report(MicroState.Shipped, "SH1", "T1");
        Assert.Equal(OrderOutcome.Invalid, CancelLine("1", "1", keepEarly: false).Outcome);
        _rig.Cancel("1");
        var order = _rig.Cancel("1");
        Assert.Equal((MicroState.Refunding, 100), (order.State, order.RefundDue));
        Assert.Equal((7, 7, 0), (_rig.Stock("A").OnHand, _rig.Stock("A").Available, _rig.Stock("A").Committed));
        Assert.Equal((10, 10, 0), (_rig.Stock("B").OnHand, _rig.Stock("B").Available, _rig.Stock("B").Committed));
    }

    [Fact]
    public void When_what_has_not_left_is_cancelled_the_order_has_left()
    {
        Pack("SH1");
        Report(MicroState.Shipped, "SH1", "T1");
        var order = _rig.Cancel("1", ("2", 2));
        Assert.Equal((MicroState.Shipped, "T1"), (order.State, order.TrackingNumber));
        Assert.Equal((7, 10, 10), (_rig.Stock("A").OnHand, _rig.Stock("B").OnHand, _rig.Stock("B").Available));
    }

    [Fact]
    public void Lines_that_a_platform_cancels_and_that_have_left_or_are_not_known_are_for_somebody_to_look_at()
    {
        Assert.Equal(OrderOutcome.Done, CancelLine("1", "9").Outcome);
        Assert.Equal(["cancelled_lines_unknown"], _rig.View("1").Flags);
        Pack("SH1");
        Report(MicroState.Shipped, "SH1", "T1");
        Assert.Equal(OrderOutcome.Done, CancelLine("1", "1").Outcome);
        Assert.Contains("cancelled_after_shipping", _rig.View("1").Flags);
        Told(MicroState.Shipped);
        Assert.Equal((OrderOutcome.Done, OrderOutcome.NotAllowed), (CancelLine("1", "2").Outcome, CancelLine("1", "2", keepEarly: false).Outcome));
    }

    [Fact]
    public void A_gift_that_has_left_stays_with_the_buyer_when_its_main_line_is_cancelled()
    {
        var details = _rig.Order(("B", 1), ("A", 1), ("B", 1));
        details.Lines[1].GiftOf = "1";
        _rig.Send("2", details);
        _rig.Pay("2");
        Pack("SH1", "2");
        Report(MicroState.Shipped, "SH1", "T1", "2");
        var order = _rig.Cancel("2", ("1", 1));
        Assert.Equal((0, 1, LineStock.Shipped, 1), (order.Lines[0].Quantity, order.Lines[1].Quantity, order.Lines[1].Stock, order.Lines[2].Quantity));
        Assert.Equal(MicroState.Packed, order.State);
    }

    OrderReply CancelLine(string id, string line, bool keepEarly = true) =>
        (OrderReply)_rig.Send(id, cancellation: new Cancellation("late", "cs", [new CancelledQuantity { LineId = line, Quantity = 1 }]), keepEarly: keepEarly).Reply!;

    [Fact]
    public void A_scan_that_comes_after_the_platform_s_report_is_in_the_history_with_its_parcel()
    {
        Told(MicroState.Shipped);
        Told(MicroState.InTransit);
        Assert.Empty(_rig.View("1").Carrier);
        Report(MicroState.Shipped, null, "T9");
        var order = _rig.View("1");
        Assert.Equal((MicroState.InTransit, "sf", "T9"), (order.State, order.Carrier, order.TrackingNumber));
        Assert.Contains(order.History, h => h is { Event: "shipped", Operator: "li", Behind: true });
    }

    [Fact]
    public void Of_the_same_state_each_hand_is_recorded_once()
    {
        Told(MicroState.Shipped);
        Told(MicroState.Shipped);
        Report(MicroState.Shipped, null, "T9");
        Assert.Equal(OrderOutcome.Repeated, Report(MicroState.Shipped, null, "T9").Outcome);
        Assert.Equal(["", "li"], _rig.View("1").History.Where(h => h.Event == "shipped").Select(h => h.Operator));
    }

    [Theory]
    [InlineData(MicroState.Delivered)]
    [InlineData(MicroState.Completed)]
    public void A_platform_that_tells_only_of_the_end_is_believed_and_what_comes_late_changes_nothing(MicroState end)
    {
        Told(end);
        Assert.Equal((end, 7, 8), (_rig.View("1").State, _rig.Stock("A").OnHand, _rig.Stock("B").OnHand));
        Told(MicroState.Shipped);
        Assert.Equal((end, 7, 0), (_rig.View("1").State, _rig.Stock("A").OnHand, _rig.Stock("A").Committed));
    }

    [Fact]
    public void What_only_a_platform_can_tell_is_nobody_s_next_step() =>
        Assert.Equal([MicroState.Allocated, MicroState.WaveAssigned, MicroState.Picking], Transitions.NextSteps(MicroState.Paid));

    void Pack(string warehouse, string id = "1")
    {
        foreach (var step in new[] { MicroState.Picking, MicroState.Packed }) Report(step, warehouse, "", id);
    }

    /// <param name="warehouse">The only one that the key is for; null for all.</param>
    OrderReply Report(MicroState step, string? warehouse, string trackingNumber, string id = "1")
    {
        var told = _rig.Wish(id, step: new StepFact { Step = step, Role = StepRole.Warehouse, Operator = "li", Device = $"PDA-{warehouse}", Carrier = "sf", TrackingNumber = trackingNumber });
        var wish = new Intake
        {
            Platform = told.Platform, Shop = told.Shop, PlatformOrderId = told.PlatformOrderId, Source = "api:pda", Policy = told.Policy, Step = told.Step,
            OnlyWarehouses = warehouse is null ? null : [warehouse],
        };
        return (OrderReply)_rig.Ask(EngineRig.OrderId(id), wish).Reply!;
    }

    void Told(MicroState step) => _rig.Send("1", step: new StepFact { Step = step, Role = StepRole.Platform });
}
