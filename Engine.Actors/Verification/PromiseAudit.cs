using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Actors.Verification;

/// <summary>
/// What SKUs hold for orders against what orders believe to hold, at the end. The two speak by messages, so orders that a
/// message is still on its way to or from are left out.
/// </summary>
sealed class PromiseAudit
{
    readonly PartitionAudit[] _partitions;
    readonly HashSet<ActorId> _concerned;
    readonly Dictionary<(string Sku, string Reservation), (Reservation Held, int Partition)> _held = [];

    public PromiseAudit(PartitionAudit[] partitions, HashSet<ActorId> concerned) => (_partitions, _concerned) = (partitions, concerned);

    public void Check()
    {
        for (var number = 0; number < _partitions.Length; number++)
            foreach (var sku in _partitions[number].Actors.Kept.OfType<SkuActor>())
                foreach (var reservation in sku.Reservations)
                    if (reservation is { Owner: ReservationOwner.Order, IsLive: true }) _held.Add((sku.Sku, reservation.Id), (reservation, number));

        foreach (var partition in _partitions)
            foreach (var order in partition.Actors.Orders(onlyWithStock: true))
                partition.Attempt(partition.Sequence, () => Check(order));

        foreach (var ((sku, id), (held, number)) in _held)
        {
            if (_concerned.Contains(ActorId.Order(held.OrderId))) continue;
            var partition = _partitions[number];
            partition.Attempt(partition.Sequence, () => throw new BreachException($"{sku} holds {held.Quantity} as {id} for order {held.OrderId}, which does not know of it"));
        }
    }

    void Check(OrderActor order)
    {
        var onTheWay = _concerned.Contains(order.Id);
        foreach (var line in order.Lines)
        {
            if (line.Sku.Length == 0) continue;
            var id = line.ReservationId(order.OrderId);
            var isHeld = _held.Remove((line.Sku, id), out var found);
            if (onTheWay) continue;
            if (line.Stock == LineStock.Asked || (line.Told && line.Stock != LineStock.Waiting))
                throw new BreachException($"order {order.OrderId} waits for an answer about {id} of {line.Sku}, and none is on its way");
            var believes = line.IsOpen && line.Stock is LineStock.Reserved or LineStock.Committed;
            if (believes != isHeld)
                throw new BreachException($"order {order.OrderId} {(believes ? "believes to hold" : "does not know that it holds")} {id} of {line.Sku}");
            if (isHeld && (found.Held.Quantity != line.Quantity || found.Held.State == ReservationState.Committed != (line.Stock == LineStock.Committed)))
                throw new BreachException($"order {order.OrderId} has {line.Quantity} {line.Sku} {line.Stock} as {id}, the SKU has {found.Held.Quantity} {found.Held.State}");
        }
    }
}
