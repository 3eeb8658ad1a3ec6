using System.Text.Json.Serialization;

namespace Engine.Host.Api;

/// <summary>A well-signed message that could not be understood.</summary>
sealed record QuarantinedJson(string Id, string Platform, string Shop, string Reason, Instant ReceivedAt);

sealed record ReplayJson(string Id, bool Understood)
{
    /// <summary>What still stands in the way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>The orders it told of.</summary>
    public IReadOnlyList<string> Orders { get; init; } = [];
}

/// <summary>A key that signs tokens, without its secret.</summary>
/// <param name="RetiredAt">Since when it only verifies; null for the current one.</param>
sealed record SigningKeyJson(string Id, Instant CreatedAt, Instant? RetiredAt);

/// <summary>What was moved out of the journal.</summary>
sealed record ArchivedJson(int Files, long Frames, long Bytes, long PackedBytes);

sealed record HealthJson(string Status)
{
    /// <summary>Partitions that do not serve, with the reason.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PartitionHealthJson>? Partitions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? StoreWritable { get; init; }
}

sealed record PartitionHealthJson(int Partition, string State, string? Fault);
