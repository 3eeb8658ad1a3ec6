using System.Text.Json.Serialization;

namespace Engine.Host.Api;

sealed record AmountsJson(long Goods, long Freight, long Discount, long Tax, long Total, string Currency);

/// <summary>Personal; null in every field once the person was forgotten.</summary>
sealed record BuyerJson(string? Id, string? Name, string? Phone, string? VipLevel);

/// <summary>Street, postal code and exact coordinates are personal; the rest stays when the person was forgotten.</summary>
sealed record AddressJson(
    string? Country, string? Province, string? City, string? District, string? Street, string? PostalCode, double? Lat, double? Lon);

/// <param name="Sku">Null while nobody knows which SKU the code means.</param>
/// <param name="Code">The article code as the platform gave it.</param>
/// <param name="Quantity">What is left after cancellations.</param>
/// <param name="State">Where its stock stands.</param>
sealed record OrderLineJson(
    string LineId, string? Sku, string Code, int Quantity, string? Warehouse, string? ReservationId, string State, long UnitPrice, long Discount, string? GiftOf, bool Presale)
{
    /// <summary>For a bundle: what is reserved for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<OrderComponentJson>? Components { get; init; }
}

sealed record OrderComponentJson(string Sku, int Quantity, string? Warehouse, string? ReservationId, string State);

sealed record PaymentJson(string Reference, string Status, long Amount, Instant At, Instant ArrivedAt);

/// <param name="Amount">Null where the platform did not say: all that was paid.</param>
sealed record RefundJson(string Reference, string Status, long? Amount, Instant At);

/// <summary>A decision with its rule, what the rule looked at, and what would have changed it.</summary>
sealed record ExplainJson(string Decision, string Rule, IReadOnlyDictionary<string, string> Inputs, string WouldChange, Instant At);

/// <summary>An order as its list shows it: without the person.</summary>
record OrderSummaryJson
{
    public required string OrderId { get; init; }
    public required string Platform { get; init; }
    public required string Shop { get; init; }
    public required string PlatformOrderId { get; init; }
    public required string State { get; init; }
    public required string Status { get; init; }
    public required Instant StateSince { get; init; }
    public required string? Operator { get; init; }
    /// <summary>Past <see cref="DueAt"/>.</summary>
    public required bool Overdue { get; init; }
    /// <summary>When it is to have moved on: at its state's limit or the platform's ship-by time; null for never.</summary>
    public required Instant? DueAt { get; init; }
    /// <summary>Too long in one state (24 hours where nothing else is set).</summary>
    public required bool Stalled { get; init; }
    public required IReadOnlyList<string> NextSteps { get; init; }
    public required Instant PlacedAt { get; init; }
    public required Instant ReceivedAt { get; init; }
    public required string Urgency { get; init; }
    public required Instant? ShipBy { get; init; }
    public required string? HeldReason { get; init; }
    public required IReadOnlyList<OrderLineJson> Lines { get; init; }
    /// <summary>Null when no lock is held.</summary>
    public required string? LockTier { get; init; }
    public required Instant? LockExpiresAt { get; init; }
    public required AmountsJson Amounts { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }
}

sealed record OrderJson : OrderSummaryJson
{
    [JsonPropertyOrder(1)]
    public required string Source { get; init; }
    [JsonPropertyOrder(1)]
    public required IReadOnlyList<PaymentJson> Payments { get; init; }
    [JsonPropertyOrder(1)]
    public required IReadOnlyList<RefundJson> Refunds { get; init; }
    /// <summary>Minor units still to be paid back.</summary>
    [JsonPropertyOrder(1)]
    public required long RefundDue { get; init; }
    [JsonPropertyOrder(1)]
    public required string? Carrier { get; init; }
    [JsonPropertyOrder(1)]
    public required string? TrackingNumber { get; init; }
    [JsonPropertyOrder(1)]
    public required BuyerJson? Buyer { get; init; }
    [JsonPropertyOrder(1)]
    public required AddressJson? Address { get; init; }
    [JsonPropertyOrder(1)]
    public required string? Note { get; init; }
    [JsonPropertyOrder(1)]
    public required IReadOnlyDictionary<string, string>? Compliance { get; init; }
    [JsonPropertyOrder(1)]
    public required IReadOnlyList<ExplainJson> Explain { get; init; }
}

/// <summary>A fact about an order that is not known yet.</summary>
sealed record KeptJson(string OrderId, bool Kept);

/// <summary>One entry of an order's history.</summary>
/// <param name="Sequence">Its place; the order as of then is asked for by <c>?at=</c>.</param>
sealed record HistoryItemJson(long Sequence, Instant At, string State, string Status, string Event, string Source)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Operator { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Device { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>When it happened, by the reporter's clock.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Instant? ReportedAt { get; init; }

    /// <summary>It told of what already lay behind.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Behind { get; init; }
}

sealed record HistoryJson(IReadOnlyList<HistoryItemJson> Items);
