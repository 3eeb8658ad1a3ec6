using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

/// <summary>Rules of orders that are easily got wrong by one: whole lines, gifts, shares of a discount, deadlines nobody has noticed yet.</summary>
public sealed class SmallPrintTests
{
    readonly EngineRig _rig = new();

    public SmallPrintTests()
    {
        _rig.Warehouse("SH1");
        _rig.Adjust("A", "SH1", 10);
        _rig.Adjust("B", "SH1", 10);
    }

    [Fact]
    public void A_whole_line_can_be_cancelled_and_the_others_stay()
    {
        _rig.Place("1", ("A", 3), ("B", 2));
        _rig.Pay("1");
        var order = _rig.Cancel("1", ("1", 3));
        Assert.Equal((MicroState.Paid, 0, 2), (order.State, order.Lines[0].Quantity, order.Lines[1].Quantity));
        Assert.Equal((0, 2), (_rig.Stock("A").Committed, _rig.Stock("B").Committed));
    }

    [Fact]
    public void More_than_is_left_of_a_line_can_not_be_cancelled()
    {
        _rig.Place("1", ("A", 3), ("B", 2));
        _rig.Cancel("1", ("1", 2));
        Assert.Equal(1, _rig.Cancel("1", ("1", 2)).Lines[0].Quantity);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void A_gift_goes_with_the_last_of_its_main_line(int cancelled, int gifts)
    {
        var details = _rig.Order(("A", 2), ("B", 1), ("A", 1));
        details.Lines[1].GiftOf = "1";
        _rig.Send("1", details);
        var order = _rig.Cancel("1", ("1", cancelled));
        Assert.Equal((2 - cancelled, gifts, 1), (order.Lines[0].Quantity, order.Lines[1].Quantity, order.Lines[2].Quantity));
        Assert.Equal(gifts, _rig.Stock("B").Reserved);
    }

    [Fact]
    public void What_is_cancelled_is_paid_back_less_its_share_of_the_discount()
    {
        var details = EngineRig.Order(_rig.Now, 270, ("A", 3), ("B", 1));
        (details.Lines[0].UnitPrice, details.Lines[0].Discount, details.Lines[1].UnitPrice) = (100, 50, 20);
        _rig.Send("1", details);
        _rig.Pay("1");
        // A third of 50 is 16 and something: in the buyer's favour.
        Assert.Equal(100 - 16, _rig.Cancel("1", ("1", 1)).RefundDue);
    }

    [Fact]
    public void A_payment_finds_a_lock_lapsed_although_no_timer_has_come_round()
    {
        _rig.Place("1", ("A", 3));
        _rig.Time.Advance(TimeSpan.FromMinutes(15));
        var order = _rig.Pay("1");
        Assert.Equal(["order_expired", "order_reopened"], order.History.Select(h => h.Event).Where(e => e is "order_expired" or "order_reopened"));
        Assert.Equal((MicroState.Paid, 3), (order.State, _rig.Stock("A").Committed));
    }

    [Fact]
    public void An_order_corrected_to_a_SKU_that_is_not_there_yet_goes_on_when_it_is()
    {
        Assert.Equal(MicroState.Held, _rig.Place("1", ("nobody knows it", 1)).State);
        _rig.Ask(EngineRig.OrderId("1"), new UnholdOrder { By = "cs", Reason = "it is Y", Corrections = new Dictionary<string, string> { ["1"] = "Y" } });
        Assert.Equal(MicroState.Held, _rig.View("1").State);
        _rig.Adjust("Y", "SH1", 5);
        Assert.Equal((MicroState.AwaitingPayment, "Y"), (_rig.View("1").State, _rig.View("1").Lines[0].Sku));
    }

    [Fact]
    public void A_key_is_remembered_for_seven_days()
    {
        _rig.Place("1", ("A", 3));
        var call = new Idempotency(7, 1);
        Assert.Equal(OrderOutcome.Done, Cancelled(call));
        Assert.Equal((OrderOutcome.Repeated, OrderOutcome.IdempotencyConflict), (Cancelled(call), Cancelled(call with { Body = 2 })));
        _rig.Time.Advance(TimeSpan.FromDays(8));
        Assert.Equal(OrderOutcome.Repeated, Cancelled(call with { Body = 2 }));
    }

    OrderOutcome Cancelled(Idempotency call) => ((OrderReply)_rig.Ask(EngineRig.OrderId("1"), new Intake
    {
        Platform = "test", Shop = "shop", PlatformOrderId = "1", Source = "api", Policy = EngineRig.Backorders, Cancellation = new Cancellation("x", "cs"), Idempotency = call,
    }).Reply!).Outcome;

    [Fact]
    public void Goods_leave_with_a_carrier_only()
    {
        _rig.Place("1", ("A", 1));
        _rig.Pay("1");
        foreach (var step in new[] { MicroState.Picking, MicroState.Packed }) Step(step, "");
        Assert.Equal(OrderOutcome.Invalid, Step(MicroState.Shipped, ""));
        Assert.Equal(OrderOutcome.Done, Step(MicroState.Shipped, "sf"));
    }

    OrderOutcome Step(MicroState step, string carrier) =>
        ((OrderReply)_rig.Send("1", step: new StepFact { Step = step, Role = StepRole.Warehouse, Operator = "li", Carrier = carrier }).Reply!).Outcome;
}
