using Engine.Actors.Inventory;
using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

/// <summary>The bodies that are not the canonical order's: their shapes, and how they are read with all faults at once.</summary>
sealed record WarehouseBody(string? Name, LocationBody? Location, bool? ColdChain, int? CapacityPerDay, string? State)
{
    public static WarehouseBody Read(Fields body)
    {
        LocationBody? location = null;
        if (body.Object("location") is { } at)
        {
            location = new LocationBody(at.Degrees("lat") ?? (at.Has("lat") ? 0 : Missing(at, "lat")), at.Degrees("lon") ?? (at.Has("lon") ? 0 : Missing(at, "lon")));
            if (location.Lat is < -90 or > 90) at.Refuse<string>("lat", "out_of_range", "-90 to 90 degrees are wanted.");
            if (location.Lon is < -180 or > 180) at.Refuse<string>("lon", "out_of_range", "-180 to 180 degrees are wanted.");
        }
        var name = body.Text("name");
        OrderRules.CheckText(name, "name", OrderRules.TextLengthMax, body.Faults);
        var state = body.Text("state");
        if (state is not (null or "open" or "paused")) body.Refuse<string>("state", "unknown_value", "open or paused is wanted.");
        return new(name, location, body.FlagOrNull("coldChain"), (int?)body.Whole("capacityPerDay", 1, int.MaxValue), state);
    }

    static double Missing(Fields at, string name)
    {
        at.Missing<string>(name);
        return 0;
    }
}

sealed record LocationBody(double Lat, double Lon);

sealed record SkuBody(
    string? Name, bool? Strict, int? SafetyStock, IReadOnlyList<string>? Barcodes, IReadOnlyList<AliasBody>? Aliases, IReadOnlyList<BundlePartBody>? Bundle)
{
    const int ListMax = 500;

    public static SkuBody Read(Fields body)
    {
        var name = body.Text("name");
        OrderRules.CheckText(name, "name", OrderRules.TextLengthMax, body.Faults);
        var barcodes = body.Has("barcodes") ? body.Texts("barcodes", ListMax) : null;
        for (var i = 0; i < barcodes?.Length; i++)
            if (!OrderRules.IsReference(barcodes[i])) body.Faults.Add($"barcodes[{i}]", "bad_format", "1 to 128 printable characters are wanted.");
        var aliases = body.Has("aliases") ? Array.ConvertAll(body.Objects("aliases", ListMax), AliasBody.Read) : null;
        return new(name, body.FlagOrNull("strict"), (int?)body.Whole("safetyStock", 0, int.MaxValue), barcodes, aliases, body.Has("bundle") ? BundlePartBody.ReadAll(body) : null);
    }
}

sealed record AliasBody(string Platform, string Shop, string Sku)
{
    public static AliasBody Read(Fields body)
    {
        var alias = new AliasBody(body.Text("platform", required: true) ?? "", body.Text("shop", required: true) ?? "", body.Text("sku", required: true) ?? "");
        if (!OrderRules.IsName(alias.Platform)) body.Refuse<string>("platform", "bad_format", "1 to 40 of a-z, 0-9, _ and - are wanted.");
        if (!OrderRules.IsName(alias.Shop)) body.Refuse<string>("shop", "bad_format", "1 to 40 of a-z, 0-9, _ and - are wanted.");
        if (!OrderRules.IsSku(alias.Sku)) body.Refuse<string>("sku", "bad_format", Names.SkuFormat);
        return alias;
    }
}

sealed record AdjustmentBody(string Reference, IReadOnlyList<AdjustmentLineBody> Lines)
{
    public const int LinesMax = 1000;

    public static AdjustmentBody Read(Fields body)
    {
        var reference = body.Text("reference", required: true) ?? "";
        if (!OrderRules.IsReference(reference)) body.Refuse<string>("reference", "bad_format", "1 to 128 printable characters are wanted.");
        return new(reference, Array.ConvertAll(body.Objects("lines", LinesMax, required: true), AdjustmentLineBody.Read));
    }
}

/// <param name="Delta">The change; or else <paramref name="Set"/>, the figure that was counted.</param>
/// <param name="Reason">receiving, stocktake, damage, correction, return, transfer_in or transfer_out.</param>
sealed record AdjustmentLineBody(string Sku, string Warehouse, int? Delta, int? Set, StockReason Reason)
{
    const int QuantityMax = 1_000_000_000;

    static readonly (string Word, StockReason Value)[] Reasons =
    [
        ("receiving", StockReason.Receiving), ("stocktake", StockReason.Stocktake), ("damage", StockReason.Damage), ("correction", StockReason.Correction),
        ("return", StockReason.Return), ("transfer_in", StockReason.TransferIn), ("transfer_out", StockReason.TransferOut),
    ];

    public static string Name(StockReason reason) => Array.Find(Reasons, r => r.Value == reason).Word;

    public static AdjustmentLineBody Read(Fields body) => Read(body, null);

    /// <param name="otherwise">The reason where none is given; null where one must be.</param>
    public static AdjustmentLineBody Read(Fields body, StockReason? otherwise)
    {
        var sku = body.Text("sku", required: true) ?? "";
        if (!OrderRules.IsSku(sku)) body.Refuse<string>("sku", "bad_format", Names.SkuFormat);
        var warehouse = body.Text("warehouse", required: true) ?? "";
        if (!Names.IsWarehouse(warehouse)) body.Refuse<string>("warehouse", "bad_format", Names.WarehouseFormat);
        if (!body.Has("delta") && !body.Has("set")) body.Missing<string>("delta");
        else if (body.Has("delta") && body.Has("set")) body.Refuse<string>("set", "ambiguous", "Either delta or set is wanted.");
        return new(
            sku, warehouse, (int?)body.Whole("delta", -QuantityMax, QuantityMax), (int?)body.Whole("set", 0, QuantityMax),
            body.Choice("reason", Reasons, otherwise ?? StockReason.Receiving, required: otherwise is null));
    }
}

/// <param name="OrderId">The order the snapshot is for; null for none in particular.</param>
sealed record SnapshotBody(string? OrderId)
{
    public static SnapshotBody Read(Fields body)
    {
        var orderId = body.Text("orderId");
        if (orderId is not null && !Names.IsCallersOrder(orderId)) body.Refuse<string>("orderId", "bad_format", Names.CallersOrderFormat);
        return new(orderId);
    }
}

/// <param name="Token">A snapshot token of this SKU.</param>
sealed record ReservationBody(string ReservationId, string OrderId, int Quantity, string? Warehouse, string? Token)
{
    const int QuantityMax = 1_000_000_000;

    public static ReservationBody Read(Fields body)
    {
        var id = body.Text("reservationId", required: true) ?? "";
        if (!Names.IsCallersReservation(id)) body.Refuse<string>("reservationId", "bad_format", Names.ReservationFormat);
        var orderId = body.Text("orderId", required: true) ?? "";
        if (!Names.IsCallersOrder(orderId)) body.Refuse<string>("orderId", "bad_format", Names.CallersOrderFormat);
        var warehouse = body.Text("warehouse");
        if (warehouse is not null && !Names.IsWarehouse(warehouse)) body.Refuse<string>("warehouse", "bad_format", Names.WarehouseFormat);
        return new(id, orderId, (int)(body.Whole("quantity", 1, QuantityMax, required: true) ?? 0), warehouse, TicketBody.ReadToken(body));
    }
}

/// <param name="Token">The reservation's ticket.</param>
sealed record TicketBody(string? Token)
{
    public static TicketBody Read(Fields body) => new(ReadToken(body));

    /// <summary>Whatever is no text is no token: it is refused as one (403), not as bad input.</summary>
    public static string? ReadToken(Fields body) =>
        body.TryGet("token", out var token) && token.ValueKind == System.Text.Json.JsonValueKind.String ? token.GetString() : null;
}

sealed record UnholdBody(string By, string Reason, CorrectionsBody? Corrections)
{
    public static UnholdBody Read(Fields body)
    {
        var (by, reason) = (body.Text("by", required: true) ?? "", body.Text("reason", required: true) ?? "");
        OrderRules.CheckText(by, "by", OrderRules.TextLengthMax, body.Faults);
        OrderRules.CheckText(reason, "reason", OrderRules.TextLengthMax, body.Faults);
        return new(by, reason, body.Object("corrections") is { } corrections ? CorrectionsBody.Read(corrections) : null);
    }
}

sealed record CorrectionsBody(IReadOnlyList<CorrectedLineBody> Lines)
{
    public static CorrectionsBody Read(Fields body)
    {
        var lines = body.Objects("lines", OrderRules.LinesMax);
        var seen = new HashSet<string>();
        return new(Array.ConvertAll(lines, line =>
        {
            var corrected = new CorrectedLineBody(line.Text("lineId", required: true) ?? "", line.Text("sku", required: true) ?? "");
            if (corrected.LineId.Length > 0 && !seen.Add(corrected.LineId)) line.Refuse<string>("lineId", "duplicate", "Another correction has this line.");
            if (!OrderRules.IsSku(corrected.Sku)) line.Refuse<string>("sku", "bad_format", Names.SkuFormat);
            return corrected;
        }));
    }
}

sealed record CorrectedLineBody(string LineId, string Sku);

sealed record ForgetBody(string Reason)
{
    public static ForgetBody Read(Fields body)
    {
        var reason = body.Text("reason", required: true) ?? "";
        OrderRules.CheckText(reason, "reason", OrderRules.TextLengthMax, body.Faults);
        return new(reason);
    }
}
