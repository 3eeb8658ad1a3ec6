using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;

namespace Engine.Actors.Orders;

public enum PayStatus : byte
{
    Pending = 0,
    Started = 1,
    Succeeded = 2,
    Failed = 3,
}

/// <summary>What a shop has chosen for its orders; fixed when the order is received.</summary>
public sealed class ShopPolicy : IEncoded
{
    /// <summary>On shortage cancel at once instead of waiting for stock.</summary>
    public bool RejectOnShortage;
    /// <summary>Lock tiers, milliseconds.</summary>
    public long OrderTier = 15 * 60_000;
    public long PayingTier = 45 * 60_000;
    /// <summary>How long after its order time an unpaid order, expired by then, is reminded of once (milliseconds); 0 for never.</summary>
    public long ReminderAfter;
    /// <summary>The coupon (优惠券) that goes with the reminder; empty for none.</summary>
    public string Coupon = "";

    public void Layout(Codec codec)
    {
        codec.Bool(ref RejectOnShortage);
        codec.Long(ref OrderTier);
        codec.Long(ref PayingTier);
        codec.Long(ref ReminderAfter);
        codec.Text(ref Coupon);
    }
}

/// <summary>One line as it was ordered.</summary>
public sealed class OrderedLine : IEncoded
{
    public string LineId = "";
    /// <summary>The article code as the platform gave it.</summary>
    public string Code = "";
    /// <summary>The code is the platform's own: only an alias can tell the SKU.</summary>
    public bool ByPlatformSku;
    public int Quantity;
    /// <summary>Minor units.</summary>
    public long UnitPrice;
    public long Discount;
    /// <summary>The main line this gift (小样) belongs to; empty for none.</summary>
    public string GiftOf = "";
    public bool Presale;

    public void Layout(Codec codec)
    {
        codec.Text(ref LineId);
        codec.Word(ref Code);
        codec.Bool(ref ByPlatformSku);
        codec.Int(ref Quantity);
        codec.Long(ref UnitPrice);
        codec.Long(ref Discount);
        codec.Text(ref GiftOf);
        codec.Bool(ref Presale);
    }
}

/// <summary>
/// What an order says, without the person: names, phones, streets, notes and compliance fields are in <see cref="Personal"/>,
/// encrypted under a key of this order.
/// </summary>
public sealed class OrderDetails : IEncoded
{
    /// <summary>By the platform's clock, milliseconds since 1970 UTC.</summary>
    public long PlacedAt;
    /// <summary>By the buyer's device; 0 for not told.</summary>
    public long ClientSubmittedAt;
    /// <summary>0 normal, 1 high, 2 urgent.</summary>
    public byte Urgency;
    /// <summary>0 for none.</summary>
    public long ShipBy;
    public Place Place { get => field ??= new(); set; }
    public List<OrderedLine> Lines = [];
    public long Goods;
    public long Freight;
    public long Discount;
    public long Tax;
    public long Total;
    public string Currency = "";
    public bool CashOnDelivery;
    public string[] Tags = [];
    public byte[] Personal = [];
    /// <summary>A keyed hash of the personal part, to tell a repeat with differences; 0 once forgotten.</summary>
    public ulong PersonalHash;

    public void Layout(Codec codec)
    {
        codec.Long(ref PlacedAt);
        codec.Long(ref ClientSubmittedAt);
        codec.Byte(ref Urgency);
        codec.Long(ref ShipBy);
        codec.Record(Place);
        codec.List(Lines);
        codec.Long(ref Goods);
        codec.Long(ref Freight);
        codec.Long(ref Discount);
        codec.Long(ref Tax);
        codec.Long(ref Total);
        codec.Word(ref Currency);
        codec.Bool(ref CashOnDelivery);
        codec.Texts(ref Tags);
        codec.Blob(ref Personal);
        codec.Fixed64(ref PersonalHash);
    }
}

/// <summary>One payment as it was reported.</summary>
public sealed class PaymentFact : IEncoded
{
    public string Reference = "";
    public PayStatus Status;
    /// <summary>Minor units; <see cref="Whole"/> for the whole of the order.</summary>
    public long Amount;
    /// <summary>By the platform's clock.</summary>
    public long At;
    /// <summary>When it reached the engine, which decides whether it came in time.</summary>
    public long ArrivedAt;

    public const long Whole = -1;

    public void Layout(Codec codec)
    {
        codec.Text(ref Reference);
        codec.Enum(ref Status);
        codec.Long(ref Amount);
        codec.Long(ref At);
        codec.Long(ref ArrivedAt);
    }
}

public enum RefundProgress : byte
{
    Requested = 0,
    Succeeded = 1,
    Closed = 2,
}

public sealed class RefundFact : IEncoded
{
    public string Reference = "";
    public RefundProgress Status;
    /// <summary>Minor units; <see cref="PaymentFact.Whole"/> for all that was paid.</summary>
    public long Amount;
    /// <summary>All that was paid is back, whatever the amount.</summary>
    public bool Full;
    public long At;
    /// <summary>More was paid after it was made: it covers its amount and no more.</summary>
    public bool Settled;

    public bool CoversAll => Full && !Settled && Status == RefundProgress.Succeeded;

    public void Layout(Codec codec)
    {
        codec.Text(ref Reference);
        codec.Enum(ref Status);
        codec.Long(ref Amount);
        codec.Bool(ref Full);
        codec.Long(ref At);
        if (codec.More(Settled)) codec.Bool(ref Settled);
    }
}

public sealed class CancelledQuantity : IEncoded
{
    public string LineId = "";
    public int Quantity;

    public void Layout(Codec codec)
    {
        codec.Text(ref LineId);
        codec.Int(ref Quantity);
    }
}

/// <summary>A step as it was reported (FEATURES B1: who, when, on which device).</summary>
public sealed class StepFact : IEncoded
{
    public MicroState Step;
    public StepRole Role;
    public string Operator = "";
    public string Device = "";
    /// <summary>When it happened, by the reporter's clock; 0 for now.</summary>
    public long At;
    public string Carrier = "";
    public string TrackingNumber = "";
    public string Reason = "";

    public void Layout(Codec codec)
    {
        codec.Enum(ref Step);
        codec.Enum(ref Role);
        codec.Text(ref Operator);
        codec.Text(ref Device);
        codec.Long(ref At);
        codec.Text(ref Carrier);
        codec.Text(ref TrackingNumber);
        codec.Text(ref Reason);
    }
}
