using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Actors.Verification;
using Engine.Host.Api;
using Engine.Host.Cli;
using Engine.Host.Security;
using Engine.Host.Settings;

namespace Engine.Host.Bulk;

/// <summary>
/// Writes what a journal holds as JSON, in the words of the API. It is read from the journal itself and proved on the way, so
/// what is exported is exact, also beside an engine that runs and without its read models. Orders come in no particular order.
/// </summary>
sealed class JournalExport(IJournalReader journal, Stream output, TimeProvider time)
{
    static readonly Caller Everything = new() { Name = "export", Role = Role.Admin };

    readonly Utf8JsonWriter _json = new(output, new JsonWriterOptions { Encoder = ApiJson.Encoder });
    readonly long _now = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How many were written.</summary>
    public long Written { get; private set; }

    public VerifyReport Stock() => Write("stock", actor => actor is SkuActor { Known: true } sku ? SkuJson.Of(sku.ToView(), Everything) : null, ApiJson.Default.SkuJson);

    public VerifyReport Orders(OrderRenderer renderer) => Write("orders", actor => actor is OrderActor { Known: true } order ? renderer.Whole((OrderView)order.View(_now)) : null, ApiJson.Default.OrderJson);

    /// <summary>What is set: in the configuration, without its secrets, and in the journal.</summary>
    public VerifyReport Settings(EngineSettings settings)
    {
        Begin();
        _json.WriteStartObject("configuration");
        foreach (var (key, value) in EffectiveSettings.All(settings)) _json.WriteString(key, value);
        _json.WriteEndObject();
        List<WarehouseJson> warehouses = [];
        List<SkuSettingsJson> skus = [];
        var report = Read(actor =>
        {
            if (actor is DirectoryActor directory && actor.Id == ActorId.Directory(0)) warehouses.AddRange(directory.Warehouses.Select(w => WarehouseJson.Of(w, 0)));
            else if (actor is SkuActor { Known: true } sku) skus.Add(SkuSettingsJson.Of(sku.ToView()));
        });
        List("warehouses", warehouses, ApiJson.Default.WarehouseJson);
        List("skus", skus, ApiJson.Default.SkuSettingsJson);
        End();
        return report;
    }

    VerifyReport Write<T>(string name, Func<Actor, T?> show, JsonTypeInfo<T> type) where T : class
    {
        Begin();
        _json.WriteStartArray(name);
        var report = Read(actor =>
        {
            if (show(actor) is { } shown) Item(shown, type);
        });
        _json.WriteEndArray();
        End();
        return report;
    }

    VerifyReport Read(Action<Actor> take) => new Verifier(journal, EngineDomain.Instance, ScratchFile.Create) { AtEnd = take }.Run();

    void List<T>(string name, List<T> items, JsonTypeInfo<T> type)
    {
        _json.WriteStartArray(name);
        foreach (var item in items) Item(item, type);
        _json.WriteEndArray();
    }

    void Item<T>(T item, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(_json, item, type);
        if (++Written % 1000 == 0) _json.Flush();
    }

    void Begin()
    {
        _json.WriteStartObject();
        _json.WriteString("exportedAt", new Instant(_now).ToString());
    }

    void End()
    {
        _json.WriteEndObject();
        _json.Flush();
    }
}
