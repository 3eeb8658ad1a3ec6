using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Scale;

/// <summary>Locks of callers, one unit each, on all SKUs in turn.</summary>
/// <param name="number">Numbers the callers: no two make the same reservation.</param>
sealed class LockCaller(IEngine engine, World world, int number, TimeSpan tier) : Caller(engine)
{
    const long TokenLifetime = 60_000;
    int _made;

    public override async ValueTask<Outcome> StepAsync()
    {
        var (id, now) = ($"{number:D6}-{_made:D9}", Now);
        var answer = await Engine.AskAsync(ActorId.Sku(world.Code((number + _made++) % world.Skus)), new Reserve
        {
            ReservationId = id, OrderId = id, Quantity = 1, KeyId = "1", Token = new SnapshotClaims(id, 0, 1, id, now, now + TokenLifetime),
            OrderTier = (long)tier.TotalMilliseconds, PayingTier = (long)tier.TotalMilliseconds * 3,
        }, new AskOptions(Tenant: "bench"));
        if (answer is { Kind: AnswerKind.Reply, Reply: not StockReply { Outcome: StockOutcome.Done } }) throw new InvalidOperationException($"a lock was refused: {answer.Reply}");
        return OutcomeOf(answer);
    }
}
