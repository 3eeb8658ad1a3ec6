using System.Text.Json.Serialization;
using Engine.Host.Api;

namespace Engine.Host.Views;

/// <param name="LagSeconds">The tables hold all that was durable so long ago.</param>
/// <param name="Rebuilds">How often they were made anew since the start.</param>
/// <param name="Rebuilding">How far a rebuild is; null while there is none.</param>
sealed record ViewsJson(
    double LagSeconds, long LagFrames, long Bytes, long RowsWritten, long Rebuilds, IReadOnlyList<ViewPartitionJson> Partitions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ViewPartitionJson>? Rebuilding);

/// <param name="Position">The newest frame that is projected.</param>
/// <param name="Journal">The newest frame there is.</param>
/// <param name="At">The time of the newest projected frame.</param>
/// <param name="Fault">Why it goes no further.</param>
sealed record ViewPartitionJson(int Partition, long Position, long Journal, long LagFrames, Instant? At, string? Fault);

/// <summary>Orders by state, and their sum.</summary>
sealed record OrderCountsJson(IReadOnlyList<OrderCountJson> Items, long Total)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Incomplete { get; init; }
}

sealed record OrderCountJson(string State, string Status, long Orders);
