using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>What must hold for carts and bundles whenever nothing moves: all or nothing, and SKUs and leaders of one mind (I7, I9).</summary>
static class CartChecks
{
    /// <param name="late">All time has passed: nothing may wait any more. Before, a partition whose time is ahead may have a retry to come.</param>
    public static void Check(Replica replica, bool late)
    {
        foreach (var cart in replica.Actors.OfType<CartActor>())
            if (late || cart.IsSettled) Check(replica, cart);
        foreach (var sku in replica.Actors.OfType<SkuActor>())
            foreach (var held in sku.Reservations.Where(r => r is { Owner: ReservationOwner.Cart, IsLive: true })) CheckHeld(replica, sku, held);
        foreach (var order in replica.Actors.OfType<OrderActor>())
            foreach (var line in order.Lines.Where(l => l.Stock == LineStock.Expanded)) CheckParts(order, line);
    }

    static void Check(Replica replica, CartActor cart)
    {
        var id = $"cart {cart.Id.Key} ({cart.State})";
        Require(cart.IsSettled, "I9", $"{id} is not settled: {Lines(cart)}");
        var whole = cart.Lines.Where(l => l.Stock != CartStock.Expanded).ToArray();
        if (cart.IsLive)
        {
            var stock = cart.State == CartState.Committed ? CartStock.Committed : CartStock.Reserved;
            Require(Array.TrueForAll(whole, l => l.Stock == stock), "I7", $"{id} does not hold all of its lines: {Lines(cart)}");
            foreach (var line in whole) Require(replica.Find<SkuActor>(ActorId.Sku(line.Sku)).Reservation(cart.IdOf(line)) is { IsLive: true }, "I7", $"{id} believes to hold {line.Sku}");
        }
        foreach (var bundle in cart.Lines.Where(l => !l.IsPart))
        {
            var claimed = replica.Find<SkuActor>(ActorId.Sku(bundle.Sku)).Claim(cart.ReservationId) is { EndedAt: 0 } claim && claim.Leader == cart.Id;
            Require(claimed == (cart.IsLive && bundle.Stock == CartStock.Expanded), "I7", $"{id}: bundle {bundle.Sku} is {(claimed ? "" : "not ")}claimed for it");
        }
    }

    static void CheckHeld(Replica replica, SkuActor sku, Reservation held)
    {
        var cart = replica.Find<CartActor>(held.Leader);
        if (!cart.IsSettled) return;
        var line = cart.LineOf(sku.Sku, held.Id);
        Require(cart.IsLive && line is not null && line.Quantity == held.Quantity && line.Warehouse == held.Warehouse && (held.State == ReservationState.Committed) == (line.Stock == CartStock.Committed), "I7",
            $"{sku.Sku} holds {held.Quantity} in {held.Warehouse} as {held.Id} ({held.State}) for cart {held.Cart}, which is {cart.State}: {Lines(cart)}");
    }

    static void CheckParts(OrderActor order, OrderLine line)
    {
        foreach (var part in order.PartsOf(line))
            Require(part.Quantity == line.Quantity * part.Each || part.Quantity == 0, "I7", $"{order.OrderId}: {line.Quantity} of {line.Sku} with {part.Quantity} of {part.Sku}");
    }

    static string Lines(CartActor cart) => string.Join(", ", cart.Lines.Select(l => $"{l.Quantity} {l.Sku} {l.Stock}{(l.Told ? " told" : "")}"));
}
