using System.Collections.Concurrent;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>
/// Stock adjustments. Each line stands alone and is decided by its SKU; what ties them together is the reference, which is
/// claimed before the first line and given back when no line was applied.
/// </summary>
sealed class AdjustmentEndpoints(IEngine engine)
{
    /// <summary>Warehouses that all directories have; only ever grows.</summary>
    readonly ConcurrentDictionary<string, bool> _knownWarehouses = new();

    public static void Map(Routes routes) =>
        routes.Post<AdjustmentEndpoints>("/v1/stock/adjustments", Role.Admin | Role.Service | Role.Warehouse, (e, http) => e.Post(http))
            .About("Stock", "Books stock: receiving, stock-take, damage, correction, return, transfers")
            .Takes<AdjustmentBody>().Answers<AdjustmentJson>().Refuses(Code.BelowPromised, Code.IdempotencyConflict);

    async Task<IResult> Post(HttpContext http)
    {
        var bytes = await http.BodyAsync();
        var body = Requests.Read(bytes, AdjustmentBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        var (caller, wish) = (http.Caller(), body.Value);
        if (wish.Lines.Any(l => !caller.MaySee(l.Warehouse))) return Problems.Of(Code.Forbidden, "The key is bound to other warehouses.");

        var reference = ActorId.Reference($"adjustment/{wish.Reference}");
        var options = new AskOptions(Tenant: caller.Name);
        var claimed = await engine.AskAsync(reference, new ClaimReference { Body = Fingerprint(wish) }, options);
        if (claimed.Reply is not ReferenceReply claim) return Answers.Failure(claimed.Kind);
        if (claim.Claim == ReferenceClaim.Conflict) return Conflict();
        if (await MakeWarehousesKnown(wish, options) is { } failure) return failure;

        // Handed over in order, so that two lines of one SKU are decided in order too.
        var decided = await Task.WhenAll(wish.Lines.Select((line, i) => engine.AskAsync(ActorId.Sku(line.Sku), new AdjustStock
        {
            Reference = wish.Reference, LineNumber = i, Warehouse = line.Warehouse, Delta = line.Delta, Set = line.Set, Reason = line.Reason,
        }, options).AsTask()));

        foreach (var answer in decided)
            if (answer.Kind != AnswerKind.Reply) return Answers.Failure(answer.Kind);
        var replies = Array.ConvertAll(decided, d => (StockReply)d.Reply!);
        if (Array.Exists(replies, r => r.Outcome == StockOutcome.IdempotencyConflict)) return Conflict();
        var lines = replies.Select((reply, i) => Show(wish.Lines[i], reply)).ToArray();
        if (Array.Exists(replies, r => r.Outcome != StockOutcome.BelowPromised)) return Answers.Ok(new AdjustmentJson(wish.Reference, lines), ApiJson.Web.AdjustmentJson);

        var freed = await engine.AskAsync(reference, new FreeReference(), options);
        if (freed.Kind != AnswerKind.Reply) return Answers.Failure(freed.Kind);
        return Problems.Of(new AdjustmentProblem(Problems.New(Code.BelowPromised, "No line was applied: each would take stock that is promised."), wish.Reference, lines));
    }

    static IResult Conflict() => Problems.Of(Code.IdempotencyConflict, "The reference was used for another adjustment.");

    /// <summary>Of what was asked, however it was written down.</summary>
    static ulong Fingerprint(AdjustmentBody wish) => Requests.Hash(System.Text.Encoding.UTF8.GetBytes(
        string.Join('\n', wish.Lines.Select(l => $"{l.Sku}/{l.Warehouse}/{l.Delta}/{l.Set}/{(byte)l.Reason}"))));

    /// <summary>A warehouse that stock names for the first time is created, and known to every decision before the stock is there.</summary>
    async Task<IResult?> MakeWarehousesKnown(AdjustmentBody wish, AskOptions options)
    {
        foreach (var code in wish.Lines.Select(l => l.Warehouse).Distinct())
        {
            if (_knownWarehouses.ContainsKey(code)) continue;
            var settings = new WarehouseSettings { Code = code, Name = code };
            var answer = await engine.AskAsync(ActorId.Warehouse(code), new ConfigureWarehouse { Settings = settings, OnlyIfMissing = true }, options with { Settle = Answers.SettleMax });
            if (answer.Kind != AnswerKind.Reply) return Answers.Failure(answer.Kind);
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
