using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

public enum LineStock : byte
{
    None = 0,
    Asked = 1,
    Reserved = 2,
    Committed = 3,
    Refused = 4,
    /// <summary>In the SKU's backorder queue.</summary>
    Waiting = 5,
    Released = 6,
    Shipped = 7,
    /// <summary>Its SKU is not known; who could tell has been asked.</summary>
    Unknown = 8,
    /// <summary>Who knows its article code has been asked which SKU it is.</summary>
    Resolving = 9,
    /// <summary>Its SKU is a bundle: the components are lines of their own, which hold the stock.</summary>
    Expanded = 10,
}

/// <summary>One line of an order and where its stock stands.</summary>
public sealed class OrderLine : IEncoded
{
    public OrderedLine Ordered { get => field ??= new(); set; }
    /// <summary>Empty while nobody knows it.</summary>
    public string Sku = "";
    public int CancelledQuantity;
    public LineStock Stock;
    public string Warehouse = "";
    public int Attempt;
    /// <summary>An instruction whose answer is awaited.</summary>
    public bool Told;
    public LineChange ToldChange;
    /// <summary>Counts the instructions: only the answer to the last one ends the waiting.</summary>
    public int ToldNumber;
    /// <summary>As of the last answer.</summary>
    public long Available;
    public long Version;
    public bool Temporary;
    public string[] Fitting = [];
    /// <summary>Its lock was told to hold until the paying tier ends.</summary>
    public bool Extended;
    /// <summary>For a component of a bundle: the line that ordered it; −1 for an ordered line.</summary>
    public int PartOf = -1;
    /// <summary>For a component: how many of it one bundle takes.</summary>
    public int Each = 1;

    string? _reservationId;
    int _reservationAttempt;

    public bool IsPart => PartOf >= 0;
    public int Quantity => Ordered.Quantity - CancelledQuantity;
    /// <summary>Stock is to be had for it.</summary>
    public bool IsOpen => Quantity > 0 && Stock != LineStock.Expanded;
    /// <summary>Its SKU was told that the goods leave, and has not answered yet.</summary>
    public bool IsLeaving => Told && ToldChange == LineChange.Ship;
    public bool HasStock => Stock is LineStock.Reserved or LineStock.Committed or LineStock.Shipped;

    public LedStock Led => Stock switch
    {
        LineStock.Asked => LedStock.Awaited,
        _ when Told && Stock != LineStock.Waiting => LedStock.Awaited,
        LineStock.Reserved when IsOpen => LedStock.Reserved,
        LineStock.Committed when IsOpen => LedStock.Committed,
        _ => LedStock.None,
    };

    /// <summary>Unique per SKU, and new with every attempt, so that an answer to an old one can't be taken for this one's.</summary>
    public string ReservationId(string orderId)
    {
        if (_reservationId is null || _reservationAttempt != Attempt)
            (_reservationId, _reservationAttempt) = (Attempt <= 1 ? $"{orderId}~{Ordered.LineId}" : $"{orderId}~{Ordered.LineId}~{Attempt}", Attempt);
        return _reservationId;
    }

    /// <summary>Its SKU is asked for stock, or who could tell is asked for its SKU.</summary>
    internal void Ask()
    {
        Attempt++;
        Stock = Sku.Length > 0 ? LineStock.Asked : LineStock.Resolving;
        (Told, Extended, Warehouse, Temporary) = (false, false, "", false);
        Fitting = [];
    }

    /// <summary>It takes its place in the SKU's backorder queue.</summary>
    /// <param name="change">What its SKU is to do with the stock that comes.</param>
    internal void Wait(LineChange change, bool isExtended)
    {
        Attempt++;
        (Stock, Told, ToldChange, Extended) = (LineStock.Waiting, false, change, isExtended);
    }

    /// <summary>What is given back is not counted on any more, also before the SKU has heard of it.</summary>
    internal void Tell(LineChange change)
    {
        // A place in the queue is taken anew without an answer.
        var answered = Stock != LineStock.Waiting || change is LineChange.Release or LineChange.Expire;
        (Told, ToldChange, ToldNumber) = (answered, change, ToldNumber + 1);
        if (change is LineChange.Release or LineChange.Expire) Stock = LineStock.Released;
        else if (change == LineChange.Extend || !answered) Extended = true;
    }

    internal void Answer(LineAnswered e)
    {
        Told &= e.Number != ToldNumber;
        (Available, Version, Temporary) = (e.Available, e.Version, e.Temporary);
        switch (e.Kind)
        {
            case LineAnswerKind.Granted or LineAnswerKind.GrantedCommitted or LineAnswerKind.Offered:
                (Stock, Warehouse) = (e.Kind == LineAnswerKind.GrantedCommitted ? LineStock.Committed : LineStock.Reserved, e.Warehouse);
                Fitting = e.Fitting;
                break;
            case LineAnswerKind.Refused: Stock = LineStock.Refused; break;
            // Neither a SKU nor, then, an article code.
            case LineAnswerKind.UnknownSku: Stock = Stock == LineStock.Asked && !IsPart ? LineStock.Resolving : LineStock.Unknown; break;
            case LineAnswerKind.Committed: Stock = LineStock.Committed; break;
            case LineAnswerKind.Shipped: Stock = LineStock.Shipped; break;
            case LineAnswerKind.Evicted or LineAnswerKind.Gone: (Stock, Warehouse) = (LineStock.Released, ""); break;
            default: break;
        }
    }

    /// <summary>The bundle it is a component of was corrected into another SKU.</summary>
    internal void Drop()
    {
        CancelledQuantity = Ordered.Quantity;
        if (Stock == LineStock.Unknown) Stock = LineStock.None;
    }

    public void Layout(Codec codec)
    {
        codec.Record(Ordered);
        codec.Text(ref Sku);
        codec.Int(ref CancelledQuantity);
        codec.Enum(ref Stock);
        codec.Text(ref Warehouse);
        codec.Int(ref Attempt);
        codec.Bool(ref Told);
        codec.Enum(ref ToldChange);
        codec.Long(ref Available);
        codec.Long(ref Version);
        codec.Bool(ref Temporary);
        codec.Texts(ref Fitting);
        codec.Bool(ref Extended);
        codec.Int(ref ToldNumber);
        if (!codec.More(IsPart)) return;
        codec.Int(ref PartOf);
        codec.Int(ref Each);
    }
}
