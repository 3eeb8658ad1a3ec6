using Engine.Actors.Inventory;
using Xunit;

namespace Engine.Tests.Inventory;

/// <summary>Reservations of callers: the precedence of refusals, tokens, tickets and tiers.</summary>
public sealed class ReservationTests
{
    readonly DeciderRig _sku = new();

    public ReservationTests() => _sku.Adjust("W1", 10, StockReason.Receiving);

    [Fact]
    public void A_reservation_larger_than_the_shelf_is_refused_with_what_would_fit()
    {
        var reply = _sku.Reserve("r1", "o1", 11);
        Assert.Equal((StockOutcome.InsufficientStock, 10L), (reply.Outcome, reply.WouldFit));
        Assert.Equal(1, reply.Replenishment!.Shortfall);
    }

    [Fact]
    public void The_same_call_gets_the_first_answer_and_another_under_its_id_a_conflict()
    {
        var first = _sku.Reserve("r1", "o1", 3).Reservation!;
        _sku.Change("r1", ReservationChange.Paying);
        Assert.Equal(first, _sku.Reserve("r1", "o1", 3).Reservation);
        Assert.Equal(StockOutcome.IdempotencyConflict, _sku.Reserve("r1", "o1", 4).Outcome);
        Assert.Equal(StockOutcome.IdempotencyConflict, _sku.Reserve("r1", "o2", 3).Outcome);
        Assert.Equal(3, _sku.Sku.ToView().Reserved);
    }

    [Fact]
    public void A_token_serves_one_reservation_and_is_forgotten_only_when_it_has_expired()
    {
        var token = _sku.Snapshot();
        _sku.Reserve("r1", "o1", 1, token: token);
        Assert.Equal(StockOutcome.TokenUsed, _sku.Reserve("r2", "o2", 1, token: token).Outcome);
        _sku.Pass(60_001);
        _sku.Reserve("r3", "o3", 1);
        Assert.False(_sku.Sku.IsUsed(token.TokenId));
        Assert.Equal(StockOutcome.TokenExpired, _sku.Reserve("r2", "o2", 1, token: token).Outcome);
    }

    [Theory]
    [InlineData(ReservationChange.Paying)]
    [InlineData(ReservationChange.Commit)]
    public void A_lock_has_lapsed_at_its_deadline_whether_or_not_its_timer_has_come_round(ReservationChange change)
    {
        _sku.Reserve("in-time", "o1", 1);
        _sku.Reserve("late", "o2", 1);
        _sku.PassUnnoticed(899_999);
        Assert.Equal(StockOutcome.Done, _sku.Change("in-time", change).Outcome);
        _sku.PassUnnoticed(1);
        Assert.Equal((StockOutcome.ReservationClosed, ReservationState.Expired), (_sku.Change("late", change).Outcome, _sku.Sku.Reservation("late")!.State));
        Assert.Equal(9, _sku.Sku.Available);
    }

    [Fact]
    public void Each_loss_is_answered_with_its_own_shortage()
    {
        _sku.Reserve("r1", "o1", 8);
        Assert.Equal(4, _sku.Adjust("W1", -6, StockReason.Damage).Shortage);
        Assert.Equal(1, _sku.Adjust("W1", -1, StockReason.Damage).Shortage);
        Assert.Equal(5, _sku.Sku.ToView().Shortage);
    }

    [Fact]
    public void A_token_is_good_to_its_last_millisecond()
    {
        var token = _sku.Snapshot();
        _sku.Pass(60_000);
        Assert.Equal(StockOutcome.Done, _sku.Reserve("r1", "o1", 1, token: token).Outcome);
    }

    [Fact]
    public void The_id_of_an_ended_reservation_is_known_for_seven_days_and_free_after_them()
    {
        _sku.Reserve("r1", "o1", 1);
        _sku.Change("r1", ReservationChange.Release);
        _sku.Pass(SkuActor.Remembered);
        EndAnother("r2");
        Assert.Equal(StockOutcome.Repeated, _sku.Reserve("r1", "o1", 1).Outcome);
        _sku.Pass(1);
        EndAnother("r3");
        Assert.Equal(StockOutcome.Done, _sku.Reserve("r1", "o1", 1).Outcome);

        // What is remembered goes when something ends.
        void EndAnother(string id)
        {
            _sku.Reserve(id, id, 1);
            _sku.Change(id, ReservationChange.Release);
        }
    }

    [Fact]
    public void Refusals_come_in_the_documented_order()
    {
        var used = _sku.Snapshot();
        _sku.Reserve("r1", "o1", 1, token: used);
        _sku.Pass(61_000);
        // Known id before used token before expired token before stock.
        Assert.Equal(StockOutcome.Repeated, _sku.Reserve("r1", "o1", 1, token: used).Outcome);
        Assert.Equal(StockOutcome.TokenUsed, _sku.Reserve("r3", "o3", 99, token: used).Outcome);
        var fresh = _sku.Snapshot();
        _sku.Reserve("r2", "o2", 1, token: fresh);
        Assert.Equal(StockOutcome.TokenUsed, _sku.Reserve("r3", "o3", 99, token: fresh).Outcome);
        Assert.Equal(StockOutcome.TokenExpired, _sku.Reserve("r3", "o3", 99, token: _sku.Snapshot() with { ExpiresAt = _sku.Now - 1 }).Outcome);
        Assert.Equal(StockOutcome.InsufficientStock, _sku.Reserve("r3", "o3", 99).Outcome);
    }

    [Fact]
    public void A_moved_stock_is_looked_at_again_but_a_strict_SKU_refuses()
    {
        var early = _sku.Snapshot();
        var strict = _sku.Snapshot();
        _sku.Reserve("r1", "o1", 1);
        var reply = _sku.Reserve("r2", "o2", 1, token: early);
        Assert.True(reply.Reservation!.Revalidated);
        _sku.Ask(new ConfigureSku { Strict = true });
        Assert.Equal(StockOutcome.StaleToken, _sku.Reserve("r3", "o3", 1, token: strict).Outcome);
        Assert.Equal(StockOutcome.Done, _sku.Reserve("r3", "o3", 1).Outcome);
    }

    [Fact]
    public void Safety_stock_is_never_promised()
    {
        _sku.Ask(new ConfigureSku { SafetyStock = 4 });
        Assert.Equal(6, _sku.Sku.Available);
        Assert.Equal(StockOutcome.InsufficientStock, _sku.Reserve("r1", "o1", 7).Outcome);
        Assert.Equal(StockOutcome.Done, _sku.Reserve("r1", "o1", 6).Outcome);
    }

    [Fact]
    public void The_order_tier_ends_at_15_minutes_and_the_paying_tier_at_45()
    {
        _sku.Reserve("r1", "o1", 2);
        _sku.Reserve("r2", "o2", 3);
        _sku.Pass(840_000);
        _sku.Change("r2", ReservationChange.Paying);
        _sku.Pass(59_999);
        Assert.Equal(5, _sku.Sku.ToView().Reserved);
        _sku.Pass(1);
        Assert.Equal(3, _sku.Sku.ToView().Reserved);
        _sku.Pass(1_799_999);
        Assert.Equal(3, _sku.Sku.ToView().Reserved);
        _sku.Pass(1);
        Assert.Equal(0, _sku.Sku.ToView().Reserved);
        Assert.Equal(StockOutcome.ReservationClosed, _sku.Change("r2", ReservationChange.Commit).Outcome);
    }

    [Fact]
    public void Every_change_can_be_repeated_and_takes_effect_once()
    {
        _sku.Reserve("r1", "o1", 2);
        foreach (var change in new[] { ReservationChange.Paying, ReservationChange.Commit, ReservationChange.Ship })
        {
            Assert.Equal(StockOutcome.Done, _sku.Change("r1", change).Outcome);
            var version = _sku.Sku.Version;
            Assert.Equal(StockOutcome.Repeated, _sku.Change("r1", change).Outcome);
            Assert.Equal(version, _sku.Sku.Version);
        }
        Assert.Equal((8, 0), (_sku.OnHand("W1"), _sku.Sku.ToView().Committed));
        Assert.Equal(StockOutcome.ReservationClosed, _sku.Change("r1", ReservationChange.Release).Outcome);
    }

    [Fact]
    public void An_adjustment_under_the_same_reference_is_applied_once()
    {
        var wish = new AdjustStock { Reference = "po-1", LineNumber = 0, Warehouse = "W1", Delta = 5, Reason = StockReason.Receiving };
        var first = _sku.Ask(wish);
        var again = _sku.Ask(wish);
        Assert.Equal((StockOutcome.Repeated, first.OnHand, first.Stock.Version), (again.Outcome, again.OnHand, again.Stock.Version));
        Assert.Equal(15, _sku.OnHand("W1"));
        Assert.Equal(StockOutcome.IdempotencyConflict, _sku.Ask(new AdjustStock { Reference = "po-1", LineNumber = 0, Warehouse = "W1", Delta = 6, Reason = StockReason.Receiving }).Outcome);
    }

    [Fact]
    public void Loss_beyond_free_stock_is_shortage_and_what_ships_all_the_same_is_found_again()
    {
        _sku.Reserve("r1", "o1", 8);
        _sku.Change("r1", ReservationChange.Commit);
        var loss = _sku.Adjust("W1", -5, StockReason.Damage);
        Assert.Equal((StockOutcome.Done, 3L, 5L), (loss.Outcome, loss.Shortage, loss.OnHand));
        Assert.Equal(3, _sku.Sku.ToView().Shortage);
        Assert.Equal(StockOutcome.Done, _sku.Change("r1", ReservationChange.Ship).Outcome);
        Assert.Equal((0, 0, 0), (_sku.OnHand("W1"), _sku.Sku.ToView().Shortage, _sku.Sku.ToView().Committed));
    }

    [Fact]
    public void Turnover_is_what_was_committed_in_seven_days()
    {
        Assert.Null(_sku.Sku.DailyTurnover(_sku.Now));
        _sku.Reserve("r1", "o1", 7);
        _sku.Change("r1", ReservationChange.Commit);
        Assert.Equal(1.0, _sku.Sku.DailyTurnover(_sku.Now));
        Assert.Equal(0.0, _sku.Sku.DailyTurnover(_sku.Now + 8 * SkuActor.Day));
    }
}
