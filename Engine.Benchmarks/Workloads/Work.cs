using System.Runtime.CompilerServices;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Host.Api;

namespace Engine.Benchmarks.Workloads;

/// <summary>What is measured, by the names of the issue.</summary>
enum Work
{
    /// <summary>An order of 1 to 3 lines over all SKUs, answered when its stock is decided and durable.</summary>
    W1,
    /// <summary>The same and its payment, each waited for.</summary>
    W2,
    /// <summary>An order of one line, always of the same SKU.</summary>
    W3,
    /// <summary>The live reservations of a SKU, a page of 20.</summary>
    W4,
}

enum Outcome : byte
{
    Done,
    /// <summary>For load: nothing has happened.</summary>
    Refused,
}

/// <summary>One that asks, and waits for the answer before it asks again. Not for several threads.</summary>
abstract class Caller(IEngine engine)
{
    protected static readonly AskOptions Settled = new(Tenant: "flagship", Settle: TimeSpan.FromSeconds(30));
    protected static readonly AskOptions Urgent = new(Lane.Urgent, "flagship", Settle: TimeSpan.FromSeconds(30));

    protected IEngine Engine { get; } = engine;

    /// <summary>Units of stock in orders that were taken.</summary>
    public long Units { get; protected set; }

    public abstract ValueTask<Outcome> StepAsync();

    protected static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    protected static Outcome OutcomeOf(in Answer answer) => answer.Kind switch
    {
        AnswerKind.Reply => Outcome.Done,
        AnswerKind.Overloaded => Outcome.Refused,
        _ => throw new InvalidOperationException($"the engine answered {answer.Kind}"),
    };

    public static Caller Of(Work work, IEngine engine, World world, Persons persons, int number, long orderTier) => work switch
    {
        Work.W1 => new OrderCaller(engine, new OrderSource(world, persons, number, orderTier: orderTier), pays: false),
        Work.W2 => new OrderCaller(engine, new OrderSource(world, persons, number, orderTier: orderTier), pays: true),
        Work.W3 => new OrderCaller(engine, new OrderSource(world, persons, number, lines: 1, hot: true, orderTier: orderTier), pays: false),
        _ => new ReadCaller(engine, world, number),
    };
}

sealed class OrderCaller(IEngine engine, OrderSource orders, bool pays) : Caller(engine)
{
    // The loop's own garbage must not be counted as the engine's.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<Outcome> StepAsync()
    {
        var number = orders.NextId();
        var id = OrderSource.Actor(number);
        // As the edge does, before it seals.
        if (Engine.Refuses(id, Lane.Normal, Settled.Tenant)) return Outcome.Refused;
        var order = orders.Make(number, Now, isPaid: false);
        var units = orders.Units;
        var outcome = OutcomeOf(await Engine.AskAsync(id, order, Settled));
        if (outcome == Outcome.Refused) return outcome;
        Units += units;
        return pays ? OutcomeOf(await Engine.AskAsync(id, orders.Pay(order, Now), Urgent)) : outcome;
    }
}

sealed class ReadCaller(IEngine engine, World world, int number) : Caller(engine)
{
    const int Page = 20;
    readonly Random _random = new(number);

    /// <summary>As the API lists them, by id.</summary>
    public override async ValueTask<Outcome> StepAsync() =>
        OutcomeOf(await Engine.ReadAsync<SkuActor>(ActorId.Sku(world.Pick(_random)), static (sku, _) => ReservationPage.Write(sku, new Listing(Page, null), static _ => true)));
}
