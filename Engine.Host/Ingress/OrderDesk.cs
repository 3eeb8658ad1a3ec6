using Engine.Actors.Asking;
using Engine.Actors.Orders;
using Engine.Host.Api;
using Engine.Host.Metrics;

namespace Engine.Host.Ingress;

/// <summary>Hands commands about orders to the engine, whoever they come from, and counts what came of them.</summary>
sealed class OrderDesk(IEngine engine, EngineMetrics metrics)
{
    /// <summary>A new order would be refused for load: it need not be sealed.</summary>
    public bool Refuses(OrderName name) => engine.Refuses(name.Actor, Lane.Normal, name.Tenant);

    /// <summary>Takes it in and answers at once.</summary>
    public Task<Answer> TakeAsync(Intake intake) => SendAsync(intake, TimeSpan.Zero, withView: false);

    /// <summary>Answers with the order, once the stock has followed or <paramref name="settle"/> is over.</summary>
    public Task<Answer> AskAsync(Intake intake, TimeSpan settle) => SendAsync(intake, settle, withView: true);

    async Task<Answer> SendAsync(Intake intake, TimeSpan settle, bool withView)
    {
        var name = new OrderName(intake.Platform, intake.Shop, intake.PlatformOrderId);
        var answer = await engine.AskAsync(name.Actor, intake, new AskOptions(IntakeFactory.LaneOf(intake), name.Tenant, withView, settle));
        if (answer.Reply is OrderReply reply && intake.Details is not null) metrics.OrderTaken(intake.Platform, reply.Outcome == OrderOutcome.Created ? "new" : "repeated");
        return withView && answer is { Kind: AnswerKind.Reply, View: null } ? answer with { View = await ViewAsync(name) } : answer;
    }

    /// <summary>The order as it stands; null when nothing is known of it.</summary>
    public async Task<(AnswerKind Kind, OrderView? Order)> ReadAsync(OrderName name)
    {
        var answer = await engine.ReadAsync<OrderActor>(name.Actor, static (order, now) => order.Known ? order.View(now) : null);
        return (answer.Kind, answer.Reply as OrderView);
    }

    // What was asked is durable, but the partition was rebuilt before it could show the order.
    async Task<OrderView?> ViewAsync(OrderName name) => (await ReadAsync(name)).Order;
}
