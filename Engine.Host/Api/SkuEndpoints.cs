using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Security;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>SKUs: their settings, their stock, and snapshots of it.</summary>
sealed class SkuEndpoints(IEngine engine, TokenDesk tokens, ViewLists lists, ViewDesk views, TimeProvider time)
{
    public static void Map(Routes routes)
    {
        routes.Put<SkuEndpoints>("/v1/skus/{sku}", Role.Admin, (e, http) => e.Put(http))
            .About("Stock", "Creates a SKU or changes what is given of it").Takes<SkuBody>().Answers<SkuJson>(200, 201);
        routes.Get<SkuEndpoints>("/v1/skus/{sku}", Role.Anyone, (e, http) => e.Get(http))
            .About("Stock", "The stock of a SKU over all warehouses").Answers<SkuJson>().Refuses(Code.UnknownSku);
        routes.Post<SkuEndpoints>("/v1/skus/{sku}/snapshots", Role.Admin | Role.Service, (e, http) => e.Snapshot(http))
            .About("Stock", "Takes a snapshot of the available stock; its token makes one reservation").Takes<SnapshotBody>()
            .Answers<SnapshotJson>(201).Refuses(Code.UnknownSku);
        routes.Get<SkuEndpoints>("/v1/replenishments", Role.Admin | Role.Ops | Role.Service | Role.Cs, (e, http) => e.Replenishments(http))
            .About("Stock", "Open replenishment suggestions").Paged().AsTable().Answers<ListJson<ReplenishmentJson>>();
    }

    async Task<IResult> Put(HttpContext http)
    {
        var sku = http.Segment("sku");
        if (!OrderRules.IsSku(sku)) return Problems.Invalid("sku", "bad_format", Names.SkuFormat);
        var body = await http.ReadAsync(SkuBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        var answer = await engine.AskAsync(ActorId.Sku(sku), new ConfigureSku
        {
            Name = body.Value.Name,
            Strict = body.Value.Strict,
            SafetyStock = body.Value.SafetyStock,
            Barcodes = body.Value.Barcodes,
            Aliases = body.Value.Aliases?.Select(a => new AliasKey(a.Platform, a.Shop, a.Sku)).ToArray(),
        }, new AskOptions(Tenant: http.Caller().Name, Settle: Answers.SettleMax));
        if (answer.Reply is not StockReply reply) return Answers.Failure(answer.Kind);
        var shown = SkuJson.Of(reply.Stock, http.Caller());
        return reply.Outcome == StockOutcome.Done
            ? Answers.Created(http, $"/v1/skus/{Uri.EscapeDataString(sku)}", shown, ApiJson.Web.SkuJson)
            : Answers.Ok(shown, ApiJson.Web.SkuJson);
    }

    async Task<IResult> Get(HttpContext http)
    {
        var (refusal, stock) = await Read(http.Segment("sku"));
        return refusal ?? Answers.Ok(SkuJson.Of(stock!, http.Caller()), ApiJson.Web.SkuJson);
    }

    async Task<IResult> Snapshot(HttpContext http)
    {
        var body = await http.ReadAsync(SnapshotBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        http.Idempotency(default, out var malformed);
        if (malformed is not null) return malformed;
        var (refusal, stock) = await Read(http.Segment("sku"));
        return refusal ?? Answers.With(StatusCodes.Status201Created, tokens.Snapshot(stock!, body.Value.OrderId), ApiJson.Web.SnapshotJson);
    }

    async Task<(IResult? Refusal, StockView? Stock)> Read(string sku)
    {
        if (!OrderRules.IsSku(sku)) return (Unknown(), null);
        var answer = await engine.ReadAsync<SkuActor>(ActorId.Sku(sku), static (actor, now) => actor.View(now));
        if (answer.Reply is not StockView stock) return (Answers.Failure(answer.Kind), null);
        return stock.Known ? (null, stock) : (Unknown(), null);
    }

    public static IResult Unknown() => Problems.Of(Code.UnknownSku, "No stock was ever booked for this SKU, and it was never set up.");

    async Task<IResult> Replenishments(HttpContext http)
    {
        var faults = new Faults();
        var listing = Listing.Read(http, faults);
        var isCsv = CsvTable.IsWanted(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);
        var isWhole = await views.CatchUpAsync(http);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (isCsv) return ReplenishmentTable(now);
        var page = lists.Replenishments(listing.After ?? "", listing.Limit + 1, now);
        return views.List(listing.Page(page, r => r.Sku, ReplenishmentJson.Of), isWhole, ApiJson.Web.ListJsonReplenishmentJson);
    }

    IResult ReplenishmentTable(long now)
    {
        var after = "";
        return CsvTable.Of(["sku", "warehouse", "shortfall", "suggestedQuantity", "expectedShortageHours", "dailyTurnover", "safetyStockFactor", "since"], () =>
        {
            var page = lists.Replenishments(after, Listing.LimitMax, now);
            if (page.Count > 0) after = page[^1].Sku;
            return [.. page.Select(r => new object?[] { r.Sku, r.Warehouse, r.Shortfall, r.SuggestedQuantity, r.ExpectedShortageHours, r.DailyTurnover, r.SafetyStockFactor, new Instant(r.Since) })];
        });
    }
}
