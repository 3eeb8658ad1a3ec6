using System.Text.Json.Serialization;

namespace Engine.Host.Bulk;

sealed record FaultJson(string Path, string Code, string Message);

/// <summary>A line of the report: what was wrong with a line of the file.</summary>
sealed record BadLineJson(long Line, string? Sku, IReadOnlyList<FaultJson> Errors);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BadLineJson))]
[JsonSerializable(typeof(ImportProgress))]
sealed partial class BulkJson : JsonSerializerContext;
