using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

public sealed class SkuConfigured : Event
{
    public string Name = "";
    public bool Strict;
    public int SafetyStock;
    public List<string> Barcodes = [];
    /// <summary>Each as platform:shop:sku.</summary>
    public List<string> Aliases = [];
    /// <summary>Its components, for a bundle.</summary>
    public List<BundlePart> Bundle = [];
    /// <summary>Who set it so (FEATURES F7); empty where the engine did, or a build before.</summary>
    public string By = "";

    public override byte Tag => 1;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Name);
        codec.Bool(ref Strict);
        codec.Int(ref SafetyStock);
        codec.Texts(Barcodes);
        codec.Texts(Aliases);
        if (!codec.More(Bundle.Count > 0 || By.Length > 0)) return;
        codec.List(Bundle);
        if (codec.More(By.Length > 0)) codec.Word(ref By);
    }
}

public sealed class StockAdjusted : Event
{
    public string Reference = "";
    public int LineNumber;
    public string Warehouse = "";
    public StockReason Reason;
    public long Delta;
    /// <summary>What the loss took from stock already promised.</summary>
    public long Shortage;
    /// <summary>A hash of what was asked, to know a repeat from another call under the same reference.</summary>
    public ulong Asked;
    /// <summary>What was asked, in full: a figure that was counted, or else a change, of which <see cref="Delta"/> is what could be.</summary>
    public bool IsCount;
    public long Wanted;
    /// <inheritdoc cref="SkuConfigured.By" />
    public string By = "";

    public override byte Tag => 2;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Reference);
        codec.Int(ref LineNumber);
        codec.Word(ref Warehouse);
        codec.Enum(ref Reason);
        codec.Long(ref Delta);
        codec.Long(ref Shortage);
        codec.Fixed64(ref Asked);
        if (!codec.More(Asked != 0)) return;
        codec.Bool(ref IsCount);
        codec.Long(ref Wanted);
        if (codec.More(By.Length > 0)) codec.Word(ref By);
    }
}

/// <summary>A grant. A backorder that was served is one too.</summary>
public sealed class StockReserved : Event
{
    public string ReservationId = "";
    public string OrderId = "";
    public string Warehouse = "";
    public int Quantity;
    public ReservationOwner Owner;
    /// <summary>Paid already: it goes to committed at once.</summary>
    public bool Committed;
    public long ExpiresAt;
    public long PayingExpiresAt;
    public string KeyId = "";
    public bool Revalidated;
    /// <summary>Empty where the token never left the engine.</summary>
    public string TokenId = "";
    public long TokenExpiresAt;
    public int LinesInOrder = 1;
    /// <summary>The leading cart's key; empty for other owners.</summary>
    public string Cart = "";
    /// <summary>The tokens that a cart's line used.</summary>
    public List<LineToken> Tokens { get => field ??= []; set; }
    /// <summary>For a caller: it named the warehouse, and the version its snapshot showed.</summary>
    public bool IsWarehouseAsked;
    public long TokenVersion;

    public override byte Tag => 3;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Id(ref OrderId);
        codec.Word(ref Warehouse);
        codec.Int(ref Quantity);
        codec.Enum(ref Owner);
        codec.Bool(ref Committed);
        codec.Long(ref ExpiresAt);
        codec.Long(ref PayingExpiresAt);
        codec.Word(ref KeyId);
        codec.Bool(ref Revalidated);
        codec.Text(ref TokenId);
        codec.Long(ref TokenExpiresAt);
        codec.Int(ref LinesInOrder);
        if (!codec.More(Owner != ReservationOwner.Order)) return;
        codec.Text(ref Cart);
        codec.List(Tokens);
        codec.Bool(ref IsWarehouseAsked);
        codec.Long(ref TokenVersion);
    }
}

/// <summary>The lock holds longer: the payment is in progress, or the order actor said so.</summary>
public sealed class LockExtended : Event
{
    public string ReservationId = "";
    public LockTier Tier;
    public long ExpiresAt;

    public override byte Tag => 4;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Enum(ref Tier);
        codec.Long(ref ExpiresAt);
    }
}

/// <summary>The order actor was asked whether this lock, or this wait, may end.</summary>
public sealed class LockQuestioned : Event
{
    public string ReservationId = "";

    public override byte Tag => 5;
    public override void Layout(Codec codec) => codec.Id(ref ReservationId);
}

public sealed class ReservationCommitted : Event
{
    public string ReservationId = "";

    public override byte Tag => 6;
    public override void Layout(Codec codec) => codec.Id(ref ReservationId);
}

/// <summary>The reservation gives back its stock, or a part of it.</summary>
public sealed class ReservationReleased : Event
{
    public string ReservationId = "";
    /// <summary>Released or Expired.</summary>
    public ReservationState End = ReservationState.Released;
    public int Quantity;
    public string Why = "";
    /// <summary>Found by the lock auditor.</summary>
    public bool Orphan;
    /// <summary>No caller ever heard of it: its id and its tokens are good again.</summary>
    public bool Withdrawn;
    /// <summary>It was committed, and its order will commit again: it does not count as turnover.</summary>
    public bool Unsold;

    public override byte Tag => 7;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Enum(ref End);
        codec.Int(ref Quantity);
        codec.Word(ref Why);
        codec.Bool(ref Orphan);
        if (!codec.More(Withdrawn || Unsold)) return;
        codec.Bool(ref Withdrawn);
        if (codec.More(Unsold)) codec.Bool(ref Unsold);
    }
}

/// <summary>The goods have left: on hand falls with the promise.</summary>
public sealed class ReservationShipped : Event
{
    public string ReservationId = "";

    public override byte Tag => 8;
    public override void Layout(Codec codec) => codec.Id(ref ReservationId);
}

/// <summary>An order line waits for stock to come (backorder).</summary>
public sealed class BackorderQueued : Event
{
    public Backorder Backorder = new();

    public override byte Tag => 9;
    public override void Layout(Codec codec) => codec.Record(Backorder);
}

public sealed class BackorderEnded : Event
{
    public string ReservationId = "";
    public bool Served;

    public override byte Tag => 10;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Bool(ref Served);
    }
}

public sealed class ReplenishmentSuggested : Event
{
    public string Warehouse = "";
    public long Shortfall;

    public override byte Tag => 11;
    public override void Layout(Codec codec)
    {
        codec.Word(ref Warehouse);
        codec.Long(ref Shortfall);
    }
}

public sealed class ReplenishmentClosed : Event
{
    public override byte Tag => 12;
    public override void Layout(Codec codec) { }
}

/// <summary>A backorder that had stepped aside may be offered stock again.</summary>
public sealed class BackorderReady : Event
{
    public string ReservationId = "";

    public override byte Tag => 14;
    public override void Layout(Codec codec) => codec.Id(ref ReservationId);
}

/// <summary>An order names a SKU that is not known yet and wants to hear when it is.</summary>
public sealed class OrderAwaitsSku : Event
{
    public string OrderId = "";

    public override byte Tag => 13;
    public override void Layout(Codec codec) => codec.Text(ref OrderId);
}

/// <summary>A cart reserves the components of this bundle under a reservation id.</summary>
public sealed class BundleClaimed : Event
{
    public string ReservationId = "";
    public string Cart = "";
    public int Quantity;
    public List<LineToken> Tokens = [];

    public override byte Tag => 15;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Text(ref Cart);
        codec.Int(ref Quantity);
        codec.List(Tokens);
    }
}

/// <summary>The cart's reservation of this bundle has ended, or was withdrawn before anybody heard of it.</summary>
public sealed class BundleClaimEnded : Event
{
    public string ReservationId = "";
    public bool Withdrawn;

    public override byte Tag => 16;
    public override void Layout(Codec codec)
    {
        codec.Id(ref ReservationId);
        codec.Bool(ref Withdrawn);
    }
}
