using System.Collections.Concurrent;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;

namespace Engine.Host.Api;

/// <summary>What came of an adjustment: its lines, or why none of it was taken.</summary>
sealed record AdjustmentResult(IReadOnlyList<AdjustedLineJson> Lines)
{
    /// <summary>The reference was used for another adjustment.</summary>
    public bool IsConflict { get; init; }

    /// <summary>Anything but a reply: some of it may have happened, and asking again with the same reference finishes it.</summary>
    public AnswerKind Kind { get; init; } = AnswerKind.Reply;

    public bool IsAnyApplied => Lines.Any(l => l.Code is null);

    public static AdjustmentResult Failed(AnswerKind kind) => new([]) { Kind = kind };
}

/// <summary>
/// Books an adjustment. Each line stands alone and is decided by its SKU; what ties them together is the reference, which is
/// claimed before the first line and given back when no line was applied.
/// </summary>
sealed class AdjustmentDesk(IEngine engine)
{
    /// <summary>Warehouses that all directories have; only ever grows.</summary>
    readonly ConcurrentDictionary<string, bool> _knownWarehouses = new();

    /// <param name="tenant">Who asks: for its turn, and for the books.</param>
    public async Task<AdjustmentResult> AdjustAsync(AdjustmentBody wish, string tenant)
    {
        var reference = ActorId.Reference($"adjustment/{wish.Reference}");
        var options = new AskOptions(Tenant: tenant);
        var claimed = await engine.AskAsync(reference, new ClaimReference { Body = Fingerprint(wish) }, options);
        if (claimed.Reply is not ReferenceReply claim) return AdjustmentResult.Failed(claimed.Kind);
        if (claim.Claim == ReferenceClaim.Conflict) return new([]) { IsConflict = true };
        if (await MakeWarehousesKnown(wish, options) is { } failure) return failure;

        // Handed over in order, so that two lines of one SKU are decided in order too.
        var decided = await Task.WhenAll(wish.Lines.Select((line, i) => engine.AskAsync(ActorId.Sku(line.Sku), new AdjustStock
        {
            Reference = wish.Reference, LineNumber = i, Warehouse = line.Warehouse, Delta = line.Delta, Set = line.Set, Reason = line.Reason, By = tenant,
        }, options).AsTask()));

        foreach (var answer in decided)
            if (answer.Kind != AnswerKind.Reply) return AdjustmentResult.Failed(answer.Kind);
        var replies = Array.ConvertAll(decided, d => (StockReply)d.Reply!);
        if (Array.Exists(replies, r => r.Outcome == StockOutcome.IdempotencyConflict)) return new([]) { IsConflict = true };
        var result = new AdjustmentResult([.. replies.Select((reply, i) => Show(wish.Lines[i], reply))]);
        if (result.IsAnyApplied) return result;
        var freed = await engine.AskAsync(reference, new FreeReference(), options);
        return freed.Kind == AnswerKind.Reply ? result : AdjustmentResult.Failed(freed.Kind);
    }

    /// <summary>Of what was asked, however it was written down.</summary>
    static ulong Fingerprint(AdjustmentBody wish) => Requests.Hash(System.Text.Encoding.UTF8.GetBytes(
        string.Join('\n', wish.Lines.Select(l => $"{l.Sku}/{l.Warehouse}/{l.Delta}/{l.Set}/{(byte)l.Reason}"))));

    /// <summary>A warehouse that stock names for the first time is created, and known to every decision before the stock is there.</summary>
    async Task<AdjustmentResult?> MakeWarehousesKnown(AdjustmentBody wish, AskOptions options)
    {
        foreach (var code in wish.Lines.Select(l => l.Warehouse).Distinct())
        {
            if (_knownWarehouses.ContainsKey(code)) continue;
            var settings = new WarehouseSettings { Code = code, Name = code };
            var answer = await engine.AskAsync(ActorId.Warehouse(code), new ConfigureWarehouse { Settings = settings, OnlyIfMissing = true }, options with { Settle = Answers.SettleMax });
            if (answer.Kind != AnswerKind.Reply) return AdjustmentResult.Failed(answer.Kind);
            _knownWarehouses.TryAdd(code, true);
        }
        return null;
    }

    static AdjustedLineJson Show(AdjustmentLineBody line, StockReply reply)
    {
        var isRefused = reply.Outcome == StockOutcome.BelowPromised;
        return new AdjustedLineJson(line.Sku, line.Warehouse, isRefused ? "refused" : "applied", reply.OnHand, reply.Stock.Version)
        {
            Shortage = reply.Shortage > 0 ? reply.Shortage : null,
            Code = isRefused ? Code.BelowPromised.Name : null,
        };
    }
}
