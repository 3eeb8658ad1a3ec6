using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>A component of a bundle, and how many of it one bundle takes.</summary>
public sealed class BundlePart : IEncoded
{
    public string Sku = "";
    public int Quantity;

    public void Layout(Codec codec)
    {
        codec.Text(ref Sku);
        codec.Int(ref Quantity);
    }
}

/// <summary>A snapshot token as a cart's line carries it; signature and scope were checked at the edge.</summary>
public sealed class LineToken : IEncoded
{
    public string TokenId = "";
    public long Version;
    public long Available;
    public long ExpiresAt;

    public void Layout(Codec codec)
    {
        codec.Text(ref TokenId);
        codec.Long(ref Version);
        codec.Long(ref Available);
        codec.Long(ref ExpiresAt);
    }
}

/// <summary>
/// A leader (an order or a cart) asks a SKU for the stock of one line. For an order the SKU takes and uses its snapshot within
/// this one message; a cart's line brings the tokens of its caller.
/// </summary>
public sealed class ReserveLine : Message
{
    public string ReservationId = "";
    public int Quantity;
    /// <summary>Open warehouses, the preferred one first.</summary>
    public string[] Warehouses = [];
    public long ExpiresAt;
    public long PayingExpiresAt;
    /// <summary>Paid already: commit at once.</summary>
    public bool Commit;
    public int LinesInOrder = 1;
    /// <summary>A component of a bundle: a SKU that is a bundle itself has nothing for it.</summary>
    public bool IsPart;
    /// <summary>For a cart: which of its questions this is, said again by the answer; 0 for an order, whose ids tell.</summary>
    public int Number;
    /// <summary>For a cart: the caller's order and the signing key of its tickets.</summary>
    public string OrderId = "";
    public string KeyId = "";
    /// <summary>For a cart's line that the caller named: one token for each time it named it.</summary>
    public List<LineToken> Tokens { get => field ??= []; set; }
    /// <summary>For a cart: how often it has moved this stock itself since it began, which is no move to its tokens.</summary>
    public int OwnMoves;

    public override byte Tag => 1;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Int(ref Quantity);
        codec.Words(ref Warehouses);
        codec.Long(ref ExpiresAt);
        codec.Long(ref PayingExpiresAt);
        codec.Bool(ref Commit);
        codec.Int(ref LinesInOrder);
        if (!codec.More(IsPart || Number != 0)) return;
        codec.Bool(ref IsPart);
        codec.Int(ref Number);
        codec.Text(ref OrderId);
        codec.Word(ref KeyId);
        codec.List(Tokens);
        codec.Int(ref OwnMoves);
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
    /// <summary>Gives back what no caller ever heard of: the reservation's id and tokens are as if it had never been.</summary>
    Withdraw = 6,
}

/// <summary>A leader moves the reservation of one of its lines on.</summary>
public sealed class ChangeLine : Message
{
    public string ReservationId = "";
    public LineChange Change;
    /// <summary>For a reduction: how much is given back.</summary>
    public int Quantity;
    /// <summary>For an extension.</summary>
    public long ExpiresAt;
    public string Why = "";
    /// <summary>Which of the leader's instructions for this line it is; 0 for an answer to <see cref="LockDue"/>.</summary>
    public int Number;
    /// <summary>For a release: the order goes on and will ask again, so nothing of it counts as sold.</summary>
    public bool Unsold;

    public override byte Tag => 2;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Enum(ref Change);
        codec.Int(ref Quantity);
        codec.Long(ref ExpiresAt);
        codec.Word(ref Why);
        codec.Int(ref Number);
        if (codec.More(Unsold)) codec.Bool(ref Unsold);
    }
}

/// <summary>An order waits for the stock of one line.</summary>
public sealed class AwaitStock : Message
{
    public Backorder Backorder = new();

    public override byte Tag => 3;
    public override void Layout(Codec codec) => codec.Record(Backorder);
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
    /// <summary>The SKU is a bundle: its components are to be asked instead.</summary>
    Bundle = 11,
    /// <summary>To a cart: the reservation id is known on this SKU.</summary>
    Conflict = 12,
    TokenUsed = 13,
    TokenExpired = 14,
    /// <summary>The SKU is strict and its stock has moved since the snapshot.</summary>
    StaleToken = 15,
}

/// <summary>The stock as a SKU refused it, or would have: what a cart tells its caller.</summary>
public sealed class LineStanding : IEncoded
{
    /// <summary>Free over all warehouses before the decision.</summary>
    public long Available;
    /// <summary>The largest quantity that one reservation would have got.</summary>
    public long WouldFit;
    /// <summary>For a shortage: what purchasing should order (<see cref="ReplenishmentView"/>).</summary>
    public long Suggested;
    /// <summary>Committed in the last seven days; −1 without history.</summary>
    public long CommittedInWeek = -1;
    public long Since;
    public bool IsStrict;
    /// <summary>The token that stood in the way.</summary>
    public string TokenId = "";

    public void Layout(Codec codec)
    {
        codec.Long(ref Available);
        codec.Long(ref WouldFit);
        codec.Long(ref Suggested);
        codec.Long(ref CommittedInWeek);
        codec.Long(ref Since);
        codec.Bool(ref IsStrict);
        codec.Text(ref TokenId);
    }
}

/// <summary>What a SKU says to a leader about one of its lines.</summary>
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
    /// <summary>Which of the asked warehouses could have served the line, in the order they were asked; left out where no choice follows from it.</summary>
    public string[] Fitting = [];
    /// <summary>The instruction it answers (<see cref="ChangeLine.Number"/>, <see cref="ReserveLine.Number"/>).</summary>
    public int Number;
    /// <summary>For <see cref="LineAnswerKind.Bundle"/>.</summary>
    public List<BundlePart> Parts { get => field ??= []; set; }
    /// <summary>To a cart: granted although the stock had moved since the snapshot.</summary>
    public bool Revalidated;
    /// <summary>To a cart that asked for stock.</summary>
    public LineStanding? Standing;

    public override byte Tag => 4;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Enum(ref Kind);
        codec.Word(ref Warehouse);
        codec.Long(ref Available);
        codec.Long(ref Version);
        codec.Int(ref Quantity);
        codec.Bool(ref Temporary);
        codec.Words(ref Fitting);
        codec.Int(ref Number);
        if (!codec.More(Kind == LineAnswerKind.Bundle || Standing is not null)) return;
        codec.List(Parts);
        codec.Bool(ref Revalidated);
        var stands = Standing is not null;
        codec.Bool(ref stands);
        if (stands) codec.Record(Standing ??= new LineStanding());
    }
}

/// <summary>A lock or a wait falls due: may it end? The leader answers.</summary>
public sealed class LockDue : Message
{
    public string ReservationId = "";

    public override byte Tag => 5;
    public override void Layout(Codec codec) => codec.Id(ref ReservationId);
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
