using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <summary>Steps of fulfilment and after-sale, guarded by the transition table (FEATURES B4).</summary>
static class StepDecider
{
    /// <param name="only">For a warehouse key: the warehouses that it speaks for. Goods leave from these alone.</param>
    public static OrderReply Take(OrderActor order, StepFact step, string source, IReadOnlyCollection<string>? only, Turn turn)
    {
        var behind = !order.Cancelled && Transitions.LiesBehind(order.State, step.Step);
        if (order.State == step.Step && (!behind || order.HasReported(step, anyTime: true))) return new(OrderOutcome.Repeated);
        if (behind)
        {
            if (order.HasReported(step)) return new(OrderOutcome.Repeated);
            turn.Emit(new StepTaken { Step = step, Source = source, Behind = true });
            return new(OrderOutcome.Done);
        }
        if (Transitions.Find(order.State, step.Step, step.Role) is not { } transition)
            return step.Role == StepRole.Platform ? Keep(order, step, source, turn) : OrderDecider.NotAllowed(order);
        if (transition.NeedsCarrier && step.Carrier.Length == 0) return new(OrderOutcome.Invalid) { Detail = "carrier: a shipped order needs its carrier" };
        if (step.Step == MicroState.Shipped && only is not null && Leaving(order, line => !only.Contains(line.Warehouse)).Count > 0) return ShipPart(order, step, source, only, turn);
        Move(order, step, source, turn);
        return new(OrderOutcome.Done);
    }

    /// <summary>A split order's goods leave one warehouse, and it goes on until they have left all: what has not left can still be cancelled.</summary>
    static OrderReply ShipPart(OrderActor order, StepFact step, string source, IReadOnlyCollection<string> only, Turn turn)
    {
        var theirs = Leaving(order, line => only.Contains(line.Warehouse));
        if (theirs.Count == 0) return new(OrderOutcome.Repeated);
        turn.Emit(new StepTaken { Step = step, Source = source, Behind = true });
        ReservationSaga.Tell(order, LineChange.Ship, theirs, "shipped", turn);
        return new(OrderOutcome.Done);
    }

    /// <summary>What a half-shipped order still had to ship was cancelled: it has left.</summary>
    public static void ShipIfAllLeft(OrderActor order, Turn turn)
    {
        var open = order.Lines.Where(l => l.IsOpen);
        if (order.HasStep && order.Step < MicroState.Shipped && open.Any() && open.All(l => l.Stock == LineStock.Shipped || l.IsLeaving))
            turn.Emit(new StepTaken { Step = new StepFact { Step = MicroState.Shipped, Role = StepRole.System }, Source = "system" });
    }

    /// <summary>What a platform reports is a fact: where it can't apply yet it is kept until it can.</summary>
    public static OrderReply Keep(OrderActor order, StepFact step, string source, Turn turn)
    {
        if (order.Kept.Any(k => k.Step?.Step == step.Step)) return new(OrderOutcome.Repeated);
        turn.Emit(new FactKept { Step = step, Source = source });
        return new(OrderOutcome.Done);
    }

    /// <summary>Takes the kept steps that have become possible, the earliest first.</summary>
    public static void TakeKept(OrderActor order, Turn turn)
    {
        while (order.Kept.Count > 0 && Possible(order) is { } kept) Move(order, kept.Step!, kept.Source, turn);
    }

    static KeptFact? Possible(OrderActor order) =>
        order.Kept.Where(k => k.Step is { } s && Transitions.Find(order.State, s.Step, s.Role) is not null).MinBy(k => k.Step!.Step);

    static void Move(OrderActor order, StepFact step, string source, Turn turn)
    {
        turn.Emit(new StepTaken { Step = step, Source = source });
        if (step.Step == MicroState.Refunded)
        {
            var refund = new RefundFact { Reference = "step", Status = RefundProgress.Succeeded, Amount = PaymentFact.Whole, Full = true, At = step.At > 0 ? step.At : turn.Now };
            turn.Emit(new RefundRecorded { Refund = refund, Source = source });
        }
        if (step.Step is >= MicroState.Shipped and <= MicroState.Completed) ReservationSaga.Tell(order, LineChange.Ship, Leaving(order, static _ => true), "shipped", turn);
    }

    /// <summary>The lines of which the goods are still here and promised to the order.</summary>
    static List<int> Leaving(OrderActor order, Func<OrderLine, bool> which)
    {
        var leaving = new List<int>();
        for (var i = 0; i < order.Lines.Count; i++)
        {
            var line = order.Lines[i];
            var leaves = line.Stock == LineStock.Committed || (line.Stock == LineStock.Reserved && order.MayCommit);
            if (leaves && !line.IsLeaving && which(line)) leaving.Add(i);
        }
        return leaving;
    }
}
