using System.Text.Json.Serialization;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Host.Security;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>A page of a list; <c>next</c> is the cursor of the next one, null at the end.</summary>
sealed record ListJson<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>Said only when it is so: a part of the engine does not serve, and what it holds is not listed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Incomplete { get; init; }
}

sealed record LocationJson(double Lat, double Lon);

/// <param name="ReservedRate">(reserved + committed) / on hand over all SKUs, 0 for an empty warehouse.</param>
sealed record WarehouseJson(string Warehouse, string Name, LocationJson? Location, bool ColdChain, int? CapacityPerDay, string State, double ReservedRate)
{
    public static WarehouseJson Of(WarehouseSettings w, double reservedRate) => new(
        w.Code, w.Name, w.HasLocation ? new LocationJson(w.Latitude / 1e7, w.Longitude / 1e7) : null, w.ColdChain,
        w.CapacityPerDay == 0 ? null : w.CapacityPerDay, w.State == WarehouseState.Open ? "open" : "paused", Math.Round(reservedRate, 4));
}

sealed record AliasJson(string Platform, string Shop, string Sku);

sealed record WarehouseStockJson(string Warehouse, long OnHand, long Reserved, long Committed, long Available);

sealed record SkuJson(
    string Sku, string Name, bool Strict, long Version, long OnHand, long Reserved, long Committed, long Shortage, long Available, int SafetyStock,
    int Backorders, IReadOnlyList<string> Barcodes, IReadOnlyList<AliasJson> Aliases, IReadOnlyList<WarehouseStockJson> Warehouses)
{
    /// <summary>The components of a bundle: what is available of it follows from theirs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BundlePartJson>? Bundle { get; init; }

    /// <summary>Of a moment in the past: what was promised then, the oldest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LockJson>? Locks { get; init; }

    /// <summary>A warehouse key sees its warehouses only, and the sums over these.</summary>
    public static SkuJson Of(StockView s, Caller caller)
    {
        var seen = s.Warehouses.Where(w => caller.MaySee(w.Warehouse)).ToArray();
        var isPart = caller.Warehouses is not null;
        return new(
            s.Sku, s.Name, s.Strict, s.Version,
            isPart ? seen.Sum(w => w.OnHand) : s.OnHand,
            isPart ? seen.Sum(w => w.Reserved) : s.Reserved,
            isPart ? seen.Sum(w => w.Committed) : s.Committed,
            isPart ? seen.Sum(w => w.Shortage) : s.Shortage,
            isPart ? Math.Min(s.Available, seen.Sum(w => w.Available)) : s.Available,
            s.SafetyStock, s.Backorders, s.Barcodes,
            [.. s.Aliases.Select(a => new AliasJson(a.Platform, a.Shop, a.Sku))],
            [.. seen.Select(w => new WarehouseStockJson(w.Warehouse, w.OnHand, w.Reserved, w.Committed, w.Available))])
        {
            Bundle = s.Bundle.Count > 0 ? [.. s.Bundle.Select(p => new BundlePartJson(p.Sku, p.Quantity))] : null,
        };
    }
}

/// <summary>What is set of a SKU, as <c>PUT /v1/skus/{sku}</c> takes it.</summary>
sealed record SkuSettingsJson(
    string Sku, string Name, bool Strict, int SafetyStock, IReadOnlyList<string> Barcodes, IReadOnlyList<AliasJson> Aliases, IReadOnlyList<BundlePartJson> Bundle)
{
    public static SkuSettingsJson Of(StockView s) => new(
        s.Sku, s.Name, s.Strict, s.SafetyStock, s.Barcodes, [.. s.Aliases.Select(a => new AliasJson(a.Platform, a.Shop, a.Sku))], [.. s.Bundle.Select(p => new BundlePartJson(p.Sku, p.Quantity))]);
}

sealed record BundlePartJson(string Sku, int Quantity);

sealed record AdjustedLineJson(string Sku, string Warehouse, string Result, long OnHand, long Version)
{
    /// <summary>What physical loss took from stock already promised.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Shortage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }
}

sealed record AdjustmentJson(string Reference, IReadOnlyList<AdjustedLineJson> Lines);

sealed record SnapshotJson(string Token, string Sku, long Version, long Available, Instant IssuedAt, Instant ExpiresAt);

/// <param name="Warehouse">Null for a bundle whose components come from several.</param>
/// <param name="Owner">caller, order (of this engine), or cart (one of several that a caller reserved together).</param>
/// <param name="ExpiresAt">Null once the lock can't lapse any more.</param>
sealed record ReservationJson(
    string ReservationId, string OrderId, string Sku, string? Warehouse, int Quantity, string Owner, string State, string? Tier,
    Instant? ReservedAt, Instant? ExpiresAt, bool Revalidated)
{
    /// <summary>The ticket, only for whom the reservation was made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }

    /// <summary>For a bundle.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ReservedPartJson>? Components { get; init; }

    public static ReservationJson Of(ReservationView r) => new(
        r.ReservationId, r.OrderId, r.Sku, r.Warehouse, r.Quantity, Name(r.Owner), Name(r.State),
        Name(r.Tier), r.ReservedAt, Lapses(r.State) ? r.ExpiresAt : null, r.Revalidated);

    public static string Name(ReservationOwner owner) => owner switch
    {
        ReservationOwner.Order => "order",
        ReservationOwner.Cart => "cart",
        _ => "caller",
    };

    public static string Name(ReservationState state) => state switch
    {
        ReservationState.Reserved => "reserved",
        ReservationState.Committed => "committed",
        ReservationState.Released => "released",
        ReservationState.Expired => "expired",
        _ => "shipped",
    };

    public static string Name(LockTier tier) => tier == LockTier.Order ? "order" : "paying";

    /// <summary>It could, or has: its deadline means something.</summary>
    public static bool Lapses(ReservationState state) => state is not (ReservationState.Committed or ReservationState.Shipped);
}

/// <summary>智能补货建议: what purchasing should order.</summary>
sealed record ReplenishmentJson(
    string Sku, long Shortfall, long SuggestedQuantity, int ExpectedShortageHours, double? DailyTurnover, double SafetyStockFactor, Instant Since)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Warehouse { get; init; }

    public static ReplenishmentJson Of(ReplenishmentView r) =>
        new(r.Sku, r.Shortfall, r.SuggestedQuantity, r.ExpectedShortageHours, r.DailyTurnover, r.SafetyStockFactor, r.Since) { Warehouse = r.Warehouse };
}

/// <summary>A lock that the auditor freed because nobody owned it.</summary>
sealed record FreedLockJson(string Sku, string ReservationId, string OrderId, string Warehouse, int Quantity, string Why, Instant At);
