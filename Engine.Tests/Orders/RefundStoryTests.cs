using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

/// <summary>Money that goes back, whole or in part, before and after everything else: what is owed, what is due, and what becomes of the stock.</summary>
public sealed class RefundStoryTests
{
    readonly EngineRig _rig = new();

    public RefundStoryTests()
    {
        _rig.Warehouse("SH1", 31.2, 121.5);
        _rig.Adjust("A", "SH1", 10);
        _rig.Adjust("B", "SH1", 10);
    }

    [Theory]
    [InlineData(MicroState.Allocated)]
    [InlineData(MicroState.Picking)]
    [InlineData(MicroState.Packed)]
    public void All_the_money_back_while_the_warehouse_works_on_it_ends_the_order_and_frees_its_stock(MicroState reached)
    {
        Reach("1", reached);
        var order = Refund("1", "r", 100);
        Assert.Equal((MicroState.Refunded, 10, 0), (order.State, _rig.Stock("A").Available, _rig.Stock("A").Committed));
        // Nothing leaves any more, and the cancellation that follows is no news.
        Assert.Equal(OrderOutcome.NotAllowed, Step("1", MicroState.Shipped).Outcome);
        Assert.DoesNotContain("cancelled_after_shipping", _rig.Cancel("1").Flags);
        Assert.Equal((10, 10), (_rig.Stock("A").OnHand, _rig.Stock("A").Available));
    }

    [Fact]
    public void A_refund_after_the_goods_have_left_takes_nothing_back()
    {
        Reach("1", MicroState.Shipped);
        Assert.Equal((MicroState.Refunded, 7), (Refund("1", "r", 100).State, _rig.Stock("A").OnHand));
    }

    [Fact]
    public void A_refund_that_comes_before_what_it_pays_back_ends_the_order_all_the_same()
    {
        _rig.Place("1", ("A", 3));
        Refund("1", "r", 100, full: false);
        Assert.Equal((MicroState.Refunded, 10), (_rig.Pay("1").State, _rig.Stock("A").Available));
    }

    [Fact]
    public void A_refund_that_failed_may_succeed_and_one_in_several_transactions_grows()
    {
        Reach("1", MicroState.Picking);
        Refund("1", "r", 30, RefundProgress.Closed);
        Assert.Equal(MicroState.Picking, Refund("1", "r", 30).State);
        Assert.Single(Refund("1", "r", 20).Refunds, r => r is { Status: RefundProgress.Succeeded, Amount: 30 });
        Assert.Equal(MicroState.Refunded, Refund("1", "r", 100, full: true).State);
        Assert.Equal(100, _rig.View("1").Refunds.Single().Amount);
    }

    [Fact]
    public void A_failed_attempt_ends_no_lock_while_another_payment_is_under_way_or_partly_in()
    {
        _rig.Place("1", ("A", 3));
        _rig.Pay("1", status: PayStatus.Started, reference: "p2");
        Assert.Equal(MicroState.Paying, _rig.Pay("1", status: PayStatus.Failed, reference: "p1").State);
        _rig.Place("2", ("A", 3));
        _rig.Pay("2", 30, reference: "p1");
        Assert.Equal(MicroState.Paying, _rig.Pay("2", status: PayStatus.Failed, reference: "p2").State);
        Assert.Equal(6, _rig.Stock("A").Reserved);
        Assert.Equal(MicroState.Expired, _rig.Pay("1", status: PayStatus.Failed, reference: "p2").State);
    }

    [Fact]
    public void Lines_that_were_cancelled_before_the_payment_are_not_owed()
    {
        Send("1", 130, ("A", 1, 100, 0), ("B", 1, 30, 0));
        Assert.Equal(0, _rig.Cancel("1", ("2", 1)).RefundDue);
        Assert.Equal((MicroState.Paid, 0), (_rig.Pay("1", 100).State, _rig.View("1").RefundDue));

        // Paid as the platform still has it: the rest is the buyer's.
        Send("2", 130, ("A", 1, 100, 0), ("B", 1, 30, 0));
        _rig.Cancel("2", ("2", 1));
        var whole = _rig.Pay("2");
        Assert.Equal((MicroState.Paid, 30), (whole.State, whole.RefundDue));
        Assert.Contains("refund_due", whole.Flags);

        // The part that came before is enough for what is left.
        Send("3", 130, ("A", 1, 100, 0), ("B", 1, 30, 0));
        _rig.Pay("3", 100);
        Assert.Equal((MicroState.Paid, 0), (_rig.Cancel("3", ("2", 1)).State, _rig.View("3").RefundDue));
        Assert.Equal(3, _rig.Stock("A").Committed);
    }

    [Fact]
    public void Cancelled_piece_by_piece_a_line_comes_to_the_same_as_at_once()
    {
        Send("1", 300, ("A", 3, 100, 50), ("B", 1, 50, 0));
        _rig.Pay("1");
        List<long> due = [];
        for (var i = 0; i < 3; i++) due.Add(_rig.Cancel("1", ("1", 1)).RefundDue);
        Assert.Equal([84, 167, 250], due);
    }

    [Fact]
    public void The_order_s_own_discount_is_shared_by_its_lines()
    {
        Send("1", 15_000, ("A", 1, 10_000, 0), ("B", 1, 10_000, 0));
        _rig.Pay("1");
        Assert.Equal(7_500, _rig.Cancel("1", ("1", 1)).RefundDue);
    }

    [Fact]
    public void Amounts_as_large_as_are_taken_are_cancelled_exactly()
    {
        _rig.Adjust("A", "SH1", 1_000_000);
        Send("1", 500_000_000_000_000, ("A", 1_000_000, 1_000_000_000, 500_000_000_000_000), ("B", 1, 0, 0));
        _rig.Pay("1");
        Assert.Equal(250_000_000_000_000, _rig.Cancel("1", ("1", 500_000)).RefundDue);
    }

    [Fact]
    public void Who_paid_a_part_and_let_the_lock_lapse_is_not_forgotten()
    {
        _rig.Place("1", ("A", 3));
        _rig.Pay("1", 40);
        _rig.Pass(TimeSpan.FromMinutes(46));
        var order = _rig.View("1");
        Assert.Equal((MicroState.Expired, 40), (order.State, order.RefundDue));
        Assert.Contains("refund_due", order.Flags);
    }

    [Theory]
    [InlineData("step")]
    [InlineData("whole")]
    [InlineData("sum")]
    public void What_is_paid_after_all_the_money_went_back_is_to_be_paid_back_as_well(string way)
    {
        _rig.Place("1", ("A", 3));
        _rig.Pay("1", 50);
        Assert.Equal(MicroState.Refunding, _rig.Cancel("1").State);
        PayBack();
        Assert.Equal((MicroState.Refunded, 0), (_rig.View("1").State, _rig.View("1").RefundDue));
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((MicroState.Refunding, 50), (_rig.Pay("1", 50, reference: "p2").State, _rig.View("1").RefundDue));
        // Told again, the refund covers no more than it did.
        PayBack();
        Assert.Equal((MicroState.Refunding, 50), (_rig.View("1").State, _rig.View("1").RefundDue));
        Assert.Equal((MicroState.Refunded, 0), (Refund("1", "r2", 50).State, _rig.View("1").RefundDue));

        void PayBack()
        {
            if (way != "step") Refund("1", "r", way == "sum" ? 50 : PaymentFact.Whole, full: true);
            else if (_rig.View("1").Refunds.Count == 0) PlatformSays("1", MicroState.Refunded);
        }
    }

    [Fact]
    public void All_that_was_paid_is_what_earlier_refunds_have_left_of_it()
    {
        foreach (var (id, last) in new (string, Action<string>)[] { ("1", id => PlatformSays(id, MicroState.Refunded)), ("2", id => Refund(id, "r2", PaymentFact.Whole, full: true)) })
        {
            Reach(id, MicroState.Picking);
            Refund(id, "r", 60);
            _rig.Cancel(id);
            last(id);
            Assert.Equal((MicroState.Refunded, 100L), (_rig.View(id).State, Refunded(id)));
        }
    }

    [Fact]
    public void A_refund_that_was_reported_before_the_cancellation_counts_once_that_is_there()
    {
        Reach("1", MicroState.Picking);
        PlatformSays("1", MicroState.Refunded);
        Assert.Equal((MicroState.Refunded, 10), (_rig.Cancel("1").State, _rig.Stock("A").Available));
    }

    [Fact]
    public void What_went_back_of_an_overpayment_pays_back_no_cancelled_line()
    {
        Send("1", 200, ("A", 1, 100, 0), ("B", 1, 100, 0));
        _rig.Pay("1", 200);
        _rig.Pay("1", 100, reference: "p2");
        Assert.Equal(0, Refund("1", "r", 100).RefundDue);
        var order = _rig.Cancel("1", ("2", 1));
        Assert.Equal((MicroState.Paid, 100), (order.State, order.RefundDue));
        Assert.Contains("refund_due", order.Flags);
    }

    [Fact]
    public void A_tax_that_comes_on_top_is_shared_by_the_lines()
    {
        var details = EngineRig.Order(_rig.Now, 111, ("A", 1), ("B", 1));
        (details.Lines[0].UnitPrice, details.Lines[1].UnitPrice, details.Tax) = (50, 50, 11);
        _rig.Send("1", details);
        // In the buyer's favour.
        _rig.Cancel("1", ("2", 1));
        Assert.Equal(MicroState.Paid, _rig.Pay("1", 55).State);
    }

    [Fact]
    public void An_order_that_comes_with_its_failed_payment_expires_once()
    {
        _rig.Send("1", _rig.Order(("A", 1)), new PaymentFact { Reference = "p", Status = PayStatus.Failed, Amount = 100 });
        Assert.Single(_rig.View("1").History, h => h.Event == "order_expired");
    }

    long Refunded(string id)
    {
        var answer = _rig.Node.ReadAsync<OrderActor>(EngineRig.OrderId(id), static (order, _) => order.RefundedSum).AsTask();
        _rig.Settle();
        return (long)answer.Result.Reply!;
    }

    void PlatformSays(string id, MicroState step) => _rig.Send(id, step: new StepFact { Step = step, Role = StepRole.Platform });

    void Reach(string id, MicroState state)
    {
        _rig.Place(id, ("A", 3));
        _rig.Pay(id);
        foreach (var step in new[] { MicroState.Allocated, MicroState.Picking, MicroState.Packed, MicroState.Shipped }.TakeWhile(s => s <= state))
            Assert.Equal(OrderOutcome.Done, Step(id, step).Outcome);
    }

    void Send(string id, long total, params (string Sku, int Quantity, long Price, long Discount)[] lines)
    {
        var details = EngineRig.Order(_rig.Now, total, [.. lines.Select(l => (l.Sku, l.Quantity))]);
        foreach (var (line, wanted) in details.Lines.Zip(lines)) (line.UnitPrice, line.Discount) = (wanted.Price, wanted.Discount);
        _rig.Send(id, details);
    }

    OrderReply Step(string id, MicroState step) =>
        (OrderReply)_rig.Send(id, step: new StepFact { Step = step, Role = StepRole.Warehouse, Operator = "li", Carrier = "sf", TrackingNumber = "SF1" }).Reply!;

    OrderView Refund(string id, string reference, long amount, RefundProgress status = RefundProgress.Succeeded, bool full = false) =>
        (OrderView)_rig.Send(id, refund: new RefundFact { Reference = reference, Status = status, Amount = amount, Full = full, At = _rig.Now }).View!;
}
