using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>One line as the caller asked for it, under a snapshot token of its own.</summary>
public sealed class CartWish : IEncoded
{
    public string Sku = "";
    public int Quantity;
    public LineToken Token = new();

    public void Layout(Codec codec)
    {
        codec.Text(ref Sku);
        codec.Int(ref Quantity);
        codec.Record(Token);
    }
}

public enum CartStock : byte
{
    None = 0,
    Asked = 1,
    Reserved = 2,
    Committed = 3,
    Refused = 4,
    /// <summary>Given back.</summary>
    Released = 5,
    Shipped = 6,
    /// <summary>The SKU is a bundle: its components are lines of their own.</summary>
    Expanded = 7,
}

/// <summary>What the cart holds of one SKU, for all wishes that name it, or of one component of a bundle.</summary>
public sealed class CartLine : IEncoded
{
    public string Sku = "";
    public int Quantity;
    /// <summary>For a component: the line of its bundle; −1 for a line that the caller named.</summary>
    public int PartOf = -1;
    /// <summary>For a component: how many of it one bundle takes.</summary>
    public int Each = 1;
    public CartStock Stock;
    public string Warehouse = "";
    /// <summary>Counts questions and instructions over the cart's whole life: only the answer to the last one counts.</summary>
    public int Number;
    /// <summary>An instruction whose answer is awaited.</summary>
    public bool Told;
    /// <summary>The last answer to a question.</summary>
    public LineAnswerKind Answer;
    public long Version;
    public bool Temporary;
    public LineStanding Standing = new();
    /// <summary>How often it has moved the SKU's stock in this attempt: granted, and given back again.</summary>
    public int Moves;

    public bool IsPart => PartOf >= 0;

    /// <summary>Its last answer was a refusal.</summary>
    public bool StoodInTheWay => Answer is LineAnswerKind.Refused or LineAnswerKind.Conflict or LineAnswerKind.TokenUsed or LineAnswerKind.TokenExpired or LineAnswerKind.StaleToken;

    public void Layout(Codec codec)
    {
        codec.Text(ref Sku);
        codec.Int(ref Quantity);
        codec.Int(ref PartOf);
        codec.Int(ref Each);
        codec.Enum(ref Stock);
        codec.Text(ref Warehouse);
        codec.Int(ref Number);
        codec.Bool(ref Told);
        codec.Enum(ref Answer);
        codec.Long(ref Version);
        codec.Bool(ref Temporary);
        codec.Record(Standing);
        codec.Int(ref Moves);
    }
}
