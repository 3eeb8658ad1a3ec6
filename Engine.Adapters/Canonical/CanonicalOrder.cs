namespace Engine.Adapters.Canonical;

/// <summary>
/// An order in the engine's own words, whatever platform it came from: the body of <c>POST /v1/orders</c> and what every
/// platform adapter maps to. Money is in minor units of <see cref="CanonicalAmounts.Currency"/>, times are UTC.
/// It holds personal data in the clear and therefore never goes further than the edge, where that part is sealed.
/// </summary>
public sealed record CanonicalOrder
{
    public required string Platform { get; init; }
    public required string Shop { get; init; }
    public required string PlatformOrderId { get; init; }
    /// <summary>When the buyer placed the order, by the platform's clock.</summary>
    public required DateTimeOffset PlacedAt { get; init; }
    /// <summary>When the buyer's device says it was submitted; a deviation over 3 s is flagged, nothing is decided by it.</summary>
    public DateTimeOffset? ClientSubmittedAt { get; init; }
    public Urgency Urgency { get; init; }
    public DateTimeOffset? ShipBy { get; init; }
    public CanonicalBuyer? Buyer { get; init; }
    public CanonicalAddress? Address { get; init; }
    public required IReadOnlyList<CanonicalLine> Lines { get; init; }
    public required CanonicalAmounts Amounts { get; init; }
    public CanonicalPayment? Payment { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? Note { get; init; }
    /// <summary>Compliance fields (filing numbers, customs), kept as given.</summary>
    public IReadOnlyDictionary<string, string> Compliance { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

public enum Urgency : byte
{
    Normal = 0,
    High = 1,
    Urgent = 2,
}

public sealed record CanonicalBuyer
{
    public string? Id { get; init; }
    public string? Name { get; init; }
    public string? Phone { get; init; }
    public string? VipLevel { get; init; }
}

public sealed record CanonicalAddress
{
    public string? Country { get; init; }
    public string? Province { get; init; }
    public string? City { get; init; }
    public string? District { get; init; }
    public string? Street { get; init; }
    public string? PostalCode { get; init; }
    /// <summary>Degrees, WGS 84.</summary>
    public double? Lat { get; init; }
    public double? Lon { get; init; }
}

public sealed record CanonicalLine
{
    public required string LineId { get; init; }
    /// <summary>The merchant's code of the article; where the platform sent none, the platform's own article id, with <see cref="ByPlatformSku"/>.</summary>
    public required string Sku { get; init; }
    /// <summary>True when <see cref="Sku"/> is the platform's id, which only an alias can turn into a SKU.</summary>
    public bool ByPlatformSku { get; init; }
    public required int Quantity { get; init; }
    public long UnitPrice { get; init; }
    public long Discount { get; init; }
    /// <summary>Line id of the main line this gift belongs to.</summary>
    public string? GiftOf { get; init; }
    public bool Presale { get; init; }
}

public sealed record CanonicalAmounts
{
    public long Goods { get; init; }
    public long Freight { get; init; }
    public long Discount { get; init; }
    public long Tax { get; init; }
    public required long Total { get; init; }
    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }
}

public enum PaymentMethod : byte
{
    Online = 0,
    CashOnDelivery = 1,
}

public enum PaymentStatus : byte
{
    Pending = 0,
    Started = 1,
    Succeeded = 2,
    Failed = 3,
}

/// <summary>What is known of a payment. No <see cref="Amount"/> means the whole of the order.</summary>
public sealed record CanonicalPayment
{
    public PaymentMethod Method { get; init; }
    public PaymentStatus Status { get; init; }
    public string? Reference { get; init; }
    public DateTimeOffset? At { get; init; }
    public long? Amount { get; init; }
}
