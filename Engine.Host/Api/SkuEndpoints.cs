using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Security;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>SKUs: their settings, their stock, and snapshots of it.</summary>
sealed class SkuEndpoints(IEngine engine, TokenDesk tokens, StockReader reader, ViewLists lists, ViewDesk views, PastDesk past, CallClaims calls, TimeProvider time)
{
    public static void Map(Routes routes)
    {
        routes.Put<SkuEndpoints>("/v1/skus/{sku}", Role.Admin, (e, http) => e.Put(http))
            .About("Stock", "Creates a SKU or changes what is given of it").Takes<SkuBody>().Answers<SkuJson>(200, 201);
        routes.Get<SkuEndpoints>("/v1/skus/{sku}", Role.Anyone, (e, http) => e.Get(http))
            .About("Stock", "The stock of a SKU over all warehouses").Query("at", PastDesk.Meaning).Answers<SkuJson>().Refuses(Code.UnknownSku);
        routes.Post<SkuEndpoints>("/v1/skus/{sku}/snapshots", Role.Admin | Role.Service, (e, http) => e.Snapshot(http))
            .About("Stock", "Takes a snapshot of the available stock; its token makes one reservation").Takes<SnapshotBody>()
            .Answers<SnapshotJson>(201).TakesKey().Refuses(Code.UnknownSku);
        routes.Get<SkuEndpoints>("/v1/replenishments", Role.Admin | Role.Ops | Role.Service | Role.Cs, (e, http) => e.Replenishments(http))
            .About("Stock", "Open replenishment suggestions").Paged().AsTable().Answers<ListJson<ReplenishmentJson>>();
    }

    async Task<IResult> Put(HttpContext http)
    {
        var sku = http.Segment("sku");
        var body = await http.ReadAsync(SkuBody.Read);
        if (!OrderRules.IsSku(sku)) return Problems.Invalid([new Fault("sku", "bad_format", Names.SkuFormat), .. body.Faults]);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        var (unread, faults) = await Nested(sku, body.Value.Bundle ?? []);
        if (unread is not null) return unread;
        if (faults.Any) return Problems.Invalid(faults.Found);
        var answer = await engine.AskAsync(ActorId.Sku(sku), new ConfigureSku
        {
            Name = body.Value.Name,
            Strict = body.Value.Strict,
            SafetyStock = body.Value.SafetyStock,
            Barcodes = body.Value.Barcodes,
            Aliases = body.Value.Aliases?.Select(a => new AliasKey(a.Platform, a.Shop, a.Sku)).ToArray(),
            Bundle = body.Value.Bundle?.Select(p => new BundlePart { Sku = p.Sku, Quantity = p.Quantity }).ToArray(),
            By = http.Caller().Name,
        }, new AskOptions(Tenant: http.Caller().Name, Settle: Answers.SettleMax));
        if (answer.Reply is not StockReply reply) return Answers.Failure(answer.Kind);
        var (failure, stock) = await reader.CompleteAsync(reply.Stock);
        if (failure is not null) return failure;
        var shown = SkuJson.Of(stock!, http.Caller());
        return reply.Outcome == StockOutcome.Done
            ? Answers.Created(http, $"/v1/skus/{Uri.EscapeDataString(sku)}", shown, ApiJson.Default.SkuJson)
            : Answers.Ok(shown, ApiJson.Default.SkuJson);
    }

    /// <summary>Bundles do not nest: all faults that only the components themselves can tell.</summary>
    async Task<(IResult? Failure, Faults Faults)> Nested(string sku, IReadOnlyList<BundlePartBody> parts)
    {
        var faults = new Faults();
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Sku == sku)
            {
                faults.Add($"bundle[{i}].sku", "self_reference", "A bundle can't contain itself.");
                continue;
            }
            var (failure, part) = await reader.ReadAsync(parts[i].Sku);
            if (failure is not null) return (failure, faults);
            if (part!.Bundle.Count > 0) faults.Add($"bundle[{i}].sku", "nested_bundle", "A component can't be a bundle itself.");
        }
        return (null, faults);
    }

    async Task<IResult> Get(HttpContext http)
    {
        if (past.Point(http, out var malformed) is { } point) return await Past(http, point);
        if (malformed is not null) return malformed;
        var (refusal, stock) = await reader.ReadKnownAsync(http.Segment("sku"));
        return refusal ?? Answers.Ok(SkuJson.Of(stock!, http.Caller()), ApiJson.Default.SkuJson);
    }

    async Task<IResult> Past(HttpContext http, PastPoint point)
    {
        var caller = http.Caller();
        var sku = http.Segment("sku");
        var (refusal, stock, locks) = await views.ReadAsync(() => past.Sku(sku, point));
        return refusal ?? Answers.Ok(SkuJson.Of(stock!, caller) with { Locks = [.. locks.Where(l => caller.MaySee(l.Warehouse)).Select(LockJson.Of)] }, ApiJson.Default.SkuJson);
    }

    async Task<IResult> Snapshot(HttpContext http)
    {
        var bytes = await http.BodyAsync();
        var body = Requests.Read(bytes, SnapshotBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        return await calls.OnceAsync(http, bytes, StatusCodes.Status201Created, ApiJson.Default.SnapshotJson, async () =>
        {
            var (refusal, stock) = await reader.ReadKnownAsync(http.Segment("sku"));
            return (refusal is null ? tokens.Snapshot(stock!, body.Value.OrderId) : null, refusal);
        });
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
        var page = await views.ReadAsync(() => lists.Replenishments(listing.After ?? "", listing.Limit + 1, now));
        return views.List(listing.Page(page, r => r.Sku, ReplenishmentJson.Of), isWhole, ApiJson.Default.ListJsonReplenishmentJson);
    }

    IResult ReplenishmentTable(long now)
    {
        var after = "";
        return CsvTable.Of(["sku", "warehouse", "shortfall", "suggestedQuantity", "expectedShortageHours", "dailyTurnover", "safetyStockFactor", "since"], async () =>
        {
            var page = await views.ReadAsync(() => lists.Replenishments(after, Listing.LimitMax, now));
            if (page.Count > 0) after = page[^1].Sku;
            return [.. page.Select(r => new object?[] { r.Sku, r.Warehouse, r.Shortfall, r.SuggestedQuantity, r.ExpectedShortageHours, r.DailyTurnover, r.SafetyStockFactor, new Instant(r.Since) })];
        });
    }
}
