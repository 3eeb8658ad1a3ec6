using System.Globalization;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Security;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>Lists of orders, open and closed, from the read models: pages, counts, tables.</summary>
sealed class OrderListEndpoints(ViewLists lists, ViewDesk views, PersonIndex persons, OrderRenderer renderer, ServiceClock clock, TimeProvider time)
{
    static readonly string[] Columns =
    [
        "orderId", "platform", "shop", "platformOrderId", "state", "status", "stateSince", "operator", "overdue", "dueAt", "placedAt", "receivedAt", "urgency", "shipBy", "heldReason",
        "lockTier", "lockExpiresAt", "goods", "freight", "discount", "tax", "total", "currency", "tags", "flags", "lines",
    ];

    public static void Map(Routes routes)
    {
        Filtered(routes.Get<OrderListEndpoints>("/v1/orders", Role.Anyone, (e, http) => e.List(http)))
            .About("Orders", "Orders, open and closed, the newest placed first").Paged().AsTable().Answers<ListJson<OrderSummaryJson>>();
        Filtered(routes.Get<OrderListEndpoints>("/v1/orders/counts", Role.Anyone, (e, http) => e.Counts(http)))
            .About("Orders", "How many orders there are, by state").AsTable().Answers<OrderCountsJson>();
    }

    static RouteHandlerBuilder Filtered(RouteHandlerBuilder route) => route
        .Query("state", "A micro-state.").Query("status", "A standard status.").Query("platform", "").Query("shop", "").Query("warehouse", "With a line there.")
        .Query("tag", "").Query("overdue", "true for those past their state's limit or their ship-by time.").Query("stalledHours", "Open, and for that long in one state.")
        .Query("q", "An order number or id or the beginning of one, or the whole phone or name of its buyer.")
        .Query("placedFrom", "Placed at that time or later.").Query("placedTo", "Placed before that time.");

    async Task<IResult> List(HttpContext http)
    {
        var (faults, now) = (new Faults(), time.GetUtcNow().ToUnixTimeMilliseconds());
        var listing = Listing.Read(http, faults);
        var after = Cursor(listing.After, faults);
        var filter = OrderFilters.Read(http, faults, persons, clock, now);
        var isCsv = CsvTable.IsWanted(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);

        var isWhole = await views.CatchUpAsync(http);
        if (isCsv) return Table(filter, now);
        var rows = await views.ReadAsync(() => lists.Orders(filter, after, listing.Limit + 1));
        var shown = rows.Take(listing.Limit).Select(row => renderer.Summary(row, now)).ToArray();
        var next = rows.Count > listing.Limit ? Listing.CursorOf(Text(rows[listing.Limit - 1].Cursor)) : null;
        return views.List(new ListJson<OrderSummaryJson>(shown, next), isWhole, ApiJson.Default.ListJsonOrderSummaryJson);
    }

    async Task<IResult> Counts(HttpContext http)
    {
        var (faults, now) = (new Faults(), time.GetUtcNow().ToUnixTimeMilliseconds());
        var filter = OrderFilters.Read(http, faults, persons, clock, now);
        var isCsv = CsvTable.IsWanted(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);

        var isWhole = await views.CatchUpAsync(http);
        var counts = await views.ReadAsync(() => lists.Counts(filter));
        if (isCsv)
        {
            var pages = new Queue<IReadOnlyList<object?[]>>([[.. counts.Select(c => new object?[] { c.State, c.Status, c.Orders })], []]);
            return CsvTable.Of(["state", "status", "orders"], () => Task.FromResult(pages.Dequeue()));
        }
        return Answers.Ok(new OrderCountsJson([.. counts.Select(c => new OrderCountJson(c.State, c.Status, c.Orders))], counts.Sum(c => c.Orders)) { Incomplete = !isWhole }, ApiJson.Default.OrderCountsJson);
    }

    IResult Table(OrderFilter filter, long now)
    {
        var after = OrderCursor.Start;
        return CsvTable.Of(Columns, async () =>
        {
            var page = await views.ReadAsync(() => lists.Orders(filter, after, Listing.LimitMax));
            if (page.Count > 0) after = page[^1].Cursor;
            return [.. page.Select(row => Cells(renderer.Summary(row, now)))];
        });
    }

    static object?[] Cells(OrderSummaryJson o) =>
    [
        o.OrderId, o.Platform, o.Shop, o.PlatformOrderId, o.State, o.Status, o.StateSince, o.Operator, o.Overdue ? "true" : "false", o.DueAt, o.PlacedAt, o.ReceivedAt, o.Urgency, o.ShipBy, o.HeldReason,
        o.LockTier, o.LockExpiresAt, o.Amounts.Goods, o.Amounts.Freight, o.Amounts.Discount, o.Amounts.Tax, o.Amounts.Total, o.Amounts.Currency,
        string.Join(' ', o.Tags), string.Join(' ', o.Flags), string.Join("; ", o.Lines.Select(l => $"{l.Sku ?? l.Code} x {l.Quantity}")),
    ];

    static string Text(OrderCursor cursor) => string.Create(CultureInfo.InvariantCulture, $"{cursor.PlacedAt} {cursor.Number}");

    static OrderCursor Cursor(string? text, Faults faults)
    {
        if (text is null) return OrderCursor.Start;
        if (text.Split(' ') is [var placed, var number] && long.TryParse(placed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var own)) return new OrderCursor(at, own);
        faults.Add("cursor", "bad_format", "The next of an earlier page is wanted.");
        return OrderCursor.Start;
    }
}
