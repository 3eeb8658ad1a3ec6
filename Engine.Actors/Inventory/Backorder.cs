using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>One line waiting for stock: served paid first, then by urgency, then by order time.</summary>
public sealed class Backorder : IEncoded
{
    public string ReservationId = "";
    public string OrderId = "";
    public int Quantity;
    public string[] Warehouses = [];
    public bool Paid;
    public byte Urgency;
    public long PlacedAt;
    /// <summary>Unpaid ones end with the order tier; <see cref="Actor.Never"/> for paid ones.</summary>
    public long ExpiresAt;
    public long PayingExpiresAt;
    public int LinesInOrder = 1;
    public bool Asked;
    /// <summary>It waits already, only what it says has changed: if it does not any more, the order hears why.</summary>
    public bool Renewed;
    /// <summary>Not offered before; 0 for at once. Orders that came back empty-handed step aside for a moment.</summary>
    public long NotBefore;
    /// <summary>Quantities of the order's other lines of this SKU: an offer for this line alone would be of no use.</summary>
    public List<int> Alongside = [];

    public void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Id(ref OrderId);
        codec.Int(ref Quantity);
        codec.Words(ref Warehouses);
        codec.Bool(ref Paid);
        codec.Byte(ref Urgency);
        codec.Long(ref PlacedAt);
        codec.Long(ref ExpiresAt);
        codec.Long(ref PayingExpiresAt);
        codec.Int(ref LinesInOrder);
        codec.Bool(ref Asked);
        codec.Bool(ref Renewed);
        codec.Long(ref NotBefore);
        codec.Indexes(Alongside);
    }
}

/// <summary>Paid first, then urgency, then order time.</summary>
sealed class BackorderPriority : IComparer<Backorder>
{
    public static readonly BackorderPriority Instance = new();

    public int Compare(Backorder? a, Backorder? b)
    {
        if (a is null || b is null) return 0;
        if (a.Paid != b.Paid) return a.Paid ? -1 : 1;
        if (a.Urgency != b.Urgency) return b.Urgency.CompareTo(a.Urgency);
        var byTime = a.PlacedAt.CompareTo(b.PlacedAt);
        return byTime != 0 ? byTime : string.CompareOrdinal(a.ReservationId, b.ReservationId);
    }
}

/// <summary>As <see cref="ReservationTable"/> orders what falls due.</summary>
sealed class ByTime : IComparer<(long At, string Id)>
{
    public static readonly ByTime Instance = new();

    public int Compare((long At, string Id) x, (long At, string Id) y) => x.At != y.At ? x.At.CompareTo(y.At) : string.CompareOrdinal(x.Id, y.Id);
}
