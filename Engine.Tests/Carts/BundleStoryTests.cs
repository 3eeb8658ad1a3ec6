using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Carts;

/// <summary>Bundles in orders and carts: the components all or none, through everything that can happen to a line.</summary>
public sealed class BundleStoryTests
{
    readonly EngineRig _rig = new();
    readonly CartRig _carts;

    public BundleStoryTests()
    {
        _carts = new CartRig(_rig);
        _rig.Warehouse("SH1", 31.2, 121.5);
        _rig.Warehouse("GZ1", 23.1, 113.3);
        foreach (var sku in new[] { "A", "B", "C" }) _rig.Adjust(sku, "SH1", 10);
        Bundle("SET", ("A", 1), ("B", 2));
    }

    void Bundle(string sku, params (string Sku, int Quantity)[] parts) =>
        _rig.Ask(ActorId.Sku(sku), new ConfigureSku { Bundle = [.. parts.Select(p => new BundlePart { Sku = p.Sku, Quantity = p.Quantity })] });

    (long, long, long) Free => (_rig.Stock("A").Available, _rig.Stock("B").Available, _rig.Stock("C").Available);

    static string Parts(OrderView order, int line = 0) => string.Join(", ", order.Lines[line].Components.Select(c => $"{c.Quantity} {c.Sku} {c.Stock}"));

    // ── orders ──

    [Fact]
    public void An_order_of_a_bundle_locks_and_commits_its_components()
    {
        var order = _rig.Place("1", ("SET", 3), ("C", 1));
        Assert.Equal((MicroState.AwaitingPayment, 2), (order.State, order.Lines.Count));
        Assert.Equal((LineStock.Reserved, "SH1", ""), (order.Lines[0].Stock, order.Lines[0].Warehouse, order.Lines[0].ReservationId));
        Assert.Equal("3 A Reserved, 6 B Reserved", Parts(order));
        Assert.Equal((7, 4, 9), Free);
        Assert.Equal(MicroState.Paid, _rig.Pay("1").State);
        Assert.Equal("3 A Committed, 6 B Committed", Parts(_rig.View("1")));
        Assert.Contains(order.Explain, e => e is { Decision: "expanded", Rule: "bundle_components" });
        _carts.Verify();
    }

    [Fact]
    public void A_component_that_becomes_a_bundle_while_it_is_waited_for_holds_the_order()
    {
        Assert.Equal(MicroState.Backordered, _rig.Place("1", ("SET", 6), ("C", 1)).State);
        Bundle("B", ("C", 1));
        var order = _rig.View("1");
        Assert.Equal((MicroState.Held, "unknown_sku", 2), (order.State, order.HeldReason, order.Lines[0].Components.Count));
        Assert.Equal((10, 10), (_rig.Stock("A").Available, _rig.Stock("C").Available));
        _carts.Verify();
    }

    [Fact]
    public void A_short_component_leaves_nothing_of_the_order_held_until_it_comes()
    {
        var order = _rig.Place("1", ("SET", 6), ("C", 1));
        Assert.Equal(MicroState.Backordered, order.State);
        Assert.Equal((10, 10, 10), Free);
        _rig.Pay("1");
        _rig.Adjust("B", "SH1", 2);
        _rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(MicroState.Paid, _rig.View("1").State);
        Assert.Equal((4, 0, 9), Free);
        _carts.Verify();
    }

    [Fact]
    public void Cancelling_some_bundles_gives_back_that_many_of_each_component()
    {
        _rig.Place("1", ("SET", 4));
        _rig.Pay("1");
        var order = _rig.Cancel("1", ("1", 3));
        Assert.Equal("1 A Committed, 2 B Committed", Parts(order));
        Assert.Equal((9, 8, 10), Free);
        Assert.Equal(MicroState.Refunding, _rig.Cancel("1", ("1", 1)).State);
        Assert.Equal((10, 10, 10), Free);
        _carts.Verify();
    }

    [Fact]
    public void A_bundle_that_waits_is_queued_anew_when_some_of_it_is_cancelled()
    {
        _rig.Place("1", ("SET", 8));
        _rig.Pay("1");
        Assert.Equal(MicroState.Backordered, _rig.View("1").State);
        _rig.Cancel("1", ("1", 4));
        _rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(MicroState.Paid, _rig.View("1").State);
        Assert.Equal((6, 2, 10), Free);
        _carts.Verify();
    }

    [Fact]
    public void A_component_is_no_line_that_anybody_ordered()
    {
        _rig.Place("1", ("SET", 2));
        var reply = (OrderReply)_rig.Send("1", cancellation: new Cancellation("part", "cs", [new CancelledQuantity { LineId = "1~c1", Quantity = 1 }]), keepEarly: false).Reply!;
        Assert.Equal(OrderOutcome.Invalid, reply.Outcome);
        Assert.Equal((8, 6, 10), Free);
    }

    [Fact]
    public void An_unpaid_bundle_lapses_and_a_late_payment_reserves_it_again()
    {
        _rig.Place("1", ("SET", 2));
        _rig.Pass(TimeSpan.FromMinutes(16));
        Assert.Equal(MicroState.Expired, _rig.View("1").State);
        Assert.Equal((10, 10, 10), Free);
        Assert.Equal(MicroState.Paid, _rig.Pay("1").State);
        Assert.Equal((8, 6, 10), Free);
        _carts.Verify();
    }

    [Fact]
    public void A_shipped_bundle_takes_its_components_off_the_shelf()
    {
        _rig.Place("1", ("SET", 2));
        _rig.Pay("1");
        foreach (var step in new[] { MicroState.Picking, MicroState.Packed, MicroState.Shipped })
            _rig.Send("1", step: new StepFact { Step = step, Role = StepRole.Warehouse, Operator = "li", Carrier = "sf" });
        Assert.Equal((8, 6), (_rig.Stock("A").OnHand, _rig.Stock("B").OnHand));
        Assert.Equal(LineStock.Shipped, _rig.View("1").Lines[0].Stock);
        _carts.Verify();
    }

    [Fact]
    public void A_bundle_is_gathered_in_the_nearest_warehouse_that_has_all_of_it()
    {
        foreach (var sku in new[] { "A", "B" }) _rig.Adjust(sku, "GZ1", 10);
        _rig.Adjust("C", "GZ1", 1);
        // Without an address warehouses come in code order: GZ1 has no second C.
        var order = _rig.Place("1", ("SET", 1), ("C", 2));
        Assert.Equal(["SH1", "SH1"], order.Lines.Select(l => l.Warehouse));
        _carts.Verify();
    }

    [Fact]
    public void A_later_change_of_the_bundle_does_not_touch_orders_that_have_it()
    {
        _rig.Place("1", ("SET", 2));
        Bundle("SET", ("C", 1));
        _rig.Place("2", ("SET", 2));
        _rig.Pay("1");
        Assert.Equal("2 A Committed, 4 B Committed", Parts(_rig.View("1")));
        Assert.Equal("2 C Reserved", Parts(_rig.View("2")));
        _rig.Cancel("1");
        Assert.Equal((10, 10, 8), Free);
        _carts.Verify();
    }

    [Fact]
    public void An_order_that_waited_for_a_SKU_goes_on_with_its_components_when_it_becomes_a_bundle()
    {
        _rig.Adjust("KIT", "SH1", 1);
        Assert.Equal(MicroState.Backordered, _rig.Place("1", ("KIT", 3)).State);
        Bundle("KIT", ("A", 1), ("C", 1));
        _rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(MicroState.AwaitingPayment, _rig.View("1").State);
        Assert.Equal((7, 10, 7), Free);
        _carts.Verify();
    }

    [Theory]
    [InlineData("NEW")]
    [InlineData("SET")]
    public void A_component_that_is_unknown_or_a_bundle_itself_holds_the_order_until_that_is_put_right(string component)
    {
        Bundle("ODD", ("C", 1), (component, 1));
        var order = _rig.Place("1", ("ODD", 1));
        Assert.Equal((MicroState.Held, "unknown_sku"), (order.State, order.HeldReason));
        Assert.Contains(order.Explain, e => e.Decision == "held" && e.Inputs["code"] == component);
        Assert.Equal((10, 10, 10), Free);
        var correct = new UnholdOrder { By = "cs", Reason = "the right one", Corrections = new Dictionary<string, string> { ["1"] = "A" } };
        Assert.Equal(OrderOutcome.Done, ((OrderReply)_rig.Ask(EngineRig.OrderId("1"), correct).Reply!).Outcome);
        Assert.Equal((MicroState.AwaitingPayment, 0), (_rig.View("1").State, _rig.View("1").Lines[0].Components.Count));
        Assert.Equal((9, 10, 10), Free);
        _carts.Verify();
    }

    [Fact]
    public void An_order_held_for_an_unknown_component_goes_on_by_itself_once_it_is_known()
    {
        Bundle("ODD", ("C", 1), ("NEW", 1));
        _rig.Place("1", ("ODD", 1));
        _rig.Adjust("NEW", "SH1", 5);
        Assert.Equal(MicroState.AwaitingPayment, _rig.View("1").State);
        _carts.Verify();
    }

    // ── carts ──

    [Fact]
    public void A_cart_holds_a_bundle_by_its_components_and_all_move_as_one()
    {
        var cart = _carts.Reserve("r1", ("SET", 2), ("A", 1));
        Assert.Equal(CartState.Reserved, cart.State);
        Assert.Equal(["2 A r1~~SET", "4 B r1~~SET"], cart.Lines[0].Parts.Select(p => $"{p.Quantity} {p.Sku} {p.ReservationId}"));
        Assert.All(cart.Lines, l => Assert.False(l.Revalidated));
        Assert.Equal((7, 6, 10), Free);
        _carts.Change("r1", ReservationChange.Commit);
        _carts.Change("r1", ReservationChange.Ship);
        Assert.Equal((7, 6), (_rig.Stock("A").OnHand, _rig.Stock("B").OnHand));
        _carts.Verify();
    }

    [Fact]
    public void A_cart_that_lacks_a_component_holds_nothing_and_says_how_many_bundles_would_fit()
    {
        var token = _carts.Snapshot("SET");
        Assert.Equal(5, token.Available);
        var cart = _carts.Reserve("r1", ("C", 1, _carts.Snapshot("C")), ("SET", 6, token));
        Assert.Equal(CartState.Refused, cart.State);
        Assert.Null(cart.Lines[0].Refusal);
        var refusal = cart.Lines[1].Refusal!;
        Assert.Equal((5L, 5L, "B", 2L), (refusal.Available, refusal.WouldFit, refusal.Short!.Sku, refusal.Short.Shortfall));
        Assert.Equal((10, 10, 10), Free);
        // Nothing half-done: the bundle's token and the id serve another try.
        Assert.Equal(CartState.Reserved, _carts.Reserve("r1", ("SET", 5, token)).State);
        _carts.Verify();
    }

    [Fact]
    public void A_bundle_by_itself_is_a_cart_of_one_line_whose_id_is_unique_on_it()
    {
        Assert.Equal(StockOutcome.Led, _carts.ReserveOne("SET", "r1", 1).Outcome);
        Assert.Equal(CartState.Reserved, _carts.ReserveBundle("SET", "r1", 1).State);
        var other = _carts.Reserve("r1", ("SET", 1));
        Assert.Equal((CartState.Refused, LineAnswerKind.Conflict), (other.State, other.Lines[0].Refusal!.Kind));
        Assert.Equal((9, 8, 10), Free);
        _carts.Verify();
    }

    [Fact]
    public void A_bundle_whose_components_moved_is_checked_again_and_a_strict_one_refused()
    {
        var token = _carts.Snapshot("SET");
        _rig.Adjust("B", "SH1", 1);
        Assert.True(_carts.Reserve("r1", ("SET", 1, token)).Lines[0].Revalidated);
        _rig.Ask(ActorId.Sku("SET"), new ConfigureSku { Strict = true });
        var stale = _carts.Snapshot("SET");
        _rig.Adjust("A", "SH1", 1);
        var refused = _carts.Reserve("r2", ("SET", 1, stale));
        Assert.Equal((CartState.Refused, LineAnswerKind.StaleToken), (refused.State, refused.Lines[0].Refusal!.Kind));
        Assert.Equal(CartState.Reserved, _carts.Reserve("r2", ("SET", 1)).State);
        _carts.Verify();
    }

    [Fact]
    public void What_a_cart_moves_itself_is_no_move_to_its_own_tokens()
    {
        Bundle("PAIR", ("A", 2));
        foreach (var sku in new[] { "A", "SET", "PAIR" }) _rig.Ask(ActorId.Sku(sku), new ConfigureSku { Strict = true });
        var cart = _carts.Reserve("r1", ("A", 1), ("SET", 1), ("PAIR", 1));
        Assert.Equal(CartState.Reserved, cart.State);
        Assert.All(cart.Lines, l => Assert.False(l.Revalidated));
        _carts.Verify();
    }

    [Fact]
    public void A_bundles_token_makes_one_reservation()
    {
        var token = _carts.Snapshot("SET");
        _carts.Reserve("r1", ("SET", 1, token));
        var again = _carts.Reserve("r2", ("SET", 1, token));
        Assert.Equal((CartState.Refused, LineAnswerKind.TokenUsed), (again.State, again.Lines[0].Refusal!.Kind));
        Assert.Equal(CartState.Refused, _carts.Reserve("r3", ("SET", 1, _carts.Snapshot("SET", -1))).State);
        _carts.Verify();
    }

    [Theory]
    [InlineData("NEW")]
    [InlineData("SET")]
    public void A_component_that_is_unknown_or_a_bundle_itself_has_nothing_for_a_cart(string component)
    {
        Bundle("ODD", ("C", 1), (component, 1));
        var refused = _carts.Reserve("r1", ("ODD", 1));
        Assert.Equal((CartState.Refused, LineAnswerKind.Refused, 0L), (refused.State, refused.Lines[0].Refusal!.Kind, refused.Lines[0].Refusal!.WouldFit));
        Assert.Equal((10, 10, 10), Free);
        _carts.Verify();
    }

    [Fact]
    public void Carts_and_orders_of_bundles_and_their_components_share_the_stock_without_blocking()
    {
        var carts = Enumerable.Range(0, 8).Select(i => _carts.Begin($"r{i}", i % 2 == 0 ? [("SET", 1), ("B", 1)] : [("B", 1), ("SET", 1)])).ToArray();
        var orders = Enumerable.Range(0, 4).Select(i => _rig.Begin(EngineRig.OrderId($"{i}"), _rig.Wish($"{i}", _rig.Order(("B", 1), ("SET", 1))))).ToArray();
        _rig.Settle();
        _rig.Pass(TimeSpan.FromSeconds(10));
        Assert.All(carts.Concat(orders), c => Assert.True(c.IsCompleted));
        var won = carts.Count(c => ((CartView)c.Result.View!).State == CartState.Reserved) + Enumerable.Range(0, 4).Count(i => _rig.View($"{i}").State == MicroState.AwaitingPayment);
        Assert.Equal((3, 7, 1), (won, _rig.Stock("A").Available, _rig.Stock("B").Available));
        _carts.Verify();
    }
}
