using Engine.Actors.Asking;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>Stock adjustments over HTTP.</summary>
sealed class AdjustmentEndpoints(AdjustmentDesk desk)
{
    public static void Map(Routes routes) =>
        routes.Post<AdjustmentEndpoints>("/v1/stock/adjustments", Role.Admin | Role.Service | Role.Warehouse, (e, http) => e.Post(http))
            .About("Stock", "Books stock: receiving, stock-take, damage, correction, return, transfers")
            .Takes<AdjustmentBody>().Answers<AdjustmentJson>().Refuses(Code.BelowPromised, Code.IdempotencyConflict);

    async Task<IResult> Post(HttpContext http)
    {
        var body = await http.ReadAsync(AdjustmentBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        var (caller, wish) = (http.Caller(), body.Value);
        if (wish.Lines.Any(l => !caller.MaySee(l.Warehouse))) return Problems.Of(Code.Forbidden, "The key is bound to other warehouses.");
        var result = await desk.AdjustAsync(wish, caller.Name);
        if (result.Kind != AnswerKind.Reply) return Answers.Failure(result.Kind);
        if (result.IsConflict) return Problems.Of(Code.IdempotencyConflict, "The reference was used for another adjustment.");
        if (result.IsAnyApplied) return Answers.Ok(new AdjustmentJson(wish.Reference, result.Lines), ApiJson.Default.AdjustmentJson);
        return Problems.Of(new AdjustmentProblem(Problems.New(Code.BelowPromised, "No line was applied: each would take stock that is promised."), wish.Reference, result.Lines));
    }
}
