using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>What comes to a cart from outside, and when its locks end. All that it holds moves as one.</summary>
public static class CartDecider
{
    /// <summary>A lock whose commitment is on its way is held this much longer (milliseconds).</summary>
    const long CommitHeld = 60_000;

    public static void Decide(CartActor cart, Command command, Turn turn)
    {
        switch (command)
        {
            case ReserveCart c: turn.Reply(new CartReply(Decide(cart, c, turn))); break;
            case ChangeCart c: turn.Reply(new CartReply(Decide(cart, c.Change, turn))); break;
            case LineAnswer c: CartSaga.Answered(cart, c, turn); break;
            case LockDue c: Due(cart, c, turn); break;
            case DeadlineReached: CartSaga.Due(cart, turn); break;
            case AskOwnership c: turn.Reply(new Ownership(Owns(cart, c.Sku, c.ReservationId))); break;
            default: throw new InvariantBrokenException($"{cart.Id} does not understand {command.GetType().Name}");
        }
    }

    /// <summary>Refusals are not remembered: under the id of a refused cart everything begins afresh.</summary>
    static CartOutcome Decide(CartActor cart, ReserveCart wish, Turn turn)
    {
        if (!cart.IsFree(turn.Now))
        {
            var same = cart.OrderId == wish.OrderId && cart.Wishes.Select(w => (w.Sku, w.Quantity)).SequenceEqual(wish.Lines.Select(w => (w.Sku, w.Quantity)));
            return same ? CartOutcome.Repeated : CartOutcome.IdempotencyConflict;
        }
        turn.Emit(new CartRequested
        {
            ReservationId = wish.ReservationId,
            OrderId = wish.OrderId,
            Lines = [.. wish.Lines],
            Warehouse = wish.Warehouse,
            KeyId = wish.KeyId,
            ExpiresAt = turn.Now + wish.OrderTier,
            PayingExpiresAt = turn.Now + wish.PayingTier,
            GiveUpAt = turn.Now + Math.Min(60_000, wish.OrderTier / 5),
        });
        CartSaga.Start(cart, oneByOne: false, turn);
        return CartOutcome.Done;
    }

    static CartOutcome Decide(CartActor cart, ReservationChange change, Turn turn)
    {
        if (!cart.IsLive && !cart.IsEnded) return CartOutcome.UnknownReservation;
        // Time decides, not the timer.
        if (cart.State == CartState.Reserved && turn.Now >= cart.LockDeadline && change != ReservationChange.Release) End(cart, CartState.Expired, turn);
        return change switch
        {
            ReservationChange.Paying => Paying(cart, turn),
            ReservationChange.Commit => Commit(cart, turn),
            ReservationChange.Release => Release(cart, turn),
            _ => Ship(cart, turn),
        };
    }

    static CartOutcome Paying(CartActor cart, Turn turn)
    {
        if (!cart.IsLive) return CartOutcome.ReservationClosed;
        if (cart.State == CartState.Committed || cart.Tier == LockTier.Paying) return CartOutcome.Repeated;
        turn.Emit(new CartPaying());
        CartSaga.Tell(cart, LineChange.Extend, CartSaga.Those(cart, l => l.Stock == CartStock.Reserved), "paying", turn);
        return CartOutcome.Done;
    }

    static CartOutcome Commit(CartActor cart, Turn turn)
    {
        if (cart.State is CartState.Committed or CartState.Shipped) return CartOutcome.Repeated;
        if (!cart.IsLive) return CartOutcome.ReservationClosed;
        turn.Emit(new CartCommitted());
        CartSaga.Tell(cart, LineChange.Commit, CartSaga.Those(cart, l => l.Stock == CartStock.Reserved), "committed", turn);
        return CartOutcome.Done;
    }

    static CartOutcome Release(CartActor cart, Turn turn)
    {
        if (cart.State == CartState.Released) return CartOutcome.Repeated;
        if (!cart.IsLive) return CartOutcome.ReservationClosed;
        End(cart, CartState.Released, turn);
        return CartOutcome.Done;
    }

    static CartOutcome Ship(CartActor cart, Turn turn)
    {
        if (cart.State == CartState.Shipped) return CartOutcome.Repeated;
        if (cart.State != CartState.Committed) return CartOutcome.ReservationClosed;
        End(cart, CartState.Shipped, turn);
        return CartOutcome.Done;
    }

    static void End(CartActor cart, CartState end, Turn turn)
    {
        turn.Emit(new CartEnded { End = end });
        var (change, why) = end switch
        {
            CartState.Shipped => (LineChange.Ship, "shipped"),
            CartState.Expired => (LineChange.Expire, "lock lapsed"),
            _ => (LineChange.Release, "caller"),
        };
        CartSaga.Tell(cart, change, CartSaga.Those(cart, l => l.Stock is CartStock.Reserved or CartStock.Committed or CartStock.Expanded), why, turn);
    }

    /// <summary>A SKU asks whether a lock may end. All locks of the cart end together.</summary>
    static void Due(CartActor cart, LockDue due, Turn turn)
    {
        var line = cart.LineOf(turn.Sender.Key, due.ReservationId);
        if (line is null || line.Stock is not (CartStock.Asked or CartStock.Reserved or CartStock.Committed))
        {
            turn.Send(turn.Sender, new ChangeLine { ReservationId = due.ReservationId, Change = LineChange.Release, Why = "no line of this cart holds it" });
            return;
        }
        if (cart.State == CartState.Reserved && turn.Now >= cart.LockDeadline)
        {
            End(cart, CartState.Expired, turn);
            return;
        }
        turn.Send(turn.Sender, new ChangeLine
        {
            ReservationId = due.ReservationId, Change = LineChange.Extend, ExpiresAt = cart.State == CartState.Reserved ? cart.LockDeadline : turn.Now + CommitHeld,
        });
    }

    static bool Owns(CartActor cart, string sku, string reservationId) =>
        cart.LineOf(sku, reservationId) is { } line && (line.Told || line.Stock is CartStock.Asked or CartStock.Reserved or CartStock.Committed);
}
