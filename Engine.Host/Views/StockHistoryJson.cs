using System.Text.Json.Serialization;
using Engine.Actors.Inventory;
using Engine.Adapters.Views;
using Engine.Host.Api;
using Engine.Host.Security;

namespace Engine.Host.Views;

sealed record StockFiguresJson(long OnHand, long Reserved, long Committed, long Shortage, long Available)
{
    public static StockFiguresJson Of(StockFigures f) => new(f.OnHand, f.Reserved, f.Committed, f.Shortage, f.Available);
}

/// <summary>One change of a SKU's stock.</summary>
/// <param name="Sequence">The SKU's version that it led to.</param>
/// <param name="Quantity">Units it was about; of an adjustment the change itself, negative for a loss.</param>
/// <param name="Cause">Why, in words.</param>
/// <param name="After">How the SKU stood after it; for a warehouse key, in that warehouse.</param>
sealed record MovementJson(long Sequence, Instant At, string Event, string? Warehouse, long? Quantity, string Cause, StockFiguresJson After)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OrderId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReservationId { get; init; }

    /// <summary>How it stood in that warehouse.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StockFiguresJson? InWarehouse { get; init; }

    public static MovementJson Of(MovementRow row, Caller caller)
    {
        var there = row.There is null ? null : StockFiguresJson.Of(row.There);
        var after = caller.Warehouses is not null && there is not null ? there : StockFiguresJson.Of(row.After);
        return new MovementJson(row.Sequence, row.At, row.Event, row.Warehouse, row.Quantity, row.Cause, after) { OrderId = row.OrderId, ReservationId = row.ReservationId, InWarehouse = there };
    }
}

/// <summary>Stock that was promised at that time. Without its ticket: the past can't be changed.</summary>
/// <param name="State">reserved or committed.</param>
/// <param name="ExpiresAt">Null once the lock can't lapse any more.</param>
sealed record LockJson(string ReservationId, string OrderId, string Warehouse, int Quantity, string Owner, string State, string Tier, Instant ReservedAt, Instant? ExpiresAt)
{
    public static LockJson Of(ReservationView r)
    {
        var shown = ReservationJson.Of(r);
        return new(r.ReservationId, r.OrderId, r.Warehouse, r.Quantity, shown.Owner, shown.State, shown.Tier ?? "order", r.ReservedAt, shown.ExpiresAt);
    }
}
