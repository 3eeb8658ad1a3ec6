using Engine.Actors.Deciders;
using Engine.Actors.Orders;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation.Clients;

/// <summary>A platform and its people: says what is planned for one order, roughly in order, repeats itself, and tries again where the answer was no answer.</summary>
sealed class OrderClient : IClient
{
    readonly SimulationRun _run;
    readonly OrderPlan _plan;
    readonly List<Fact> _open;
    int _created;

    public OrderClient(SimulationRun run, OrderPlan plan)
    {
        (_run, _plan) = (run, plan);
        _open = [.. plan.Facts];
    }

    public ActorId Id => ActorId.Order(_plan.OrderId);

    public bool IsDone => _open.Count == 0;

    public void Act()
    {
        if (_open.Count == 0) return;
        // Mostly what happened first comes first.
        var fact = _open[_run.Random.Next(3) > 0 ? 0 : _run.Random.Next(_open.Count)];
        _open.Remove(fact);
        if (_run.Random.Next(8) == 0) _open.Insert(_run.Random.Next(_open.Count + 1), fact);
        Say(fact);
    }

    void Say(Fact fact)
    {
        fact.Delivered.Try();
        _run.Courier.Ask(Id, fact.Intake, _run.SomeOptions(), answer =>
        {
            fact.Delivered.Hear(answer.Kind);
            if (answer.Reply is not OrderReply reply)
            {
                if (_run.Random.Next(5) > 0) _open.Insert(0, fact);
                return;
            }
            Heard(fact, reply);
            if (answer.View is OrderView view && !_run.Courier.IsStale) Compare(view);
        });
    }

    void Heard(Fact fact, OrderReply reply)
    {
        if (reply.Outcome == OrderOutcome.Created) Require(++_created == 1, "I3", $"{_plan.OrderId} was created twice");
        if (reply.Outcome is OrderOutcome.NotAllowed or OrderOutcome.UnknownOrder or OrderOutcome.Invalid)
        {
            Require(fact.Intake.Details is null, "I3", $"{_plan.OrderId}: {fact.Name} was answered {reply.Outcome}");
            // A step that comes too early is tried again later.
            if (fact.Intake.Step is not null && _run.Random.Next(3) > 0) _open.Insert(_run.Random.Next(_open.Count + 1), fact);
            return;
        }
        fact.Delivered.Acknowledge();
        Require(fact.Took is not { } took || took(_run.Replica.Find<OrderActor>(Id)), "I6", $"{_plan.OrderId}: {fact.Name} was acknowledged ({reply.Outcome}) before it was durable");
    }

    /// <summary>What an answer shows is the order as it is durable at that moment.</summary>
    void Compare(OrderView view)
    {
        var durable = (OrderView)_run.Replica.Find<OrderActor>(Id).View(_run.Clock.Now);
        Require(view.State == durable.State && view.History.Count == durable.History.Count && view.Payments.Count == durable.Payments.Count
            && view.Lines.Select(l => l.Stock).SequenceEqual(durable.Lines.Select(l => l.Stock)), "I6",
            $"{_plan.OrderId} is shown as {view.State}, but {durable.State} is what is durable");
    }

    public void Check()
    {
        var order = _run.Replica.Find<OrderActor>(Id);
        foreach (var fact in _plan.Facts)
            Require(!fact.Delivered.Acknowledged || fact.Took is not { } took || took(order), "I1", $"{_plan.OrderId}: {fact.Name} was acknowledged and is not in the journal");
        Require(_created == 0 || order.Known, "I1", $"{_plan.OrderId} was created and is not in the journal");
    }
}
