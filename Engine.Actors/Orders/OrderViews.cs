using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

public sealed record OrderLineView(OrderedLine Ordered, string Sku, int Quantity, string Warehouse, string ReservationId, LineStock Stock);

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
    public required IReadOnlyList<HistoryItem> History { get; init; }
    public required IReadOnlyList<ExplainedDecision> Explain { get; init; }
}
