using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Carts;

/// <summary>Stories of single carts through the real kernel: all lines or none, and what became of the stock.</summary>
public sealed class CartStoryTests
{
    readonly EngineRig _rig = new();
    readonly CartRig _carts;

    public CartStoryTests()
    {
        _carts = new CartRig(_rig);
        _rig.Warehouse("GZ1");
        _rig.Warehouse("SH1");
        foreach (var sku in new[] { "A", "B", "C" }) _rig.Adjust(sku, "SH1", 10);
    }

    static void Is(CartState state, CartView cart) => Assert.Equal(state, cart.State);

    long Available(string sku) => _rig.Stock(sku).Available;

    [Fact]
    public void A_cart_reserves_every_line_and_moves_as_one()
    {
        var cart = _carts.Reserve("r1", ("A", 3), ("B", 2));
        Is(CartState.Reserved, cart);
        Assert.All(cart.Lines, l => Assert.Equal(("SH1", false), (l.Warehouse, l.Revalidated)));
        Assert.Equal((7, 8), (Available("A"), Available("B")));
        Is(CartState.Reserved, _carts.Change("r1", ReservationChange.Paying));
        Is(CartState.Committed, _carts.Change("r1", ReservationChange.Commit));
        Assert.Equal((3, 2), (_rig.Stock("A").Committed, _rig.Stock("B").Committed));
        Is(CartState.Shipped, _carts.Change("r1", ReservationChange.Ship));
        Assert.Equal((7, 8), (_rig.Stock("A").OnHand, _rig.Stock("B").OnHand));
        _carts.Verify();
    }

    [Fact]
    public void One_short_line_refuses_the_cart_and_names_itself_alone()
    {
        var cart = _carts.Reserve("r1", ("A", 3), ("B", 12), ("C", 11));
        Is(CartState.Refused, cart);
        Assert.Null(cart.Lines[0].Refusal);
        Assert.Equal((LineAnswerKind.Refused, 10L, 10L, 2L), (cart.Lines[1].Refusal!.Kind, cart.Lines[1].Refusal!.Available, cart.Lines[1].Refusal!.WouldFit, cart.Lines[1].Refusal!.Short!.Shortfall));
        Assert.Equal(LineAnswerKind.Refused, cart.Lines[2].Refusal!.Kind);
        Assert.Equal((10, 10, 10), (Available("A"), Available("B"), Available("C")));
        _carts.Verify();
    }

    [Fact]
    public void A_refused_cart_has_used_no_token_and_may_try_again_under_its_id()
    {
        var (a, b) = (_carts.Snapshot("A"), _carts.Snapshot("B"));
        Is(CartState.Refused, _carts.Reserve("r1", ("A", 3, a), ("B", 12, b)));
        Is(CartState.Reserved, _carts.Reserve("r1", ("A", 3, a), ("B", 1, b)));
        Is(CartState.Refused, _carts.Reserve("r2", ("A", 3, a)));
        Assert.Equal(LineAnswerKind.TokenUsed, _carts.View("r2").Lines[0].Refusal!.Kind);
        _carts.Verify();
    }

    [Fact]
    public void The_same_call_is_answered_the_same_and_another_under_the_id_is_a_conflict()
    {
        _carts.Reserve("r1", ("A", 3), ("B", 2));
        _carts.Change("r1", ReservationChange.Commit);
        Assert.Equal(CartOutcome.Repeated, _carts.Ask("r1", ("A", 3), ("B", 2)).Outcome);
        Assert.Equal(CartOutcome.IdempotencyConflict, _carts.Ask("r1", ("A", 3), ("B", 3)).Outcome);
        Assert.Equal(CartOutcome.IdempotencyConflict, _carts.Ask("r1", ("A", 3)).Outcome);
        Assert.Equal((3, 2), (_rig.Stock("A").Committed, _rig.Stock("B").Committed));
    }

    [Fact]
    public void Lines_of_one_SKU_are_one_reservation_that_needs_the_stock_of_both()
    {
        var cart = _carts.Reserve("r1", ("A", 3), ("A", 4));
        Is(CartState.Reserved, cart);
        Assert.Equal(3, Available("A"));
        Assert.All(cart.Lines, l => Assert.Equal(7, l.Held));
        Is(CartState.Refused, _carts.Reserve("r2", ("B", 5), ("B", 6)));
        var token = _carts.Snapshot("B");
        Is(CartState.Refused, _carts.Reserve("r3", ("B", 1, token), ("B", 1, token)));
        Assert.Equal(LineAnswerKind.TokenUsed, _carts.View("r3").Lines[0].Refusal!.Kind);
        _carts.Verify();
    }

    [Fact]
    public void Each_refusal_says_what_stood_in_the_way_of_its_line()
    {
        _rig.Ask(ActorId.Sku("C"), new ConfigureSku { Strict = true });
        var (used, old, stale) = (_carts.Snapshot("A"), _carts.Snapshot("B", -1), _carts.Snapshot("C"));
        _carts.Reserve("first", ("A", 1, used));
        _rig.Adjust("C", "SH1", 1);
        var cart = _carts.Reserve("r1", ("A", 1, used), ("B", 1, old), ("C", 1, stale));
        Assert.Equal([LineAnswerKind.TokenUsed, LineAnswerKind.TokenExpired, LineAnswerKind.StaleToken], cart.Lines.Select(l => l.Refusal!.Kind));
        Is(CartState.Reserved, _carts.Reserve("r1", ("B", 1), ("C", 1)));
        _carts.Verify();
    }

    [Fact]
    public void A_reservation_id_that_a_SKU_knows_is_a_conflict_of_its_line()
    {
        _carts.ReserveOne("A", "r1", 1);
        var cart = _carts.Reserve("r1", ("A", 1), ("B", 1));
        Assert.Equal((CartState.Refused, LineAnswerKind.Conflict, null), (cart.State, cart.Lines[0].Refusal!.Kind, cart.Lines[1].Refusal));
        _carts.Reserve("r2", ("A", 1));
        Assert.Equal(StockOutcome.IdempotencyConflict, _carts.ReserveOne("A", "r2", 1).Outcome);
        _carts.Verify();
    }

    [Fact]
    public void All_locks_of_a_cart_end_together_and_on_time()
    {
        _carts.Reserve("r1", ("A", 3), ("B", 2));
        _rig.Pass(TimeSpan.FromSeconds(899));
        Is(CartState.Reserved, _carts.View("r1"));
        _rig.Pass(TimeSpan.FromSeconds(2));
        Is(CartState.Expired, _carts.View("r1"));
        Assert.Equal((10, 10), (Available("A"), Available("B")));
        Assert.Equal(CartOutcome.ReservationClosed, _carts.Move("r1", ReservationChange.Commit).Outcome);
        _carts.Verify();
    }

    [Fact]
    public void Paying_holds_all_locks_until_the_paying_tier_ends()
    {
        _carts.Reserve("r1", ("A", 3), ("B", 2));
        _rig.Pass(TimeSpan.FromMinutes(14));
        _carts.Change("r1", ReservationChange.Paying);
        _rig.Pass(TimeSpan.FromMinutes(30));
        Is(CartState.Reserved, _carts.View("r1"));
        _rig.Pass(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(1));
        Is(CartState.Expired, _carts.View("r1"));
        Assert.Equal((10, 10), (Available("A"), Available("B")));
    }

    [Fact]
    public void A_lapsed_lock_is_closed_to_a_commit_although_no_timer_came_round()
    {
        _carts.Reserve("r1", ("A", 3));
        _rig.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(CartOutcome.ReservationClosed, _carts.Move("r1", ReservationChange.Commit).Outcome);
        Is(CartState.Expired, _carts.View("r1"));
        Assert.Equal(10, Available("A"));
    }

    [Fact]
    public void A_deadline_that_passed_while_nothing_ran_is_kept_at_the_start()
    {
        _carts.Reserve("r1", ("A", 3), ("B", 2));
        _rig.Time.Advance(TimeSpan.FromHours(2));
        _rig.Restart();
        _rig.Pass(TimeSpan.FromSeconds(1));
        Is(CartState.Expired, _carts.View("r1"));
        Assert.Equal((10, 10), (Available("A"), Available("B")));
        _carts.Verify();
    }

    [Fact]
    public void Carts_in_opposite_orders_that_fill_the_stock_neither_block_nor_oversell()
    {
        var begun = Enumerable.Range(0, 30).Select(i => _carts.Begin($"r{i}", i % 2 == 0 ? [("A", 1), ("B", 1), ("C", 1)] : [("C", 1), ("B", 1), ("A", 1)])).ToArray();
        _rig.Settle();
        _rig.Pass(TimeSpan.FromSeconds(10));
        Assert.All(begun, b => Assert.True(b.IsCompleted));
        var reserved = begun.Count(b => ((CartView)b.Result.View!).State == CartState.Reserved);
        Assert.Equal(10, reserved);
        Assert.Equal((0, 0, 0), (Available("A"), Available("B"), Available("C")));
        _carts.Verify();
    }

    [Fact]
    public void Carts_take_nothing_from_a_warehouse_that_is_paused()
    {
        _rig.Adjust("A", "GZ1", 1);
        _rig.Warehouse("SH1", state: WarehouseState.Paused);
        Is(CartState.Refused, _carts.Reserve("r1", ("A", 2)));
        Assert.Equal(1, _carts.View("r1").Lines[0].Refusal!.WouldFit);
        Is(CartState.Reserved, _carts.Reserve("r1", ("A", 1)));
    }

    [Fact]
    public void Physical_loss_does_not_take_a_carts_lock()
    {
        _carts.Reserve("r1", ("A", 8));
        _rig.Place("1", ("A", 2));
        _rig.Adjust("A", "SH1", -4, StockReason.Damage);
        Is(CartState.Reserved, _carts.View("r1"));
        Assert.Equal(MicroState.Backordered, _rig.View("1").State);
        Is(CartState.Committed, _carts.Change("r1", ReservationChange.Commit));
        Is(CartState.Shipped, _carts.Change("r1", ReservationChange.Ship));
        _carts.Verify();
    }

    [Fact]
    public void An_id_is_free_again_seven_days_after_its_end()
    {
        _carts.Reserve("r1", ("A", 1));
        _carts.Change("r1", ReservationChange.Release);
        Assert.Equal(CartOutcome.IdempotencyConflict, _carts.Ask("r1", ("B", 1)).Outcome);
        _rig.Time.Advance(TimeSpan.FromDays(8));
        _rig.Node.Tick();
        _rig.Settle();
        Is(CartState.Reserved, _carts.Reserve("r1", ("B", 1)));
    }
}
