using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;

namespace Engine.Actors.Inventory;

/// <summary>What leaders (orders and carts) ask for their lines. Every message is answered, also when there is nothing to do.</summary>
public static class LineDecider
{
    /// <summary>A lock of a larger order younger than this may yet be given back (milliseconds).</summary>
    const long Young = 1_000;

    public static void Decide(SkuActor sku, ReserveLine wish, Turn turn)
    {
        var answer = new LineAnswer { ReservationId = wish.ReservationId, Quantity = wish.Quantity, Version = sku.Version - wish.OwnMoves, Number = wish.Number };
        var ofCart = turn.Sender.Kind == ActorKind.Cart;
        if (ofCart) answer.Standing = CartLines.Standing(sku, wish, turn);

        if (!sku.Known || (sku.IsBundle && wish.IsPart))
            answer.Kind = ofCart ? LineAnswerKind.Refused : Unknown(sku, turn);
        else if (sku.HeldBy(turn.Sender, wish.ReservationId) is { } held)
        {
            // An offer from the backorder queue that crossed with the order's own question: it has what it asks for.
            if (wish.Commit) Commit(held, turn);
            (answer.Kind, answer.Warehouse, answer.Quantity) = (Granted(wish.Commit), held.Warehouse, held.Quantity);
            answer.Fitting = [held.Warehouse];
        }
        else if (ofCart && CartLines.Refusal(sku, wish, answer.Standing!, turn) is { } refused)
            answer.Kind = refused;
        else if (sku.IsBundle)
            Expand(sku, wish, answer, turn);
        else
            Reserve(sku, wish, answer, turn);
        turn.Send(turn.Sender, answer);
    }

    static LineAnswerKind Unknown(SkuActor sku, Turn turn)
    {
        if (!sku.AwaitingOrders.Contains(turn.Sender.Key)) turn.Emit(new OrderAwaitsSku { OrderId = turn.Sender.Key });
        return LineAnswerKind.UnknownSku;
    }

    /// <summary>A bundle is reserved by its components, which the leader asks itself.</summary>
    static void Expand(SkuActor sku, ReserveLine wish, LineAnswer answer, Turn turn)
    {
        if (sku.Bundle.Exists(p => (long)p.Quantity * wish.Quantity > int.MaxValue))
        {
            answer.Kind = LineAnswerKind.Refused;
            return;
        }
        (answer.Kind, answer.Parts) = (LineAnswerKind.Bundle, sku.Bundle);
        if (turn.Sender.Kind == ActorKind.Cart)
            turn.Emit(new BundleClaimed { ReservationId = wish.ReservationId, Cart = turn.Sender.Key, Quantity = wish.Quantity, Tokens = wish.Tokens });
    }

    static void Reserve(SkuActor sku, ReserveLine wish, LineAnswer answer, Turn turn)
    {
        WarehouseStock? chosen = null;
        var candidates = new Candidates(sku, wish.Warehouses, (DirectoryActor)turn.Directory);
        // An order of one line goes to the first that fits, and has no choice to make.
        var fitting = wish.LinesInOrder > 1 ? new string[candidates.Most] : [];
        var fits = 0;
        foreach (var stock in candidates)
        {
            var available = sku.AvailableIn(stock);
            if (available >= wish.Quantity)
            {
                if (chosen is null) (chosen, answer.Available) = (stock, available);
                if (fitting.Length == 0) break;
                fitting[fits++] = stock.Warehouse;
            }
            else if (chosen is null)
            {
                answer.Available = Math.Max(answer.Available, available);
                answer.Temporary |= available + sku.YoungHolds(stock.Warehouse, turn.Now - Young, turn.Sender) >= wish.Quantity;
            }
        }
        // An id that somebody else holds can't be granted a second time; the edge keeps callers from taking ids of this form.
        if (chosen is null || sku.HasReservation(wish.ReservationId))
        {
            answer.Kind = LineAnswerKind.Refused;
            Replenishment.Suggest(sku, wish.Quantity - answer.Available, "", turn);
            return;
        }
        (answer.Kind, answer.Warehouse, answer.Temporary) = (Granted(wish.Commit), chosen.Warehouse, false);
        answer.Fitting = fits == fitting.Length ? fitting : fitting[..fits];
        var granted = new StockReserved
        {
            ReservationId = wish.ReservationId,
            OrderId = turn.Sender.Key,
            Warehouse = chosen.Warehouse,
            Quantity = wish.Quantity,
            Owner = ReservationOwner.Order,
            Committed = wish.Commit,
            ExpiresAt = wish.ExpiresAt,
            PayingExpiresAt = wish.PayingExpiresAt,
            LinesInOrder = wish.LinesInOrder,
        };
        if (turn.Sender.Kind == ActorKind.Cart) CartLines.Complete(granted, wish, answer, turn);
        turn.Emit(granted);
    }

    public static void Decide(SkuActor sku, ChangeLine wish, Turn turn)
    {
        var answer = new LineAnswer { ReservationId = wish.ReservationId, Version = sku.Version, Number = wish.Number };
        if (sku.HeldBy(turn.Sender, wish.ReservationId) is not { } reservation)
        {
            answer.Kind = WithoutReservation(sku, wish, turn);
            turn.Send(turn.Sender, answer);
            return;
        }
        (answer.Warehouse, answer.Quantity) = (reservation.Warehouse, reservation.Quantity);
        answer.Kind = wish.Change switch
        {
            LineChange.Commit => Commit(reservation, turn),
            LineChange.Extend => Extend(reservation, wish, turn),
            LineChange.Ship => Ship(sku, reservation, turn),
            _ => Release(reservation, wish, turn),
        };
        if (answer.Kind == LineAnswerKind.Released) BackorderDecider.Freed(sku, turn);
        turn.Send(turn.Sender, answer);
    }

    /// <summary>It may be waiting, be a bundle's, or be gone; a release is done either way.</summary>
    static LineAnswerKind WithoutReservation(SkuActor sku, ChangeLine wish, Turn turn)
    {
        var waiting = sku.BackorderOf(wish.ReservationId);
        if (sku.Claim(wish.ReservationId) is { EndedAt: 0 } claim && claim.Leader == turn.Sender) return CartLines.EndClaim(wish, turn);
        switch (wish.Change)
        {
            case LineChange.Release or LineChange.Expire or LineChange.Reduce or LineChange.Withdraw:
                if (waiting is null) return LineAnswerKind.Released;
                turn.Emit(new BackorderEnded { ReservationId = wish.ReservationId });
                Replenishment.Met(sku, waiting.Quantity, turn);
                return LineAnswerKind.Released;
            case LineChange.Extend when waiting is not null:
                turn.Emit(new LockExtended { ReservationId = wish.ReservationId, ExpiresAt = NotAtOnce(wish, turn) });
                return LineAnswerKind.Extended;
            default:
                return LineAnswerKind.Gone;
        }
    }

    static LineAnswerKind Granted(bool committed) => committed ? LineAnswerKind.GrantedCommitted : LineAnswerKind.Granted;

    static LineAnswerKind Commit(HeldLine reservation, Turn turn)
    {
        if (reservation.State == ReservationState.Reserved) turn.Emit(new ReservationCommitted { ReservationId = reservation.Id });
        return LineAnswerKind.Committed;
    }

    static LineAnswerKind Extend(HeldLine reservation, ChangeLine wish, Turn turn)
    {
        if (reservation.State == ReservationState.Reserved)
            turn.Emit(new LockExtended { ReservationId = reservation.Id, Tier = LockTier.Paying, ExpiresAt = NotAtOnce(wish, turn) });
        return LineAnswerKind.Extended;
    }

    /// <summary>The leader's partition may be behind this one in time (a clock was set back): it is not asked again at once.</summary>
    static long NotAtOnce(ChangeLine wish, Turn turn) => Math.Max(wish.ExpiresAt, turn.Now + 1000);

    static LineAnswerKind Ship(SkuActor sku, HeldLine reservation, Turn turn)
    {
        AdjustDecider.FindMissing(sku, reservation.Id, reservation.Warehouse, reservation.Quantity, turn);
        turn.Emit(new ReservationShipped { ReservationId = reservation.Id });
        return LineAnswerKind.Shipped;
    }

    static LineAnswerKind Release(HeldLine reservation, ChangeLine wish, Turn turn)
    {
        turn.Emit(new ReservationReleased
        {
            ReservationId = reservation.Id,
            Quantity = wish.Change == LineChange.Reduce ? Math.Min(wish.Quantity, reservation.Quantity) : reservation.Quantity,
            End = wish.Change == LineChange.Expire ? ReservationState.Expired : ReservationState.Released,
            Why = wish.Why,
            Withdrawn = wish.Change == LineChange.Withdraw,
            Unsold = wish.Unsold && reservation.State == ReservationState.Committed,
        });
        return LineAnswerKind.Released;
    }
}
