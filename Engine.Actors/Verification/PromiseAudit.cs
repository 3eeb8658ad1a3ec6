using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Verification;

/// <summary>
/// What SKUs hold for orders and carts against what these believe to hold, at the end. They speak by messages, so leaders that
/// a message is still on its way to or from are left out.
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
                    if (reservation is { Owner: not ReservationOwner.Caller, IsLive: true }) _held.Add((sku.Sku, reservation.Id), (reservation, number));

        foreach (var partition in _partitions)
            foreach (var leader in partition.Actors.Leaders(onlyWithStock: true))
                partition.Attempt(partition.Sequence, () => Check(leader.Id, (ILeader)leader));

        foreach (var ((sku, id), (held, number)) in _held)
        {
            if (_concerned.Contains(held.Leader)) continue;
            var partition = _partitions[number];
            partition.Attempt(partition.Sequence, () => throw new BreachException($"{sku} holds {held.Quantity} as {id} for {Name(held.Leader)}, which does not know of it"));
        }
    }

    void Check(ActorId id, ILeader leader)
    {
        var onTheWay = _concerned.Contains(id);
        foreach (var line in leader.Led)
        {
            var isHeld = _held.Remove((line.Sku, line.ReservationId), out var found);
            if (onTheWay) continue;
            var believes = line.Stock is LedStock.Reserved or LedStock.Committed;
            if (line.Stock == LedStock.Awaited)
                throw new BreachException($"{Name(id)} waits for an answer about {line.ReservationId} of {line.Sku}, and none is on its way");
            if (believes != isHeld || (isHeld && found.Held.Leader != id))
                throw new BreachException($"{Name(id)} {(believes ? "believes to hold" : "does not know that it holds")} {line.ReservationId} of {line.Sku}");
            if (isHeld && (found.Held.Quantity != line.Quantity || found.Held.State == ReservationState.Committed != (line.Stock == LedStock.Committed)))
                throw new BreachException($"{Name(id)} has {line.Quantity} {line.Sku} {line.Stock} as {line.ReservationId}, the SKU has {found.Held.Quantity} {found.Held.State}");
        }
    }

    static string Name(ActorId leader) => $"{(leader.Kind == ActorKind.Order ? "order" : "cart")} {leader.Key}";
}
