using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <param name="Warehouse">Empty for a bundle whose components come from several.</param>
/// <param name="Stock">For a bundle that of the component which is least far.</param>
/// <param name="Components">What is reserved for a bundle; empty for other lines.</param>
public sealed record OrderLineView(OrderedLine Ordered, string Sku, int Quantity, string Warehouse, string ReservationId, LineStock Stock, IReadOnlyList<OrderLineView> Components)
{
    static readonly LineStock[] LeastFarFirst =
    [
        LineStock.Unknown, LineStock.Refused, LineStock.Waiting, LineStock.None, LineStock.Asked, LineStock.Resolving,
        LineStock.Released, LineStock.Reserved, LineStock.Committed, LineStock.Shipped,
    ];

    public IEnumerable<string> Warehouses => Components.Count == 0 ? [Warehouse] : Components.Select(c => c.Warehouse);

    /// <summary>A line of this order, or a component of one.</summary>
    public static OrderLineView Of(OrderActor order, OrderLine line)
    {
        if (line.Stock != LineStock.Expanded)
            return new OrderLineView(line.Ordered, line.Sku, line.Quantity, line.Warehouse, line.Attempt == 0 ? "" : line.ReservationId(order.OrderId), line.Stock, []);
        OrderLineView[] parts = [.. order.PartsOf(line).Select(p => Of(order, p))];
        var warehouse = Array.TrueForAll(parts, p => p.Warehouse == parts[0].Warehouse) ? parts[0].Warehouse : "";
        return new OrderLineView(line.Ordered, line.Sku, line.Quantity, warehouse, "", parts.MinBy(p => Array.IndexOf(LeastFarFirst, p.Stock))!.Stock, parts);
    }
}

/// <param name="Inputs">Names and values the rule looked at.</param>
/// <param name="WouldChange">What would have made it decide otherwise.</param>
public sealed record ExplainedDecision(string Decision, string Rule, IReadOnlyDictionary<string, string> Inputs, string WouldChange, long At);

/// <summary>An order as it stood at one moment. <see cref="Details"/> and the facts in it are never changed once made, but for a forgotten person.</summary>
public sealed record OrderView
{
    public required string OrderId { get; init; }
    public required bool Known { get; init; }
    /// <summary>False when nothing at all is known of it.</summary>
    public required bool Anticipated { get; init; }
    public required string Source { get; init; }
    public required MicroState State { get; init; }
    public required bool Paid { get; init; }
    public StandardStatus Status => State.Status(Paid);
    public required long StateSince { get; init; }
    public required long ReceivedAt { get; init; }
    public required string Operator { get; init; }
    /// <summary>The moment it is shown as of.</summary>
    public required long At { get; init; }
    public required OrderDetails Details { get; init; }
    /// <summary>Null where there is no personal part, or none any more.</summary>
    public required KeyRef? PersonalKey { get; init; }
    public required IReadOnlyList<OrderLineView> Lines { get; init; }
    public required bool HasLock { get; init; }
    public required LockTier LockTier { get; init; }
    public required long LockExpiresAt { get; init; }
    public required string HeldReason { get; init; }
    public required IReadOnlyList<PaymentFact> Payments { get; init; }
    public required IReadOnlyList<RefundFact> Refunds { get; init; }
    /// <summary>Minor units still to be paid back.</summary>
    public required long RefundDue { get; init; }
    public required string Carrier { get; init; }
    public required string TrackingNumber { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }
    /// <summary>Facts that came before they could apply.</summary>
    public required IReadOnlyList<KeptFact> Kept { get; init; }
    public required IReadOnlyList<HistoryItem> History { get; init; }
    public required IReadOnlyList<ExplainedDecision> Explain { get; init; }
}
