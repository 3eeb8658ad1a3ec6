using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// Locks end by themselves. A caller's lock is freed at its deadline; that of an order or a cart is freed on its leader's
/// durable answer, because a payment may already be acknowledged there.
/// </summary>
public static class LockDecider
{
    /// <summary>Deadlines decided in one turn, so that others keep theirs in a storm: as many as a partition asks about at once beside new work.</summary>
    const int PerTurn = 32;

    public static void Decide(SkuActor sku, Turn turn)
    {
        var freed = false;
        for (var i = 0; i < PerTurn && sku.NextDue(turn.Now) is { } id; i++)
        {
            if (sku.Reservation(id) is { Owner: ReservationOwner.Caller } reservation)
            {
                turn.Emit(new ReservationReleased { ReservationId = id, End = ReservationState.Expired, Quantity = reservation.Quantity, Why = "lock lapsed" });
                freed = true;
                continue;
            }
            if (sku.BackorderOf(id) is { NotBefore: > 0 } aside && aside.NotBefore <= turn.Now)
            {
                turn.Emit(new BackorderReady { ReservationId = id });
                freed = true;
                continue;
            }
            var leader = sku.Reservation(id)?.Leader ?? ActorId.Order(sku.BackorderOf(id)!.OrderId);
            turn.Emit(new LockQuestioned { ReservationId = id });
            turn.Send(leader, new LockDue { ReservationId = id });
        }
        if (freed) BackorderDecider.Freed(sku, turn);
    }

    public static StockReply Decide(SkuActor sku, FreeOrphan found, Turn turn)
    {
        if (sku.Reservation(found.ReservationId) is not { Owner: ReservationOwner.Order or ReservationOwner.Cart, IsLive: true } orphan)
            return new(StockOutcome.UnknownReservation, sku.ToView());
        turn.Emit(new ReservationReleased { ReservationId = orphan.Id, Quantity = orphan.Quantity, Why = found.Why, Orphan = true });
        BackorderDecider.Freed(sku, turn);
        return new(StockOutcome.Done, sku.ToView());
    }
}
