using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

public enum ReservationOwner : byte
{
    /// <summary>Made through the API for an order kept elsewhere; the SKU ends it at its deadline by itself.</summary>
    Caller = 0,
    /// <summary>Led by an order actor, which is asked before the lock ends.</summary>
    Order = 1,
    /// <summary>Led by a cart actor: one of several that a caller reserved together and that move as one.</summary>
    Cart = 2,
}

public enum ReservationState : byte
{
    Reserved = 0,
    Committed = 1,
    Released = 2,
    Expired = 3,
    Shipped = 4,
}

/// <summary>Tiered lock (双阈值锁库): how long an unpaid reservation holds.</summary>
public enum LockTier : byte
{
    Order = 0,
    Paying = 1,
}

/// <summary>Stock of one SKU in one warehouse, promised to one order line, as it was when it was asked for: the SKU keeps it as a row (<see cref="ReservationTable"/>).</summary>
public sealed class Reservation : IEncoded
{
    public string Id = "";
    public string Warehouse = "";
    public int Quantity;
    public ReservationOwner Owner;
    public ReservationState State;
    public LockTier Tier;
    /// <summary>Milliseconds since 1970 UTC, as all times here.</summary>
    public long ReservedAt;
    /// <summary>When the lock ends in its present tier.</summary>
    public long ExpiresAt;
    /// <summary>When it would have ended in the first tier: what the first answer said.</summary>
    public long FirstExpiresAt;
    /// <summary>When it would end once the payment is in progress.</summary>
    public long PayingExpiresAt;
    /// <summary>The signing key of the ticket.</summary>
    public string KeyId = "";
    /// <summary>Granted although the stock had moved since the snapshot.</summary>
    public bool Revalidated;
    /// <summary>The order actor has been asked whether this lock may end.</summary>
    public bool Asked;
    public long EndedAt;
    /// <summary>Lines of the order it belongs to: a lock of a larger order may yet be given back.</summary>
    public int LinesInOrder = 1;
    /// <summary>The cart's key; empty for other owners.</summary>
    public string Cart = "";
    /// <summary>Tokens that would be good again if a cart withdrew it.</summary>
    public string[] Tokens = [];
    /// <summary>Null where the id says it: a million locks need not hold it twice.</summary>
    internal string? OwnOrderId = "";

    /// <summary>Set behind <see cref="Id"/>.</summary>
    public string OrderId
    {
        get => OwnOrderId ?? OrderOf(Id.AsSpan()).ToString();
        set => OwnOrderId = SaysOrder(Id, value) ? null : value;
    }

    /// <summary>Who decides on its end; the default id for a caller's own.</summary>
    public ActorId Leader => LeaderOf(Owner, OrderId, Cart);

    internal static ActorId LeaderOf(ReservationOwner owner, string orderId, string cart) => owner switch
    {
        ReservationOwner.Order => ActorId.Order(orderId),
        ReservationOwner.Cart => new ActorId(ActorKind.Cart, cart),
        _ => default,
    };

    public bool IsLive => State is ReservationState.Reserved or ReservationState.Committed;

    /// <summary>Rows write the same without a copy (<see cref="ReservationTable.Write"/>).</summary>
    public void Layout(Codec codec)
    {
        var orderId = Owner == ReservationOwner.Order ? OwnOrderId ?? "" : OrderId;
        codec.Text(ref Id);
        codec.Text(ref orderId);
        codec.Text(ref Warehouse);
        codec.Int(ref Quantity);
        codec.Enum(ref Owner);
        if (!codec.IsWriting && Owner == ReservationOwner.Order && orderId.Length == 0) OwnOrderId = null;
        else if (!codec.IsWriting) OrderId = orderId;
        codec.Enum(ref State);
        codec.Enum(ref Tier);
        codec.Long(ref ReservedAt);
        codec.Long(ref ExpiresAt);
        codec.Long(ref FirstExpiresAt);
        codec.Long(ref PayingExpiresAt);
        codec.Text(ref KeyId);
        codec.Bool(ref Revalidated);
        codec.Bool(ref Asked);
        codec.Long(ref EndedAt);
        codec.Int(ref LinesInOrder);
        if (!codec.More(Cart.Length > 0)) return;
        codec.Text(ref Cart);
        codec.Texts(ref Tokens);
    }

    /// <summary>The reservation's id tells the order's.</summary>
    internal static bool SaysOrder(string reservationId, string orderId) => orderId.Length > 0 && OrderOf(reservationId.AsSpan()).SequenceEqual(orderId);

    /// <summary>A line of an order reserves under the order's id and what is behind the tilde.</summary>
    static ReadOnlySpan<char> OrderOf(ReadOnlySpan<char> reservationId) => reservationId[..Math.Max(0, reservationId.IndexOf('~'))];

    /// <summary>The same in UTF-8.</summary>
    internal static ReadOnlySpan<byte> OrderOf(ReadOnlySpan<byte> reservationId) => reservationId[..Math.Max(0, reservationId.IndexOf((byte)'~'))];
}

/// <summary>A live reservation to the order or cart that leads it.</summary>
public readonly record struct HeldLine(string Id, string Warehouse, int Quantity, ReservationState State);

/// <summary>A reservation as others may see it, in its state of that moment.</summary>
public sealed record ReservationView(
    string ReservationId, string OrderId, string Sku, string Warehouse, int Quantity, ReservationOwner Owner, ReservationState State,
    LockTier Tier, long ReservedAt, long ExpiresAt, string KeyId, bool Revalidated, string Cart = "")
{
    public static ReservationView Of(string sku, Reservation r) => new(
        r.Id, r.OrderId, sku, r.Warehouse, r.Quantity, r.Owner, r.State, r.Tier, r.ReservedAt, r.ExpiresAt, r.KeyId, r.Revalidated, r.Cart);

    /// <summary>As the first answer said it, whatever came after.</summary>
    public static ReservationView First(string sku, Reservation r) => Of(sku, r) with
    {
        State = ReservationState.Reserved, Tier = LockTier.Order, ExpiresAt = r.FirstExpiresAt,
    };
}

/// <summary>
/// A bundle's SKU has no stock of its own to hold: it remembers who reserves its components under which id, so that the id is
/// unique on it and each token makes one reservation.
/// </summary>
public sealed class BundleClaim : IEncoded
{
    public string Id = "";
    /// <summary>The cart's key.</summary>
    public string Cart = "";
    public List<string> Tokens = [];
    public long EndedAt;

    public ActorId Leader => new(ActorKind.Cart, Cart);

    public void Layout(Codec codec)
    {
        codec.Text(ref Id);
        codec.Text(ref Cart);
        codec.Texts(Tokens);
        codec.Long(ref EndedAt);
    }
}

/// <summary>The lock auditor asks a leader whether a reservation is its own. The answer is an <see cref="Ownership"/>.</summary>
public sealed class AskOwnership : Command
{
    public required string ReservationId { get; init; }
    public required string Sku { get; init; }
}

public sealed record Ownership(bool IsMine);

/// <summary>Where a leader believes the stock of one of its lines to be.</summary>
public enum LedStock
{
    None,
    /// <summary>An answer is awaited.</summary>
    Awaited,
    Reserved,
    Committed,
}

public readonly record struct LedLine(string Sku, string ReservationId, int Quantity, LedStock Stock);

/// <summary>An actor that SKUs hold stock for and that decides on its end: an order or a cart.</summary>
public interface ILeader
{
    IEnumerable<LedLine> Led { get; }
}
