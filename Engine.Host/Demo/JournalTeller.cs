using System.Collections.Concurrent;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Engine.Load.Auditing;

namespace Engine.Host.Demo;

/// <summary>What the journal says of orders and stock, in the words of the client's tally.</summary>
sealed class JournalTeller
{
    readonly ConcurrentDictionary<string, OrderTold> _orders = new();
    readonly ConcurrentDictionary<string, StockTold> _stock = new();

    public IReadOnlyDictionary<string, OrderTold> Orders => _orders;
    public IReadOnlyDictionary<string, StockTold> Stock => _stock;

    public void Hear(Actor actor)
    {
        if (actor is OrderActor { Known: true } order) _orders[order.OrderId] = Told(order);
        else if (actor is SkuActor sku) _stock[sku.Sku] = Told(sku);
    }

    static OrderTold Told(OrderActor order)
    {
        var succeeded = order.Payments.Where(p => p.Status == PayStatus.Succeeded).ToArray();
        return new OrderTold(
            order.OrderId, order.State.Name(), order.PaidSum, [.. succeeded.Select(p => p.Reference)], order.Cancelled,
            [.. order.Lines.Where(l => l.IsOpen).Select(l => new LineTold(l.Sku, l.Quantity, l.HasStock))], []);
    }

    static StockTold Told(SkuActor sku) => new(
        sku.Sku, sku.Warehouses.Sum(w => w.OnHand), sku.Warehouses.Sum(w => w.Reserved), sku.Warehouses.Sum(w => w.Committed), sku.Warehouses.Sum(w => w.Shortage));
}
