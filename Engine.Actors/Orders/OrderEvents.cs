using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

public sealed class OrderReceived : Event
{
    public string Source = "";
    public OrderDetails Details { get => field ??= new(); set; }
    public ShopPolicy Policy { get => field ??= new(); set; }
    /// <summary>The place of the personal key among those of this frame; −1 for none.</summary>
    public int KeyIndex = -1;
    /// <summary>The instant both lock tiers count from, fixed once.</summary>
    public long LockBase;
    public string[] Flags = [];

    public override byte Tag => 40;
    public override void Layout(Codec codec)
    {
        codec.Word(ref Source);
        codec.Record(Details);
        codec.Record(Policy);
        codec.Int(ref KeyIndex);
        codec.Long(ref LockBase);
        codec.Texts(ref Flags);
    }
}

public sealed class PaymentRecorded : Event
{
    public PaymentFact Payment { get => field ??= new(); set; }
    public string Source = "";

    public override byte Tag => 41;
    public override void Layout(Codec codec)
    {
        codec.Record(Payment);
        codec.Word(ref Source);
    }
}

/// <summary>How an order asks for the stock of its lines.</summary>
public enum ReservingRound : byte
{
    /// <summary>All lines at once.</summary>
    Parallel = 0,
    /// <summary>One after the other in SKU order, so that of two orders that want the same somebody wins.</summary>
    OneByOne = 1,
    /// <summary>Lines that were granted elsewhere are asked of the one warehouse that has them all.</summary>
    Gathering = 2,
}

/// <summary>A round of asking for stock begins.</summary>
public sealed class ReservingStarted : Event
{
    public ReservingRound Round;
    /// <summary>Warehouses by preference, for the explanation.</summary>
    public string[] Ranked = [];

    public override byte Tag => 42;
    public override void Layout(Codec codec)
    {
        codec.Enum(ref Round);
        codec.Words(ref Ranked);
    }
}

/// <summary>Lines were asked for under a new attempt each.</summary>
public sealed class LinesAsked : Event
{
    public List<int> Lines = [];

    public override byte Tag => 43;
    public override void Layout(Codec codec) => codec.Indexes(Lines);
}

/// <summary>What a SKU answered.</summary>
public sealed class LineAnswered : Event
{
    public int Line;
    public LineAnswerKind Kind;
    public string Warehouse = "";
    public long Available;
    public long Version;
    public bool Temporary;
    public string[] Fitting = [];
    /// <summary>The instruction that was answered; 0 where none was.</summary>
    public int Number;

    public override byte Tag => 44;
    public override void Layout(Codec codec)
    {
        codec.Int(ref Line);
        codec.Enum(ref Kind);
        codec.Word(ref Warehouse);
        codec.Long(ref Available);
        codec.Long(ref Version);
        codec.Bool(ref Temporary);
        codec.Words(ref Fitting);
        codec.Int(ref Number);
    }
}

/// <summary>Lines were told to commit, extend, release or ship.</summary>
public sealed class LinesTold : Event
{
    public LineChange Change;
    public List<int> Lines = [];

    public override byte Tag => 45;
    public override void Layout(Codec codec)
    {
        codec.Enum(ref Change);
        codec.Indexes(Lines);
    }
}

/// <summary>Stock was refused only because of orders that may give it back: asked again a little later.</summary>
public sealed class RetryPlanned : Event
{
    public long At;

    public override byte Tag => 61;
    public override void Layout(Codec codec) => codec.Long(ref At);
}

/// <summary>Every line has its stock.</summary>
public sealed class OrderLocked : Event
{
    public override byte Tag => 46;
    public override void Layout(Codec codec) { }
}

/// <summary>Stock is short: the order waits for one line; nothing is held meanwhile.</summary>
public sealed class OrderBackordered : Event
{
    public int Line;

    public override byte Tag => 47;
    public override void Layout(Codec codec) => codec.Int(ref Line);
}

public sealed class OrderExpired : Event
{
    public string Why = "";

    public override byte Tag => 48;
    public override void Layout(Codec codec) => codec.Text(ref Why);
}

/// <summary>The buyer of an order that lapsed unpaid is to be reminded, once (FEATURES B6); paying reserves again.</summary>
public sealed class BuyerReminded : Event
{
    public string Coupon = "";

    public override byte Tag => 62;
    public override void Layout(Codec codec) => codec.Text(ref Coupon);
}

/// <summary>A late payment opens the order again.</summary>
public sealed class OrderReopened : Event
{
    public override byte Tag => 49;
    public override void Layout(Codec codec) { }
}

public sealed class OrderCancelled : Event
{
    public string Reason = "";
    public string By = "";
    public string Source = "";

    public override byte Tag => 50;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Reason);
        codec.Text(ref By);
        codec.Word(ref Source);
    }
}

public sealed class LinesCancelled : Event
{
    public List<CancelledQuantity> Lines = [];
    public string Reason = "";
    public string By = "";
    /// <summary>What they come to, minor units: not owed any more, or to be paid back. Builds before wrote 0 where nothing was paid yet.</summary>
    public long Value;
    /// <inheritdoc cref="Cancellation.Reference" />
    public ulong Reference;

    public override byte Tag => 51;
    public override void Layout(Codec codec)
    {
        codec.List(Lines);
        codec.Text(ref Reason);
        codec.Text(ref By);
        codec.Long(ref Value);
        if (codec.More(Reference != 0)) codec.Fixed64(ref Reference);
    }
}

/// <summary>A cancellation or a step of an order that is not there yet, or not yet so far: kept until it applies.</summary>
public sealed class FactKept : Event
{
    public StepFact? Step;
    public string CancelReason = "";
    public string CancelBy = "";
    /// <summary>Empty where all of the order was cancelled.</summary>
    public List<CancelledQuantity> CancelLines = [];
    public string Source = "";
    /// <inheritdoc cref="Cancellation.Reference" />
    public ulong CancelReference;

    public override byte Tag => 52;
    public override void Layout(Codec codec)
    {
        codec.Text(ref CancelReason);
        codec.Text(ref CancelBy);
        codec.Word(ref Source);
        var hasStep = Step is not null;
        codec.Bool(ref hasStep);
        if (hasStep) codec.Record(Step ??= new StepFact());
        codec.List(CancelLines);
        if (codec.More(CancelReference != 0)) codec.Fixed64(ref CancelReference);
    }
}

public sealed class OrderHeld : Event
{
    public string Reason = "";
    public int Line = -1;

    public override byte Tag => 53;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Reason);
        codec.Int(ref Line);
    }
}

public sealed class OrderUnheld : Event
{
    public string By = "";
    public string Reason = "";

    public override byte Tag => 54;
    public override void Layout(Codec codec)
    {
        codec.Text(ref By);
        codec.Text(ref Reason);
    }
}

public sealed class LineResolved : Event
{
    public int Line;
    public string Sku = "";

    public override byte Tag => 55;
    public override void Layout(Codec codec)
    {
        codec.Int(ref Line);
        codec.Text(ref Sku);
    }
}

/// <summary>The line's SKU is a bundle: these are reserved for it. A later change of the bundle does not touch them.</summary>
public sealed class LineExpanded : Event
{
    public int Line;
    public List<BundlePart> Parts = [];

    public override byte Tag => 63;
    public override void Layout(Codec codec)
    {
        codec.Int(ref Line);
        codec.List(Parts);
    }
}

public sealed class StepTaken : Event
{
    public StepFact Step = new();
    public string Source = "";
    /// <summary>It reports what already lies behind, or that a part of the goods has left: recorded, the order's state does not move.</summary>
    public bool Behind;

    public override byte Tag => 56;
    public override void Layout(Codec codec)
    {
        codec.Record(Step);
        codec.Word(ref Source);
        codec.Bool(ref Behind);
    }
}

public sealed class RefundRecorded : Event
{
    public RefundFact Refund = new();
    public string Source = "";

    public override byte Tag => 57;
    public override void Layout(Codec codec)
    {
        codec.Record(Refund);
        codec.Word(ref Source);
    }
}

public sealed class PersonForgotten : Event
{
    public string By = "";
    public string Reason = "";

    public override byte Tag => 58;
    public override void Layout(Codec codec)
    {
        codec.Text(ref By);
        codec.Text(ref Reason);
    }
}

public sealed class OrderFlagged : Event
{
    public string Flag = "";
    public string Source = "";

    public override byte Tag => 59;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Flag);
        codec.Word(ref Source);
    }
}

public sealed class CallRemembered : Event
{
    public ulong Key;
    public ulong Body;

    public override byte Tag => 60;
    public override void Layout(Codec codec)
    {
        codec.Fixed64(ref Key);
        codec.Fixed64(ref Body);
    }
}
