using System.Globalization;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Api;
using Engine.Host.Security;

namespace Engine.Host.Views;

/// <summary>Every change of a SKU's stock with its cause: why is free 47?</summary>
sealed class StockHistoryEndpoints(ViewLists lists, ViewDesk views)
{
    static readonly string[] Columns = ["sequence", "at", "event", "warehouse", "quantity", "cause", "orderId", "reservationId", "onHand", "reserved", "committed", "shortage", "available"];

    public static void Map(Routes routes) =>
        routes.Get<StockHistoryEndpoints>("/v1/skus/{sku}/history", Role.Anyone, (e, http) => e.Get(http))
            .About("Stock", "What changed a SKU's stock, and why; the oldest first")
            .Query("from", "At that time or later.").Query("to", "Before that time.").Query("order", "oldest (default) or newest first.")
            .Paged().AsTable().Answers<ListJson<MovementJson>>().Refuses(Code.UnknownSku);

    async Task<IResult> Get(HttpContext http)
    {
        var (faults, caller) = (new Faults(), http.Caller());
        var listing = Listing.Read(http, faults);
        var order = http.Query("order");
        if (order is not (null or "oldest" or "newest")) faults.Add("order", "unknown_value", "oldest or newest is wanted.");
        long after = 0;
        if (listing.After is { } cursor && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out after)) faults.Add("cursor", "bad_format", "The next of an earlier page is wanted.");
        var filter = new MovementFilter
        {
            Sku = http.Segment("sku"), From = OrderFilters.Moment(http, "from", faults), To = OrderFilters.Moment(http, "to", faults),
            NewestFirst = order == "newest", OnlyWarehouses = caller.Warehouses,
        };
        var isCsv = CsvTable.IsWanted(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);
        if (!OrderRules.IsSku(filter.Sku)) return SkuEndpoints.Unknown();

        var isWhole = await views.CatchUpAsync(http);
        if (await views.ReadAsync(() => lists.Movements(filter, listing.After is null ? null : after, listing.Limit + 1)) is not { } rows) return SkuEndpoints.Unknown();
        if (isCsv) return Table(filter, caller);
        var next = rows.Count > listing.Limit ? Listing.CursorOf(rows[listing.Limit - 1].Sequence.ToString(CultureInfo.InvariantCulture)) : null;
        return views.List(new ListJson<MovementJson>([.. rows.Take(listing.Limit).Select(row => MovementJson.Of(row, caller))], next), isWhole, ApiJson.Default.ListJsonMovementJson);
    }

    IResult Table(MovementFilter filter, Caller caller)
    {
        long? after = null;
        return CsvTable.Of(Columns, async () =>
        {
            var page = await views.ReadAsync(() => lists.Movements(filter, after, Listing.LimitMax)) ?? [];
            if (page.Count > 0) after = page[^1].Sequence;
            return [.. page.Select(row => Cells(MovementJson.Of(row, caller)))];
        });
    }

    static object?[] Cells(MovementJson m) =>
    [
        m.Sequence, m.At, m.Event, m.Warehouse, m.Quantity, m.Cause, m.OrderId, m.ReservationId, m.After.OnHand, m.After.Reserved, m.After.Committed, m.After.Shortage, m.After.Available,
    ];
}
