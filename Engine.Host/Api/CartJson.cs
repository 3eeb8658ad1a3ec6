using System.Text.Json.Serialization;

namespace Engine.Host.Api;

/// <param name="Fits">One open warehouse has enough for all lines of this SKU.</param>
sealed record CartSnapshotLineJson(string Sku, int Quantity, string Token, long Version, long Available, bool Fits, Instant IssuedAt, Instant ExpiresAt);

sealed record CartSnapshotJson(IReadOnlyList<CartSnapshotLineJson> Lines)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OrderId { get; init; }
}

/// <summary>A component of a bundle as it is reserved.</summary>
sealed record ReservedPartJson(string Sku, int Quantity, string Warehouse);

/// <param name="Warehouse">Null for a bundle whose components come from several.</param>
/// <param name="ReservationId">Under which the SKU has it; with the token it moves the whole cart.</param>
sealed record CartLineJson(string Sku, string? Warehouse, int Quantity, string ReservationId, bool Revalidated)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ReservedPartJson>? Components { get; init; }
}

/// <param name="ExpiresAt">Null once the lock can't lapse any more.</param>
sealed record CartJson(string ReservationId, string OrderId, string State, string Tier, Instant ReservedAt, Instant? ExpiresAt, IReadOnlyList<CartLineJson> Lines)
{
    /// <summary>The ticket of the whole cart.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }
}

/// <summary>A line that stood in the way: by how much its stock moved since the snapshot, and what would fit now.</summary>
sealed record CartRefusalJson(string Sku, int Quantity, string Code)
{
    /// <summary>What the token said.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SnapshotAvailable { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Available { get; init; }

    /// <summary>Available now less available in the token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Moved { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? WouldFit { get; init; }

    /// <summary>The stock as it is now, with a fresh token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SnapshotJson? Snapshot { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReplenishmentJson? Replenishment { get; init; }
}
