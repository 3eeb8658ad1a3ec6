using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>Why stock changes. Physical facts are never refused; a correction that would eat promised stock is.</summary>
public enum StockReason : byte
{
    Receiving = 0,
    Stocktake = 1,
    Damage = 2,
    Correction = 3,
    Return = 4,
    TransferIn = 5,
    TransferOut = 6,
}

public sealed record AliasKey(string Platform, string Shop, string Sku);

/// <summary>Creates or changes a SKU's settings; what is null stays as it is.</summary>
public sealed class ConfigureSku : Command
{
    public string? Name { get; init; }
    public bool? Strict { get; init; }
    public int? SafetyStock { get; init; }
    public IReadOnlyList<string>? Barcodes { get; init; }
    public IReadOnlyList<AliasKey>? Aliases { get; init; }
    /// <summary>Makes it a bundle of these.</summary>
    public IReadOnlyList<BundlePart>? Bundle { get; init; }
    /// <summary>Who says so: the name of the caller's key.</summary>
    public string By { get; init; } = "";
}

/// <summary>One line of a stock adjustment: either a change or a counted figure.</summary>
public sealed class AdjustStock : Command
{
    public required string Reference { get; init; }
    public required int LineNumber { get; init; }
    public required string Warehouse { get; init; }
    public int? Delta { get; init; }
    public int? Set { get; init; }
    public required StockReason Reason { get; init; }
    /// <inheritdoc cref="ConfigureSku.By" />
    public string By { get; init; } = "";
}

/// <summary>What a verified snapshot token says. The signature has been checked at the edge.</summary>
/// <param name="OrderId">The order it was taken for; null when for none in particular.</param>
public sealed record SnapshotClaims(string TokenId, long Version, long Available, string? OrderId, long IssuedAt, long ExpiresAt);

/// <summary>A reservation by a caller, under a snapshot token.</summary>
public sealed class Reserve : Command
{
    public required string ReservationId { get; init; }
    public required string OrderId { get; init; }
    public required int Quantity { get; init; }
    public string? Warehouse { get; init; }
    public required SnapshotClaims Token { get; init; }
    /// <summary>Lock tiers in milliseconds.</summary>
    public required long OrderTier { get; init; }
    public required long PayingTier { get; init; }
    /// <summary>The signing key the ticket will be made with.</summary>
    public required string KeyId { get; init; }
}

public enum ReservationChange : byte
{
    Paying = 0,
    Commit = 1,
    Release = 2,
    Ship = 3,
}

/// <summary>A caller moves its reservation on; its ticket has been checked at the edge.</summary>
public sealed class ChangeReservation : Command
{
    public required string ReservationId { get; init; }
    public required ReservationChange Change { get; init; }
}

/// <summary>The lock auditor found that nobody owns this reservation (any more).</summary>
public sealed class FreeOrphan : Command
{
    public required string ReservationId { get; init; }
    public required string Why { get; init; }
}

/// <summary>Order lines wait beside free stock: a warehouse may have opened since, of which no SKU is told.</summary>
public sealed class ServeWaiting : Command;

public enum StockOutcome
{
    Done,
    /// <summary>The same call was answered before; nothing was changed.</summary>
    Repeated,
    UnknownSku,
    UnknownReservation,
    IdempotencyConflict,
    TokenUsed,
    TokenExpired,
    StaleToken,
    InsufficientStock,
    ReservationClosed,
    BelowPromised,
    /// <summary>A cart leads this reservation (<see cref="StockReply.Leader"/>): it is to be asked.</summary>
    Led,
}

/// <summary>The answer to a command about one SKU: always with the stock as it stands, and what a refusal needs to be understood.</summary>
public sealed record StockReply(StockOutcome Outcome, StockView Stock)
{
    public ReservationView? Reservation { get; init; }
    public ActorId Leader { get; init; }
    /// <summary>The largest quantity that one reservation would get now.</summary>
    public long WouldFit { get; init; }
    public ReplenishmentView? Replenishment { get; init; }
    /// <summary>For an adjustment: what physical loss took from promised stock.</summary>
    public long Shortage { get; init; }
    /// <summary>For an adjustment: on hand in its warehouse afterwards.</summary>
    public long OnHand { get; init; }
}

public sealed record WarehouseStockView(string Warehouse, long OnHand, long Reserved, long Committed, long Available, long Shortage);

public sealed record StockView(
    string Sku, bool Known, string Name, bool Strict, long Version, long OnHand, long Reserved, long Committed, long Shortage, long Available,
    int SafetyStock, IReadOnlyList<string> Barcodes, IReadOnlyList<AliasKey> Aliases, IReadOnlyList<WarehouseStockView> Warehouses, int Backorders)
{
    /// <summary>For a bundle its components, whose stock is to be looked at instead.</summary>
    public IReadOnlyList<BundlePart> Bundle { get; init; } = [];
    /// <summary>The engine's time when it was so, milliseconds since 1970 UTC; 0 where it is not told.</summary>
    public long At { get; init; }
}

/// <summary>智能补货建议: what purchasing should order, and the figures it follows from.</summary>
/// <param name="DailyTurnover">Committed in 7 days / 7; null without history.</param>
public sealed record ReplenishmentView(
    string Sku, string? Warehouse, long Shortfall, long SuggestedQuantity, int ExpectedShortageHours, double? DailyTurnover,
    double SafetyStockFactor, long Since);

/// <summary>What the lock auditor freed on one SKU.</summary>
public sealed record FreedLockView(string Sku, string ReservationId, string OrderId, string Warehouse, int Quantity, string Why, long At);
