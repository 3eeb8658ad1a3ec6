using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <summary>Cancelling an order or some of its lines. Cancelled and paid, in whatever order, ends in refunding.</summary>
static class CancellationDecider
{
    public static OrderReply Cancel(OrderActor order, Cancellation wish, Intake intake, Turn turn)
    {
        if (order.Cancelled || order.HasCancelled(wish.Reference)) return new(OrderOutcome.Repeated);
        if (wish.Lines is { Count: > 0 } lines && Validate(order, lines) is { } invalid) return invalid;
        if (!Transitions.CanCancel(order.State))
        {
            if (!intake.KeepEarly) return OrderDecider.NotAllowed(order);
            // A platform states a fact; the goods have left all the same, so somebody has to look.
            if (!order.HasFlag("cancelled_after_shipping")) turn.Emit(new OrderFlagged { Flag = "cancelled_after_shipping", Source = intake.Source });
            return new(OrderOutcome.Done);
        }
        if (wish.Lines is not { Count: > 0 } some || LeavesNothing(order, some)) End(order, wish.Reason, wish.By, intake.Source, turn);
        else CancelLines(order, some, wish, turn);
        return new(OrderOutcome.Done);
    }

    public static void End(OrderActor order, string reason, string by, string source, Turn turn)
    {
        turn.Emit(new OrderCancelled { Reason = reason, By = by, Source = source });
        ReservationSaga.GiveBack(order, LineChange.Release, reason, turn);
    }

    static OrderReply? Validate(OrderActor order, IReadOnlyList<CancelledQuantity> lines)
    {
        foreach (var group in lines.GroupBy(l => l.LineId))
        {
            var line = order.Lines.FirstOrDefault(l => !l.IsPart && l.Ordered.LineId == group.Key);
            if (line is null) return new(OrderOutcome.Invalid) { Detail = $"lines: the order has no line {group.Key}" };
            if (group.Sum(g => (long)g.Quantity) > line.Quantity) return new(OrderOutcome.Invalid) { Detail = $"lines: line {group.Key} has {line.Quantity} left" };
        }
        return null;
    }

    static bool LeavesNothing(OrderActor order, IReadOnlyList<CancelledQuantity> lines) =>
        WithGifts(order, lines).Sum(l => (long)l.Quantity) >= order.Lines.Where(l => !l.IsPart).Sum(l => (long)l.Quantity);

    /// <summary>Gifts go with their main line.</summary>
    static List<CancelledQuantity> WithGifts(OrderActor order, IReadOnlyList<CancelledQuantity> lines)
    {
        var all = lines.GroupBy(l => l.LineId).Select(g => new CancelledQuantity { LineId = g.Key, Quantity = g.Sum(l => l.Quantity) }).ToList();
        foreach (var gift in order.Lines.Where(l => l.Ordered.GiftOf.Length > 0 && l.Quantity > 0))
        {
            var main = order.Lines.FirstOrDefault(l => l.Ordered.LineId == gift.Ordered.GiftOf);
            var mainGone = main is not null && all.Exists(l => l.LineId == main.Ordered.LineId && l.Quantity >= main.Quantity);
            if (!mainGone) continue;
            all.RemoveAll(l => l.LineId == gift.Ordered.LineId);
            all.Add(new CancelledQuantity { LineId = gift.Ordered.LineId, Quantity = gift.Quantity });
        }
        return all;
    }

    static void CancelLines(OrderActor order, IReadOnlyList<CancelledQuantity> wished, Cancellation wish, Turn turn)
    {
        var lines = WithGifts(order, wished);
        turn.Emit(new LinesCancelled { Lines = lines, Reason = wish.Reason, By = wish.By, Refund = order.PaidSum > 0 ? Refund(order, lines) : 0, Reference = wish.Reference });
        foreach (var cancelled in lines)
        {
            var line = order.Lines.First(l => l.Ordered.LineId == cancelled.LineId);
            if (line.Stock != LineStock.Expanded) GiveBack(order, line, cancelled.Quantity, wish.Reason, turn);
            else foreach (var part in order.PartsOf(line).ToArray()) GiveBack(order, part, cancelled.Quantity * part.Each, wish.Reason, turn);
        }
    }

    static void GiveBack(OrderActor order, OrderLine line, int quantity, string reason, Turn turn)
    {
        var waits = line.Stock == LineStock.Waiting;
        if (!line.HasStock && line.Stock != LineStock.Asked && !waits) return;
        // What waits is queued anew with what is left of it (ReservationSaga.Advance).
        if (line.IsOpen && waits) ReservationSaga.Await(order, turn);
        else ReservationSaga.Tell(order, line.IsOpen ? LineChange.Reduce : LineChange.Release, [order.IndexOf(line)], reason, turn, quantity);
    }

    /// <summary>The price of what is cancelled less its share of the line's discount, to the minor unit, in the buyer's favour.</summary>
    static long Refund(OrderActor order, List<CancelledQuantity> lines)
    {
        long sum = 0;
        foreach (var cancelled in lines)
        {
            var line = order.Lines.First(l => l.Ordered.LineId == cancelled.LineId).Ordered;
            sum += line.UnitPrice * cancelled.Quantity - line.Discount * cancelled.Quantity / line.Quantity;
        }
        return Math.Max(0, sum);
    }
}
