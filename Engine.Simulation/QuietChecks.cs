using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>
/// What must hold once the faults have stopped, everything has been said and every lock's time is over: I7, I9 and that each
/// order has its defined end with exactly the stock that belongs to it.
/// </summary>
static class QuietChecks
{
    public static void Check(Replica replica)
    {
        replica.CheckLinks();
        CartChecks.Check(replica, late: true);
        var held = replica.Actors.OfType<SkuActor>().SelectMany(s => s.Reservations.Where(r => r.IsLive), (s, r) => (Sku: s, Reservation: r)).ToArray();
        foreach (var (sku, reservation) in held)
        {
            Require(reservation.State == ReservationState.Committed, "I7", $"{reservation.Id} of {sku.Sku} is still {reservation.State}, {reservation.Owner}");
            if (reservation.Owner == ReservationOwner.Order) CheckOwned(replica, sku, reservation);
        }
        foreach (var sku in replica.Actors.OfType<SkuActor>()) CheckQueue(replica, sku);
        foreach (var order in replica.Actors.OfType<OrderActor>()) Check(replica, order);
    }

    static void CheckOwned(Replica replica, SkuActor sku, Reservation reservation)
    {
        var order = replica.Find<OrderActor>(ActorId.Order(reservation.OrderId));
        var line = order.LineOf(reservation.Id);
        Require(line is { Stock: LineStock.Committed } && line.Sku == sku.Sku && line.Quantity == reservation.Quantity && line.Warehouse == reservation.Warehouse, "I7",
            $"{reservation.Id} holds {reservation.Quantity} of {sku.Sku} in {reservation.Warehouse}; its order ({order.State}) has {line?.Stock.ToString() ?? "no such line"} {line?.Quantity} {line?.Warehouse}");
    }

    static void CheckQueue(Replica replica, SkuActor sku)
    {
        foreach (var waiting in sku.Backorders)
        {
            var order = replica.Find<OrderActor>(ActorId.Order(waiting.OrderId));
            Require(order.Phase == OrderPhase.Backordered && order.LineOf(waiting.ReservationId) is { Stock: LineStock.Waiting } line && line.Quantity == waiting.Quantity, "I7",
                $"{waiting.ReservationId} waits for {sku.Sku}; its order is {order.State}");
            Require(waiting.Paid && order.MayCommit, "I7", $"{waiting.ReservationId} waits for {sku.Sku} unpaid");
        }
    }

    static void Check(Replica replica, OrderActor order)
    {
        if (!order.Known) return;
        var id = $"{order.OrderId} ({order.State}{(order.MayCommit ? ", paid" : "")}{(order.Held ? ", held" : "")})";
        Require(order.IsSettled, "I9", $"{id} is not settled: {Lines(order)}");
        Require(order.State is not (MicroState.Received or MicroState.Reserving or MicroState.AwaitingPayment or MicroState.Paying), "I7", $"{id} has no defined end: {Lines(order)}");
        if (order.MayCommit && !order.Cancelled)
            Require(order.State is MicroState.Backordered or MicroState.Held or MicroState.Refunded || HasAll(order), "I7", $"{id} was paid and lacks stock: {Lines(order)}");
        if (order.IsEnded || order.State == MicroState.Refunded)
            Require(order.Lines.All(l => l.Stock is not (LineStock.Reserved or LineStock.Committed or LineStock.Waiting)), "I7", $"{id} has ended and still holds: {Lines(order)}");
        Require(order.RemindAt == Actor.Never, "I7", $"{id}: the buyer was not reminded");
        if (order.Cancelled) Require(order.State == MicroState.Cancelled ? order.PaidSum <= order.RefundedSum : order.State is MicroState.Refunding or MicroState.Refunded, "I7", $"{id} is cancelled with {order.PaidSum} paid");
        Require(order.State != MicroState.Refunded || !order.Cancelled || OrderStates.RefundDue(order) == 0, "I7", $"{id} owes {OrderStates.RefundDue(order)} of {order.PaidSum}");
        var open = order.Lines.Where(l => l.IsOpen).ToArray();
        Require(open.Length == 0 || order.Cancelled || !order.HasStep || order.Step >= MicroState.Shipped || open.Any(l => l.Stock != LineStock.Shipped), "I7", $"{id} has left and does not say so: {Lines(order)}");
        foreach (var line in order.Lines) CheckLine(replica, order, line, id);
    }

    static bool HasAll(OrderActor order) => order.Lines.All(l => !l.IsOpen || l.Stock is LineStock.Committed or LineStock.Shipped);

    static void CheckLine(Replica replica, OrderActor order, OrderLine line, string id)
    {
        var sku = line.Sku.Length > 0 ? replica.Find<SkuActor>(ActorId.Sku(line.Sku)) : null;
        var reservation = sku?.Reservation(line.ReservationId(order.OrderId));
        var waits = sku?.BackorderOf(line.ReservationId(order.OrderId));
        Require(line.Stock is LineStock.Committed == reservation is not null, "I7", $"{id}: line {line.Ordered.LineId} is {line.Stock}, its reservation {reservation?.State.ToString() ?? "is not there"}");
        Require(line.Stock is LineStock.Waiting == waits is not null, "I7", $"{id}: line {line.Ordered.LineId} is {line.Stock}, but {(waits is null ? "not in" : "in")} the queue of {line.Sku}");
    }

    static string Lines(OrderActor order) =>
        string.Join(", ", order.Lines.Select(l => $"{l.Ordered.LineId} {l.Quantity} of {l.Sku} {l.Stock}{(l.Told ? $" told {l.ToldChange}" : "")}")) + $", {order.Phase}";
}
