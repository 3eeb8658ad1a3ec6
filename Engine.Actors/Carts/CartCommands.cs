using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>
/// Reserves every line or none. The answer says how the call was taken; what came of it is in the cart's view once it has
/// settled.
/// </summary>
public sealed class ReserveCart : Command
{
    public required string ReservationId { get; init; }
    public required string OrderId { get; init; }
    public required IReadOnlyList<CartWish> Lines { get; init; }
    /// <summary>Empty for any open one.</summary>
    public string Warehouse { get; init; } = "";
    /// <summary>Lock tiers in milliseconds.</summary>
    public required long OrderTier { get; init; }
    public required long PayingTier { get; init; }
    /// <summary>The signing key the tickets will be made with.</summary>
    public required string KeyId { get; init; }
}

/// <summary>The caller moves all that the cart holds; its ticket has been checked at the edge.</summary>
public sealed class ChangeCart : Command
{
    public required ReservationChange Change { get; init; }
}

public enum CartOutcome
{
    /// <summary>A reservation was begun, or the cart was moved on.</summary>
    Done,
    /// <summary>The same call was made before.</summary>
    Repeated,
    IdempotencyConflict,
    UnknownReservation,
    ReservationClosed,
}

public sealed record CartReply(CartOutcome Outcome);

public enum CartState : byte
{
    None = 0,
    Reserving = 1,
    Reserved = 2,
    Committed = 3,
    Released = 4,
    Expired = 5,
    Shipped = 6,
    /// <summary>Nothing is held; the same id may try again.</summary>
    Refused = 7,
}

/// <summary>Why a line stood in the way, with the stock as it was then.</summary>
/// <param name="Short">The SKU that is short: the line's own, or the component of the bundle.</param>
public sealed record CartRefusal(LineAnswerKind Kind, long Available, long WouldFit, ReplenishmentView? Short);

public sealed record CartPartView(string Sku, int Quantity, string Warehouse, string ReservationId);

/// <param name="Held">What the cart holds of the SKU, for all lines that name it.</param>
/// <param name="Parts">For a bundle.</param>
/// <param name="Refusal">Null for a line that did not stand in the way.</param>
public sealed record CartLineView(
    string Sku, int Quantity, int Held, string Warehouse, bool Revalidated, LineToken Token, long Version, bool IsBundle, IReadOnlyList<CartPartView> Parts, CartRefusal? Refusal);

/// <summary>A cart as it stood at one moment.</summary>
public sealed record CartView
{
    public required string ReservationId { get; init; }
    public required string OrderId { get; init; }
    public required CartState State { get; init; }
    public required LockTier Tier { get; init; }
    public required long ReservedAt { get; init; }
    public required long ExpiresAt { get; init; }
    public required long FirstExpiresAt { get; init; }
    public required string KeyId { get; init; }
    /// <summary>Refused because it could not be decided in time, not for want of anything.</summary>
    public required bool GaveUp { get; init; }
    public required IReadOnlyList<CartLineView> Lines { get; init; }
}
