using Engine.Actors.Orders;

namespace Engine.Adapters.Views;

/// <summary>Which orders a list is about; what is null or empty says nothing.</summary>
public sealed record OrderFilter
{
    /// <summary>The moment of the question, milliseconds since 1970 UTC.</summary>
    public required long Now { get; init; }
    public MicroState? State { get; init; }
    public StandardStatus? Status { get; init; }
    public string? Platform { get; init; }
    public string? Shop { get; init; }
    /// <summary>With a line there.</summary>
    public string? Warehouse { get; init; }
    /// <summary>With a line in one of these: what the asker may see. Null for no bound.</summary>
    public IReadOnlyCollection<string>? OnlyWarehouses { get; init; }
    public string? Tag { get; init; }
    public bool Overdue { get; init; }
    /// <summary>How long an order may stay in a state, milliseconds; beyond it the order is overdue too.</summary>
    public IReadOnlyList<(MicroState State, long Limit)> StateLimits { get; init; } = [];
    /// <summary>Open and in one state since before this; 0 for whatever.</summary>
    public long StalledSince { get; init; }
    /// <summary>An order number or id, or the beginning of one.</summary>
    public string? Number { get; init; }
    /// <summary>Looked for beside <see cref="Number"/>: any of them fits.</summary>
    public PersonHashes Person { get; init; }
    /// <summary>Milliseconds since 1970 UTC, inclusive.</summary>
    public long? PlacedFrom { get; init; }
    /// <summary>Exclusive.</summary>
    public long? PlacedTo { get; init; }
}

/// <summary>A place in the list: behind this order.</summary>
public readonly record struct OrderCursor(long PlacedAt, long Number)
{
    public static readonly OrderCursor Start = new(long.MaxValue, long.MaxValue);
}

/// <summary>An order as its row shows it.</summary>
public sealed record OrderRow
{
    public required long Number { get; init; }
    public required string OrderId { get; init; }
    public required string Platform { get; init; }
    public required string Shop { get; init; }
    public required string PlatformOrderId { get; init; }
    public required MicroState State { get; init; }
    public required string Status { get; init; }
    public required long StateSince { get; init; }
    public required string? Operator { get; init; }
    public required long PlacedAt { get; init; }
    public required long ReceivedAt { get; init; }
    public required int Urgency { get; init; }
    public required long? ShipBy { get; init; }
    public required string? HeldReason { get; init; }
    public required string? LockTier { get; init; }
    public required long? LockExpiresAt { get; init; }
    public required long Goods { get; init; }
    public required long Freight { get; init; }
    public required long Discount { get; init; }
    public required long Tax { get; init; }
    public required long Total { get; init; }
    public required string Currency { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }
    public required IReadOnlyList<LineRow> Lines { get; init; }

    public OrderCursor Cursor => new(PlacedAt, Number);
}

public sealed record LineRow(
    string LineId, string? Sku, string Code, int Quantity, string? Warehouse, string? ReservationId, string State, long UnitPrice, long Discount, string? GiftOf, bool Presale)
{
    /// <summary>What is reserved for a bundle.</summary>
    public List<LineRow> Components { get; } = [];
}

public sealed record OrderCount(string State, string Status, long Orders);
