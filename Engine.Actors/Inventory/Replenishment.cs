using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// Replenishment suggestions (智能补货建议): a shortage tells purchasing what to order. One open suggestion per SKU, which
/// grows with the shortfall and closes when stock covers it.
/// </summary>
public static class Replenishment
{
    /// <summary>How long a purchase takes until it is on the shelf, hours.</summary>
    const int LeadTimeHours = 72;
    /// <summary>Stock kept on top of the expected demand.</summary>
    const double SafetyStockFactor = 1.2;

    internal static void Suggest(SkuActor sku, long shortfall, string warehouse, Turn turn)
    {
        // A growing shortfall is told again when it has doubled, not at every refusal of a flash sale.
        if (shortfall <= 0 || shortfall < 2 * sku.ShortfallSuggested) return;
        turn.Emit(new ReplenishmentSuggested { Shortfall = shortfall, Warehouse = warehouse });
    }

    internal static void CloseIfMet(SkuActor sku, Turn turn)
    {
        if (sku.ShortfallSuggested > 0 && sku.Backorders.Count == 0 && sku.Available >= sku.ShortfallSuggested) turn.Emit(new ReplenishmentClosed());
    }

    /// <summary>So many units of those who wait were served, or are wanted no more: they are short no longer.</summary>
    internal static void Met(SkuActor sku, long quantity, Turn turn)
    {
        if (sku.ShortfallSuggested == 0 || quantity == 0) return;
        var rest = Math.Max(sku.ShortfallSuggested - quantity, sku.Lacking);
        if (rest <= 0) turn.Emit(new ReplenishmentClosed());
        else if (rest < sku.ShortfallSuggested) turn.Emit(new ReplenishmentSuggested { Shortfall = rest, Warehouse = sku.ShortfallWarehouse });
    }

    public static ReplenishmentView Of(SkuActor sku, long shortfall, string? warehouse, long now)
    {
        long free = 0;
        foreach (var stock in sku.Warehouses) free += stock.Free;
        return Of(sku.Sku, shortfall, warehouse, free, sku.SafetyStock, sku.DailyTurnover(now), sku.SuggestedAt == 0 ? now : sku.SuggestedAt);
    }

    /// <summary>Shortfall, plus what is expected to sell until the goods are there, with a margin, plus the missing safety stock.</summary>
    public static ReplenishmentView Of(string sku, long shortfall, string? warehouse, long free, long safetyStock, double? turnover, long since)
    {
        var demand = (turnover ?? 0) * LeadTimeHours / 24 * SafetyStockFactor;
        var missingSafety = Math.Max(0, safetyStock - Math.Max(0, free));
        var suggested = shortfall + missingSafety + (long)Math.Ceiling(demand);
        return new(sku, string.IsNullOrEmpty(warehouse) ? null : warehouse, shortfall, suggested, LeadTimeHours, turnover, SafetyStockFactor, since);
    }

    /// <summary>The same as a SKU has told it to a cart, which tells it on.</summary>
    public static ReplenishmentView Told(string sku, long shortfall, long suggested, long? committedInWeek, long since) =>
        new(sku, null, shortfall, suggested, LeadTimeHours, committedInWeek / 7.0, SafetyStockFactor, since);

    /// <summary>The open suggestion, if there is one.</summary>
    public static ReplenishmentView? Open(SkuActor sku, long now) =>
        sku.ShortfallSuggested == 0 ? null : Of(sku, sku.Shortfall, sku.ShortfallWarehouse, now);
}
