using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>An order asks a SKU for the stock of one line. It takes and uses its snapshot within this one message.</summary>
public sealed class ReserveLine : Message
{
    public string ReservationId = "";
    public int Quantity;
    /// <summary>Open warehouses, the preferred one first.</summary>
    public List<string> Warehouses = [];
    public long ExpiresAt;
    public long PayingExpiresAt;
    /// <summary>Paid already: commit at once.</summary>
    public bool Commit;
    public int LinesInOrder = 1;

    public override byte Tag => 1;
    public override void Layout(Codec codec)
    {
        codec.Text(ref ReservationId);
        codec.Int(ref Quantity);
        codec.Texts(Warehouses);
        codec.Long(ref ExpiresAt);
        codec.Long(ref PayingExpiresAt);
        codec.Bool(ref Commit);
        codec.Int(ref LinesInOrder);
    }
}

public enum LineChange : byte
{
    Commit = 0,
    Extend = 1,
    Release = 2,
    Ship = 3,
    /// <summary>Gives the stock back because the lock lapsed.</summary>
    Expire = 4,
    /// <summary>Gives a part back.</summary>
    Reduce = 5,
}

/// <summary>An order moves the reservation of one of its lines on.</summary>
public sealed class ChangeLine : Message
{
    public string ReservationId = "";
    public LineChange Change;
    /// <summary>For a reduction: how much is given back.</summary>
    public int Quantity;
    /// <summary>For an extension.</summary>
    public long ExpiresAt;
    public string Why = "";
    /// <summary>Which of the order's instructions for this line it is; 0 for an answer to <see cref="LockDue"/>.</summary>
    public int Number;

    public override byte Tag => 2;
    public override void Layout(Codec codec)
    {
        codec.Text(ref ReservationId);
        codec.Enum(ref Change);
        codec.Int(ref Quantity);
        codec.Long(ref ExpiresAt);
        codec.Text(ref Why);
        codec.Int(ref Number);
    }
}

/// <summary>An order waits for the stock of one line.</summary>
public sealed class AwaitStock : Message
{
    public Backorder Backorder = new();

    public override byte Tag => 3;
    public override void Layout(Codec codec) => codec.Record(Backorder);
}

/// <summary>One line waiting for stock: served paid first, then by urgency, then by order time.</summary>
public sealed class Backorder : IEncoded
{
    public string ReservationId = "";
    public string OrderId = "";
    public int Quantity;
    public List<string> Warehouses = [];
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
        codec.Text(ref ReservationId);
        codec.Text(ref OrderId);
        codec.Int(ref Quantity);
        codec.Texts(Warehouses);
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

public enum LineAnswerKind : byte
{
    Granted = 0,
    Refused = 1,
    UnknownSku = 2,
    Committed = 3,
    Extended = 4,
    Released = 5,
    Shipped = 6,
    /// <summary>A backorder was served: the stock is reserved.</summary>
    Offered = 7,
    /// <summary>Physical loss took the stock; the line is without it.</summary>
    Evicted = 8,
    /// <summary>The reservation is not there any more, or never was.</summary>
    Gone = 9,
    /// <summary>Granted to an order that is paid, and committed at once.</summary>
    GrantedCommitted = 10,
}

/// <summary>What a SKU says to an order about one of its lines.</summary>
public sealed class LineAnswer : Message
{
    public string ReservationId = "";
    public LineAnswerKind Kind;
    public string Warehouse = "";
    /// <summary>Free in the chosen warehouse before a grant; free at best after a refusal.</summary>
    public long Available;
    public long Version;
    public int Quantity;
    /// <summary>For a refusal: enough would be free but for locks so young that their orders may yet give them back.</summary>
    public bool Temporary;
    /// <summary>Which of the asked warehouses could have served the line, in the order they were asked.</summary>
    public List<string> Fitting = [];
    /// <summary>The instruction it answers (<see cref="ChangeLine.Number"/>).</summary>
    public int Number;

    public override byte Tag => 4;
    public override void Layout(Codec codec)
    {
        codec.Text(ref ReservationId);
        codec.Enum(ref Kind);
        codec.Text(ref Warehouse);
        codec.Long(ref Available);
        codec.Long(ref Version);
        codec.Int(ref Quantity);
        codec.Bool(ref Temporary);
        codec.Texts(Fitting);
        codec.Int(ref Number);
    }
}

/// <summary>A lock or a wait of an order falls due: may it end?</summary>
public sealed class LockDue : Message
{
    public string ReservationId = "";

    public override byte Tag => 5;
    public override void Layout(Codec codec) => codec.Text(ref ReservationId);
}

/// <summary>An article code of a platform asks which SKU it is; who asks hears again when that changes.</summary>
public sealed class ResolveAlias : Message
{
    public string Code = "";

    public override byte Tag => 6;
    public override void Layout(Codec codec) => codec.Text(ref Code);
}

/// <summary>The answer: the SKU behind an article code, empty while nobody knows.</summary>
public sealed class SkuResolved : Message
{
    public string Code = "";
    public string Sku = "";

    public override byte Tag => 7;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Code);
        codec.Text(ref Sku);
    }
}

/// <summary>A SKU claims an alias, or with an empty SKU gives it up.</summary>
public sealed class MapAlias : Message
{
    public string Sku = "";
    public bool Remove;

    public override byte Tag => 8;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Sku);
        codec.Bool(ref Remove);
    }
}
