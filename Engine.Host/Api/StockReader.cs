using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

/// <summary>
/// Stock as it is shown. A bundle has what its components allow: the smallest number of bundles that the stock of any of them
/// is enough for, as each component is at about one moment. Its version is the sum of theirs and its own, which every change
/// raises.
/// </summary>
sealed class StockReader(IEngine engine)
{
    /// <summary>The stock, <see cref="StockView.Known"/> or not; or why it can't be read.</summary>
    public async Task<(IResult? Failure, StockView? Stock)> ReadAsync(string sku)
    {
        var answer = await engine.ReadAsync<SkuActor>(ActorId.Sku(sku), static (actor, now) => actor.View(now));
        return answer.Reply is StockView stock ? await CompleteAsync(stock) : (Answers.Failure(answer.Kind), null);
    }

    /// <summary>The same as <see cref="ReadAsync"/>, where only a SKU that is known is of use.</summary>
    public async Task<(IResult? Refusal, StockView? Stock)> ReadKnownAsync(string sku)
    {
        if (!OrderRules.IsSku(sku)) return (SkuEndpoints.Unknown(), null);
        var (failure, stock) = await ReadAsync(sku);
        return stock is null || stock.Known ? (failure, stock) : (SkuEndpoints.Unknown(), null);
    }

    /// <summary>Makes a bundle's own view that of its components.</summary>
    public async Task<(IResult? Failure, StockView? Stock)> CompleteAsync(StockView stock)
    {
        if (stock.Bundle.Count == 0) return (null, stock);
        var answers = await Task.WhenAll(stock.Bundle.Select(part =>
            engine.ReadAsync<SkuActor>(ActorId.Sku(part.Sku), static (actor, now) => actor.View(now)).AsTask()));
        foreach (var answer in answers)
            if (answer.Kind != AnswerKind.Reply) return (Answers.Failure(answer.Kind), null);
        return (null, Bundled(stock, Array.ConvertAll(answers, a => (StockView)a.Reply!)));
    }

    public static StockView Bundled(StockView bundle, StockView[] parts)
    {
        var warehouses = parts.SelectMany(p => p.Warehouses).Concat(bundle.Warehouses).Select(w => w.Warehouse).Distinct().Order(StringComparer.Ordinal);
        return bundle with
        {
            Version = bundle.Version + parts.Sum(p => p.Version),
            Available = Least(p => p.Available),
            Warehouses = [.. warehouses.Select(code => (Own(code) ?? new WarehouseStockView(code, 0, 0, 0, 0, 0)) with { Available = Least(p => In(p, code)) })],
        };

        WarehouseStockView? Own(string code) => bundle.Warehouses.FirstOrDefault(w => w.Warehouse == code);

        // A component that is a bundle itself has nothing to give (LineDecider).
        long Least(Func<StockView, long> available) => parts.Select((p, i) => p.Bundle.Count > 0 ? 0 : available(p) / bundle.Bundle[i].Quantity).Min();
    }

    static long In(StockView stock, string warehouse) => stock.Warehouses.FirstOrDefault(w => w.Warehouse == warehouse)?.Available ?? 0;

    /// <summary>Codes of the warehouses that are closed to new reservations.</summary>
    public async Task<HashSet<string>> PausedAsync()
    {
        var answer = await engine.ReadAsync<DirectoryActor>(ActorId.Directory(0), static (directory, now) => directory.View(now));
        return answer.Reply is WarehouseSettings[] all ? [.. all.Where(w => w.State == WarehouseState.Paused).Select(w => w.Code)] : [];
    }
}
