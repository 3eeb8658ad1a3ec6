using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>
/// All that the API writes, and the shapes of bodies for its description. <c>Default</c> writes by generated code: with options that name an
/// encoder or a converter the serializer would leave that aside.
/// </summary>
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(WarehouseJson))]
[JsonSerializable(typeof(ListJson<WarehouseJson>))]
[JsonSerializable(typeof(SkuJson))]
[JsonSerializable(typeof(SkuSettingsJson))]
[JsonSerializable(typeof(AdjustmentJson))]
[JsonSerializable(typeof(SnapshotJson))]
[JsonSerializable(typeof(ReservationJson))]
[JsonSerializable(typeof(ListJson<ReservationJson>))]
[JsonSerializable(typeof(ListJson<ReplenishmentJson>))]
[JsonSerializable(typeof(ListJson<FreedLockJson>))]
[JsonSerializable(typeof(OrderJson))]
[JsonSerializable(typeof(ListJson<OrderSummaryJson>))]
[JsonSerializable(typeof(OrderCountsJson))]
[JsonSerializable(typeof(ViewsJson))]
[JsonSerializable(typeof(ListJson<MovementJson>))]
[JsonSerializable(typeof(HistoryJson))]
[JsonSerializable(typeof(KeptJson))]
[JsonSerializable(typeof(ListJson<QuarantinedJson>))]
[JsonSerializable(typeof(ReplayJson))]
[JsonSerializable(typeof(Engine.Host.Cluster.ClusterJson))]
[JsonSerializable(typeof(SigningKeyJson))]
[JsonSerializable(typeof(ArchivedJson))]
[JsonSerializable(typeof(ListJson<SigningKeyJson>))]
[JsonSerializable(typeof(HealthJson))]
[JsonSerializable(typeof(AdjustmentProblem))]
[JsonSerializable(typeof(CartProblem))]
[JsonSerializable(typeof(CartSnapshotJson))]
[JsonSerializable(typeof(CartJson))]
[JsonSerializable(typeof(CartSnapshotBody))]
[JsonSerializable(typeof(CartReservationBody))]
[JsonSerializable(typeof(WarehouseBody))]
[JsonSerializable(typeof(SkuBody))]
[JsonSerializable(typeof(AdjustmentBody))]
[JsonSerializable(typeof(SnapshotBody))]
[JsonSerializable(typeof(ReservationBody))]
[JsonSerializable(typeof(TicketBody))]
[JsonSerializable(typeof(UnholdBody))]
[JsonSerializable(typeof(ForgetBody))]
[JsonSerializable(typeof(CanonicalOrder))]
[JsonSerializable(typeof(CanonicalPayment))]
[JsonSerializable(typeof(CancellationPush))]
[JsonSerializable(typeof(StepPush))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Chinese stays readable; nothing here is ever put into HTML.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Encoder = Encoder;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
        return options;
    }
}
