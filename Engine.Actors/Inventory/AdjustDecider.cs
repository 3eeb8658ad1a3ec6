using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// Stock adjustments. Physical facts (receiving, stock-take, damage, returns, transfers in) are what they are and never
/// refused; loss beyond free stock becomes shortage. A correction or a transfer out that would eat promised stock is refused.
/// </summary>
public static class AdjustDecider
{
    internal static string Key(string reference, int lineNumber) => $"{reference}#{lineNumber}";

    static ulong Fingerprint(AdjustStock wish) =>
        new ActorId(ActorKind.None, $"{wish.Warehouse}|{wish.Delta}|{wish.Set}|{(byte)wish.Reason}").Hash;

    /// <summary>Goods that leave were there, whatever the books said: what a recorded loss took from them is found again first.</summary>
    internal static void FindMissing(SkuActor sku, string reservationId, string warehouse, int leaving, Turn turn)
    {
        var missing = leaving - sku.Find(warehouse)!.OnHand;
        if (missing <= 0) return;
        turn.Emit(new StockAdjusted { Reference = $"shipped:{reservationId}", Warehouse = warehouse, Reason = StockReason.Stocktake, Delta = missing });
    }

    public static StockReply Decide(SkuActor sku, AdjustStock wish, Turn turn)
    {
        var asked = Fingerprint(wish);
        if (sku.Adjustment(Key(wish.Reference, wish.LineNumber)) is { } earlier)
        {
            return earlier.Asked == asked
                ? new(StockOutcome.Repeated, sku.ToView() with { Version = earlier.Version }) { OnHand = earlier.OnHand, Shortage = earlier.Shortage }
                : new(StockOutcome.IdempotencyConflict, sku.ToView());
        }

        var stock = sku.Find(wish.Warehouse);
        var onHand = stock?.OnHand ?? 0;
        var promised = (stock?.Reserved ?? 0) + (stock?.Committed ?? 0);
        var wanted = wish.Set is { } counted ? counted - onHand : wish.Delta ?? 0;
        if (wish.Reason is StockReason.Correction or StockReason.TransferOut && wanted < 0 && onHand + wanted < promised)
            return new(StockOutcome.BelowPromised, sku.ToView()) { OnHand = onHand };

        // Nobody can lose more than there was: what is missing beyond that was missing from the books before.
        var delta = Math.Max(-onHand, wanted);
        if (!sku.Known) StockDecider.Configure(sku, new SkuConfigured(), turn);
        var shortage = Math.Max(0, promised - (stock?.Shortage ?? 0) - (onHand + delta));
        if (delta >= 0) shortage = 0;
        turn.Emit(new StockAdjusted
        {
            Reference = wish.Reference,
            LineNumber = wish.LineNumber,
            Warehouse = wish.Warehouse,
            Reason = wish.Reason,
            Delta = delta,
            Shortage = shortage,
            Asked = asked,
            IsCount = wish.Set is not null,
            Wanted = wish.Set ?? wish.Delta ?? 0,
            By = wish.By,
        });
        var applied = sku.Adjustment(Key(wish.Reference, wish.LineNumber))!;
        if (shortage > 0) BackorderDecider.EvictNewestUnpaid(sku, wish.Warehouse, turn);
        else if (delta > 0) BackorderDecider.Freed(sku, turn);
        return new(StockOutcome.Done, sku.ToView()) { OnHand = applied.OnHand, Shortage = shortage };
    }
}
