using Engine.Actors.Deciders;

namespace Engine.Actors.Orders;

/// <summary>One entry of an order's history: to the millisecond, with operator and device (FEATURES B1).</summary>
public sealed class HistoryItem : IEncoded
{
    public long At;
    /// <summary>When it happened by the reporter's clock; 0 where that was not told.</summary>
    public long ReportedAt;
    public MicroState State;
    public bool Paid;
    public string Event = "";
    public string Operator = "";
    public string Device = "";
    public string Reason = "";
    public string Source = "";
    /// <summary>It told of what already lay behind.</summary>
    public bool Behind;

    public void Layout(Codec codec)
    {
        codec.Long(ref At);
        codec.Long(ref ReportedAt);
        codec.Enum(ref State);
        codec.Bool(ref Paid);
        codec.Text(ref Event);
        codec.Text(ref Operator);
        codec.Text(ref Device);
        codec.Text(ref Reason);
        codec.Text(ref Source);
        codec.Bool(ref Behind);
        if (!codec.IsWriting) (Event, Source) = (string.Intern(Event), string.Intern(Source));
    }

    /// <summary>The event's name as clients see it.</summary>
    public static string NameOf(Event happened) => happened switch
    {
        OrderReceived => "order_received",
        PaymentRecorded => "payment_recorded",
        ReservingStarted => "reserving_started",
        LinesAsked => "lines_asked",
        LineAnswered => "line_answered",
        LinesTold => "lines_told",
        RetryPlanned => "retry_planned",
        OrderLocked => "order_reserved",
        OrderBackordered => "order_backordered",
        OrderExpired => "order_expired",
        BuyerReminded => "buyer_reminded",
        OrderReopened => "order_reopened",
        OrderCancelled => "order_cancelled",
        LinesCancelled => "lines_cancelled",
        FactKept => "fact_kept",
        OrderHeld => "order_held",
        OrderUnheld => "order_unheld",
        LineResolved => "line_resolved",
        LineExpanded => "line_expanded",
        RefundRecorded => "refund_recorded",
        PersonForgotten => "person_forgotten",
        OrderFlagged => "order_flagged",
        _ => "changed",
    };
}

/// <summary>A fact that came before it could apply.</summary>
public sealed class KeptFact : IEncoded
{
    public StepFact? Step;
    public string CancelReason = "";
    public string CancelBy = "";
    /// <summary>Empty where all of the order was cancelled.</summary>
    public List<CancelledQuantity> CancelLines = [];
    public string Source = "";
    /// <inheritdoc cref="Cancellation.Reference" />
    public ulong CancelReference;

    public void Layout(Codec codec)
    {
        codec.Text(ref CancelReason);
        codec.Text(ref CancelBy);
        codec.Text(ref Source);
        var hasStep = Step is not null;
        codec.Bool(ref hasStep);
        if (hasStep) codec.Record(Step ??= new StepFact());
        codec.List(CancelLines);
        if (codec.More(CancelReference != 0)) codec.Fixed64(ref CancelReference);
    }
}

/// <summary>A call that carried an Idempotency-Key.</summary>
public sealed class RememberedCall : IEncoded
{
    public ulong Key;
    public ulong Body;
    public long At;

    public void Layout(Codec codec)
    {
        codec.Fixed64(ref Key);
        codec.Fixed64(ref Body);
        codec.Long(ref At);
    }
}

/// <summary>A decision as a few numbers; the words are made when it is shown (<see cref="Explaining"/>).</summary>
public sealed class Explanation : IEncoded
{
    public string Decision = "";
    public int Line = -1;
    public long Number;
    public string Text = "";
    public long At;

    public void Layout(Codec codec)
    {
        codec.Text(ref Decision);
        codec.Int(ref Line);
        codec.Long(ref Number);
        codec.Text(ref Text);
        codec.Long(ref At);
        if (!codec.IsWriting) Decision = string.Intern(Decision);
    }
}
