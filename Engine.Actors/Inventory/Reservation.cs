using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

public enum ReservationOwner : byte
{
    /// <summary>Made through the API for an order kept elsewhere; the SKU ends it at its deadline by itself.</summary>
    Caller = 0,
    /// <summary>Led by an order actor, which is asked before the lock ends.</summary>
    Order = 1,
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

/// <summary>Stock of one SKU in one warehouse, promised to one order line.</summary>
public sealed class Reservation : IEncoded
{
    public string Id = "";
    public string OrderId = "";
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

    public bool IsLive => State is ReservationState.Reserved or ReservationState.Committed;

    public void Layout(Codec codec)
    {
        codec.Text(ref Id);
        codec.Text(ref OrderId);
        codec.Text(ref Warehouse);
        codec.Int(ref Quantity);
        codec.Enum(ref Owner);
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
    }
}

/// <summary>A reservation as others may see it, in its state of that moment.</summary>
public sealed record ReservationView(
    string ReservationId, string OrderId, string Sku, string Warehouse, int Quantity, ReservationOwner Owner, ReservationState State,
    LockTier Tier, long ReservedAt, long ExpiresAt, string KeyId, bool Revalidated)
{
    public static ReservationView Of(string sku, Reservation r) => new(
        r.Id, r.OrderId, sku, r.Warehouse, r.Quantity, r.Owner, r.State, r.Tier, r.ReservedAt, r.ExpiresAt, r.KeyId, r.Revalidated);

    /// <summary>As the first answer said it, whatever came after.</summary>
    public static ReservationView First(string sku, Reservation r) => Of(sku, r) with
    {
        State = ReservationState.Reserved, Tier = LockTier.Order, ExpiresAt = r.FirstExpiresAt,
    };
}
