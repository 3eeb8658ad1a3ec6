using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;

namespace Engine.Actors.Inventory;

/// <summary>Who waits for stock, and who gets it when it comes: paid first, then urgency, then order time.</summary>
public static class BackorderDecider
{
    /// <summary>How long stock offered to a paid order is held before the order is asked about it (milliseconds).</summary>
    const long OfferHeld = 60_000;

    public static void Decide(SkuActor sku, AwaitStock wish, Turn turn)
    {
        if (wish.Backorder.Renewed && sku.BackorderOf(wish.Backorder.ReservationId) is null)
        {
            Reduce(sku, wish.Backorder, turn);
            return;
        }
        if (sku.IsBundle)
        {
            TellBundle(sku, wish.Backorder, turn);
            return;
        }
        var before = sku.BackorderOf(wish.Backorder.ReservationId)?.Quantity ?? 0;
        turn.Emit(new BackorderQueued { Backorder = wish.Backorder });
        Replenishment.Met(sku, Math.Max(0, before - wish.Backorder.Quantity), turn);
        // Stock may have come while the order was making up its mind.
        Serve(sku, turn);
    }

    /// <summary>The SKU has become a bundle: nobody waits for its own stock, but for that of its components.</summary>
    public static void SendAway(SkuActor sku, Turn turn)
    {
        foreach (var waiting in sku.Backorders.ToArray())
        {
            turn.Emit(new BackorderEnded { ReservationId = waiting.ReservationId });
            Replenishment.Met(sku, waiting.Quantity, turn);
            TellBundle(sku, waiting, turn);
        }
    }

    static void TellBundle(SkuActor sku, Backorder waiting, Turn turn) => turn.Send(ActorId.Order(waiting.OrderId), new LineAnswer
    {
        ReservationId = waiting.ReservationId, Kind = LineAnswerKind.Bundle, Quantity = waiting.Quantity, Version = sku.Version, Parts = sku.Bundle,
    });

    /// <summary>The offer and the order's change of mind crossed: what it cancelled of the line meanwhile goes back.</summary>
    static void Reduce(SkuActor sku, Backorder now, Turn turn)
    {
        if (sku.Reservation(now.ReservationId) is not { } served || served.Quantity <= now.Quantity) return;
        turn.Emit(new ReservationReleased { ReservationId = served.Id, Quantity = served.Quantity - now.Quantity, Why = "cancelled while it waited" });
        Freed(sku, turn);
    }

    /// <summary>Stock came free: those who wait get it, and what purchasing was told may be met by it.</summary>
    internal static void Freed(SkuActor sku, Turn turn)
    {
        Serve(sku, turn);
        Replenishment.CloseIfMet(sku, turn);
    }

    /// <summary>Gives free stock to those who wait. An offer is a lock like any other; the order takes it or gives it back.</summary>
    static void Serve(SkuActor sku, Turn turn)
    {
        if (sku.Backorders.Count == 0) return;
        long served = 0;
        foreach (var waiting in sku.Available > 0 ? [.. sku.Backorders] : Array.Empty<Backorder>())
        {
            if (sku.Available == 0) break;
            if (waiting.NotBefore > turn.Now || Fitting(sku, waiting, (DirectoryActor)turn.Directory) is not { } stock) continue;
            var available = sku.AvailableIn(stock);
            turn.Emit(new BackorderEnded { ReservationId = waiting.ReservationId, Served = true });
            served += waiting.Quantity;
            turn.Emit(new StockReserved
            {
                ReservationId = waiting.ReservationId,
                OrderId = waiting.OrderId,
                Warehouse = stock.Warehouse,
                Quantity = waiting.Quantity,
                Owner = ReservationOwner.Order,
                ExpiresAt = waiting.Paid ? turn.Now + OfferHeld : waiting.ExpiresAt,
                PayingExpiresAt = waiting.PayingExpiresAt,
                LinesInOrder = waiting.LinesInOrder,
            });
            turn.Send(ActorId.Order(waiting.OrderId), new LineAnswer
            {
                ReservationId = waiting.ReservationId,
                Kind = LineAnswerKind.Offered,
                Warehouse = stock.Warehouse,
                Available = available,
                Quantity = waiting.Quantity,
                Version = sku.Version,
                Fitting = [stock.Warehouse],
            });
        }
        Replenishment.Met(sku, served, turn);
        Replenishment.Suggest(sku, sku.Lacking, "", turn);
    }

    /// <summary>Where the line would be served, if the order's other lines of this SKU would find their stock as well.</summary>
    static WarehouseStock? Fitting(SkuActor sku, Backorder waiting, DirectoryActor directory)
    {
        WarehouseStock[] candidates = [.. Open(sku, waiting, directory).Select(sku.Find).OfType<WarehouseStock>()];
        var stock = Array.Find(candidates, s => sku.AvailableIn(s) >= waiting.Quantity);
        if (stock is null || waiting.Alongside.Count == 0) return stock;
        var left = Array.ConvertAll(candidates, s => sku.AvailableIn(s) - (s == stock ? waiting.Quantity : 0));
        long total = waiting.Quantity;
        foreach (var quantity in waiting.Alongside)
        {
            var at = Array.FindIndex(left, free => free >= quantity);
            total += quantity;
            if (at < 0 || total > sku.Available) return null;
            left[at] -= quantity;
        }
        return stock;
    }

    /// <summary>Those of the order's own choice that are still open, the nearest first, and then what has opened since it was queued.</summary>
    static IEnumerable<string> Open(SkuActor sku, Backorder waiting, DirectoryActor directory) =>
        waiting.Warehouses.Union(sku.Warehouses.Select(s => s.Warehouse)).Where(directory.IsOpen);

    /// <summary>
    /// Physical loss reached promised stock: the newest unpaid locks of orders give way, in the same frame, until the promise
    /// fits what is there. Locks of callers stay: nobody here could tell their owner.
    /// </summary>
    public static void EvictNewestUnpaid(SkuActor sku, string warehouse, Turn turn)
    {
        var stock = sku.Find(warehouse)!;
        if (stock.Shortage == 0) return;
        var unpaid = sku.Reservations
            .Where(r => r.Owner == ReservationOwner.Order && r.State == ReservationState.Reserved && r.Warehouse == stock.Warehouse)
            .OrderByDescending(r => r.ReservedAt).ThenByDescending(r => r.Id, StringComparer.Ordinal).ToArray();
        foreach (var lockOf in unpaid)
        {
            if (stock.Shortage == 0) return;
            var (id, order, quantity) = (lockOf.Id, lockOf.OrderId, lockOf.Quantity);
            turn.Emit(new ReservationReleased { ReservationId = id, Quantity = quantity, Why = "stock was lost" });
            turn.Send(ActorId.Order(order), new LineAnswer
            {
                ReservationId = id, Kind = LineAnswerKind.Evicted, Warehouse = warehouse, Quantity = quantity, Version = sku.Version, Available = sku.Available,
            });
        }
    }
}
