using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

sealed record CartLineBody(string Sku, int Quantity)
{
    public const int LinesMax = 100;

    public static CartLineBody Read(Fields body)
    {
        var sku = body.Text("sku", required: true) ?? "";
        if (!OrderRules.IsSku(sku)) body.Refuse<string>("sku", "bad_format", Names.SkuFormat);
        return new(sku, (int)(body.Whole("quantity", 1, OrderRules.QuantityMax, required: true) ?? 0));
    }
}

/// <param name="OrderId">The order the snapshots are for; null for none in particular.</param>
sealed record CartSnapshotBody(IReadOnlyList<CartLineBody> Lines, string? OrderId)
{
    public static CartSnapshotBody Read(Fields body) =>
        new(Array.ConvertAll(body.Objects("lines", CartLineBody.LinesMax, required: true), CartLineBody.Read), SnapshotBody.Read(body).OrderId);
}

/// <param name="Token">A snapshot token of this SKU; each line has one of its own.</param>
sealed record CartTokenLineBody(string Sku, int Quantity, string? Token)
{
    public static CartTokenLineBody Read(Fields body)
    {
        var line = CartLineBody.Read(body);
        return new(line.Sku, line.Quantity, TicketBody.ReadToken(body));
    }
}

/// <param name="ReservationId">Unique among carts, and on every SKU of the cart.</param>
sealed record CartReservationBody(string ReservationId, string OrderId, IReadOnlyList<CartTokenLineBody> Lines)
{
    public static CartReservationBody Read(Fields body)
    {
        var id = body.Text("reservationId", required: true) ?? "";
        if (!Names.IsCallersReservation(id)) body.Refuse<string>("reservationId", "bad_format", Names.ReservationFormat);
        var orderId = body.Text("orderId", required: true) ?? "";
        if (!Names.IsCallersOrder(orderId)) body.Refuse<string>("orderId", "bad_format", Names.CallersOrderFormat);
        return new(id, orderId, Array.ConvertAll(body.Objects("lines", CartLineBody.LinesMax, required: true), CartTokenLineBody.Read));
    }
}

/// <param name="Quantity">How many of it one bundle takes.</param>
sealed record BundlePartBody(string Sku, int Quantity)
{
    const int QuantityMax = 10_000;
    const int PartsMax = 50;

    public static BundlePartBody[] ReadAll(Fields body)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return Array.ConvertAll(body.Objects("bundle", PartsMax, required: true), part =>
        {
            var sku = part.Text("sku", required: true) ?? "";
            if (!OrderRules.IsSku(sku)) part.Refuse<string>("sku", "bad_format", Names.SkuFormat);
            else if (!seen.Add(sku)) part.Refuse<string>("sku", "duplicate", "Another component has this SKU.");
            return new BundlePartBody(sku, (int)(part.Whole("quantity", 1, QuantityMax, required: true) ?? 0));
        });
    }
}
