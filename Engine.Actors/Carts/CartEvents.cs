using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>A caller asks for a cart; what an earlier, refused attempt under the id was about is forgotten.</summary>
public sealed class CartRequested : Event
{
    public string ReservationId = "";
    public string OrderId = "";
    public List<CartWish> Lines = [];
    public string Warehouse = "";
    public string KeyId = "";
    /// <summary>When the locks end in each tier.</summary>
    public long ExpiresAt;
    public long PayingExpiresAt;
    /// <summary>When an undecided cart ends holding nothing.</summary>
    public long GiveUpAt;

    public override byte Tag => 80;
    public override void Layout(Codec codec)
    {
        codec.Text(ref ReservationId);
        codec.Text(ref OrderId);
        codec.List(Lines);
        codec.Text(ref Warehouse);
        codec.Text(ref KeyId);
        codec.Long(ref ExpiresAt);
        codec.Long(ref PayingExpiresAt);
        codec.Long(ref GiveUpAt);
    }
}

/// <summary>A round of asking begins: all lines at once, or one after the other.</summary>
public sealed class CartRoundStarted : Event
{
    public bool OneByOne;

    public override byte Tag => 81;
    public override void Layout(Codec codec) => codec.Bool(ref OneByOne);
}

public sealed class CartLinesAsked : Event
{
    public List<int> Lines = [];

    public override byte Tag => 82;
    public override void Layout(Codec codec) => codec.Indexes(Lines);
}

public sealed class CartLineAnswered : Event
{
    public int Line;
    public LineAnswerKind Kind;
    public string Warehouse = "";
    public long Version;
    public bool Temporary;
    /// <summary>For answers to a question.</summary>
    public LineStanding? Standing;

    public override byte Tag => 83;
    public override void Layout(Codec codec)
    {
        codec.Int(ref Line);
        codec.Enum(ref Kind);
        codec.Text(ref Warehouse);
        codec.Long(ref Version);
        codec.Bool(ref Temporary);
        var stands = Standing is not null;
        codec.Bool(ref stands);
        if (stands) codec.Record(Standing ??= new LineStanding());
    }
}

/// <summary>The line's SKU is a bundle: these are reserved for it.</summary>
public sealed class CartLineExpanded : Event
{
    public int Line;
    public List<BundlePart> Parts = [];

    public override byte Tag => 84;
    public override void Layout(Codec codec)
    {
        codec.Int(ref Line);
        codec.List(Parts);
    }
}

/// <summary>Lines were told to commit, extend, release, ship or to be as if they had never been.</summary>
public sealed class CartLinesTold : Event
{
    public LineChange Change;
    public List<int> Lines = [];

    public override byte Tag => 85;
    public override void Layout(Codec codec)
    {
        codec.Enum(ref Change);
        codec.Indexes(Lines);
    }
}

/// <summary>Stock was refused only because of others that may give it back: asked again a little later.</summary>
public sealed class CartRetryPlanned : Event
{
    public long At;

    public override byte Tag => 86;
    public override void Layout(Codec codec) => codec.Long(ref At);
}

/// <summary>Every line has its stock.</summary>
public sealed class CartReserved : Event
{
    public override byte Tag => 87;
    public override void Layout(Codec codec) { }
}

/// <summary>Some line can't be had: nothing is held.</summary>
public sealed class CartRefused : Event
{
    /// <summary>It could not be decided in time.</summary>
    public bool GaveUp;
    /// <summary>Lines of strict bundles whose stock has moved since the snapshot.</summary>
    public List<int> Stale = [];

    public override byte Tag => 88;
    public override void Layout(Codec codec)
    {
        codec.Bool(ref GaveUp);
        codec.Indexes(Stale);
    }
}

/// <summary>The payment is in progress: all locks hold until the paying tier ends.</summary>
public sealed class CartPaying : Event
{
    public override byte Tag => 89;
    public override void Layout(Codec codec) { }
}

public sealed class CartCommitted : Event
{
    public override byte Tag => 90;
    public override void Layout(Codec codec) { }
}

public sealed class CartEnded : Event
{
    /// <summary>Released, expired or shipped.</summary>
    public CartState End;

    public override byte Tag => 91;
    public override void Layout(Codec codec) => codec.Enum(ref End);
}
