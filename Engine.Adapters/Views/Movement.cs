using System.Text.Json;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Adapters.Views;

/// <summary>
/// What one event did to a SKU's stock, and why, in words: "why is free 47?" (FEATURES G4).
/// </summary>
/// <param name="Warehouse">Null where the event is about the SKU as a whole.</param>
/// <param name="Quantity">Units it was about; of an adjustment the change itself, negative for a loss.</param>
sealed record Movement(string Event, string? Warehouse, long? Quantity, string Cause, string? OrderId = null, string? ReservationId = null)
{
    static readonly string[] Names = new string[256];

    /// <param name="held">The reservation it is about, as it is after the event; null for none.</param>
    /// <param name="order">The order it is about; null for none, or where the event says it.</param>
    /// <param name="previous">The SKU's event before this one in the same frame.</param>
    public static Movement Of(Event happened, Reservation? held, string? order, Event? previous)
    {
        var name = Names[happened.Tag] ??= JsonNamingPolicy.SnakeCaseLower.ConvertName(happened.GetType().Name);
        return happened switch
        {
            StockAdjusted e => new(name, e.Warehouse, e.Delta, Why(e)),
            StockReserved e => new(name, e.Warehouse, e.Quantity, Why(e, previous), e.OrderId, e.ReservationId),
            ReservationCommitted e => new(name, held?.Warehouse, held?.Quantity, held is { Owner: ReservationOwner.Order } ? "payment" : "committed by its caller", order, e.ReservationId),
            ReservationReleased e => new(name, held?.Warehouse, e.Quantity, Why(e), order, e.ReservationId),
            ReservationShipped e => new(name, held?.Warehouse, held?.Quantity, "shipped", order, e.ReservationId),
            LockExtended e => new(name, held?.Warehouse, held?.Quantity, e.Tier == LockTier.Paying ? "payment in progress" : "the order waits on", order, e.ReservationId),
            LockQuestioned e => new(name, held?.Warehouse, held?.Quantity, "the lock is due: its order is asked", order, e.ReservationId),
            BackorderQueued e => new(name, null, e.Backorder.Quantity, "an order waits for stock", e.Backorder.OrderId, e.Backorder.ReservationId),
            BackorderEnded e => new(name, null, null, e.Served ? "stock came for a waiting order" : "the order waits no more", order, e.ReservationId),
            BackorderReady e => new(name, null, null, "a waiting order that stepped aside is back", order, e.ReservationId),
            ReplenishmentSuggested e => new(name, e.Warehouse.Length == 0 ? null : e.Warehouse, e.Shortfall, "demand beyond stock"),
            ReplenishmentClosed => new(name, null, null, "stock covers the shortfall"),
            OrderAwaitsSku e => new(name, null, null, "an order names a SKU that is not known yet", e.OrderId),
            BundleClaimed e => new(name, null, e.Quantity, "a cart reserves the components", null, e.ReservationId),
            BundleClaimEnded e => new(name, null, null, "a cart's reservation of the components ended", null, e.ReservationId),
            SkuConfigured e => new(name, null, null, $"settings{By(e.By)}"),
            _ => new(name, null, null, name),
        };
    }

    static string Why(StockAdjusted e) => e.Asked == 0 && e.Reference.StartsWith("shipped:", StringComparison.Ordinal)
        ? "found when it was shipped"
        : $"adjustment {JsonNamingPolicy.SnakeCaseLower.ConvertName(e.Reason.ToString())} ref {e.Reference}{By(e.By)}";

    static string By(string name) => name.Length == 0 ? "" : $" by {name}";

    static string Why(StockReserved e, Event? previous) =>
        e.Owner == ReservationOwner.Caller ? "reserved by a caller"
        : e.Owner == ReservationOwner.Cart ? "reserved with a cart"
        : previous is BackorderEnded { Served: true } served && served.ReservationId == e.ReservationId ? "stock came for a waiting order"
        : e.Committed ? "paid order received" : "order received";

    static string Why(ReservationReleased e) => e.Why switch
    {
        _ when e.Withdrawn => "another line of the cart had no stock",
        "lock_lapsed" or "lock lapsed" => "lock lapsed",
        "payment_failed" => "payment failed",
        "insufficient_stock" => "another line of the order had no stock",
        "unknown_sku" => "another line of the order is not known",
        "caller" => "released by its caller",
        "" => e.End == ReservationState.Expired ? "lock lapsed" : "released",
        _ => e.Why,
    };
}
