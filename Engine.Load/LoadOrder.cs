namespace Engine.Load;

/// <summary>An order as the outside world knows it, before any platform puts it in its own words. Money in fen.</summary>
public sealed record LoadOrder
{
    public required LoadShop Shop { get; init; }
    /// <summary>The platform's number of the order, in the platform's form.</summary>
    public required string Id { get; init; }
    public required DateTimeOffset PlacedAt { get; init; }
    public required LoadBuyer Buyer { get; init; }
    public required LoadAddress Address { get; init; }
    public required IReadOnlyList<LoadLine> Lines { get; init; }
    public long FreightFen { get; init; }
    public string? Note { get; init; }
    public bool IsPaid { get; init; }

    public long GoodsFen => Lines.Sum(line => line.FullFen);
    public long DiscountFen => Lines.Sum(line => line.DiscountFen);
    public long TotalFen => GoodsFen - DiscountFen + FreightFen;
}

/// <param name="Sku">The merchant's code; null as where somebody forgot to enter it.</param>
/// <param name="PlatformSku">The platform's own number of the article.</param>
/// <param name="IsGift">A free line that goes with the first line that is none.</param>
public sealed record LoadLine(
    string LineId, string? Sku, long PlatformSku, string Name, int Quantity, long UnitPriceFen, long DiscountFen = 0, bool IsGift = false)
{
    public long FullFen => UnitPriceFen * Quantity;
}

public sealed record LoadBuyer(long Id, string Name, string Phone);

public sealed record LoadAddress(string Province, string City, string District, string Street);

/// <summary>A shop that pushes: where, and what it signs with.</summary>
public sealed record LoadShop(string Platform, string Shop, string AppKey, string Secret)
{
    public string Path => $"/webhooks/{Platform}/{Shop}";
}

public enum MessageKind
{
    Created,
    Paid,
    Cancelled,
    /// <summary>The whole money back.</summary>
    Refunded,
    /// <summary>The whole order once more, as it is now.</summary>
    Changed,
    Shipped,
}

/// <summary>A request that is ready to be posted.</summary>
public sealed record LoadMessage(
    string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, MessageKind Kind, string OrderId);
