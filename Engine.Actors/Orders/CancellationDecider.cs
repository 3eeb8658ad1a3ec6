using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <summary>Cancelling an order or some of its lines. Cancelled and paid, in whatever order, ends in refunding.</summary>
static class CancellationDecider
{
    public const string AfterShipping = "cancelled_after_shipping";

    public static OrderReply Cancel(OrderActor order, Cancellation wish, Intake intake, Turn turn)
    {
        if (order.Cancelled || order.HasCancelled(wish.Reference)) return new(OrderOutcome.Repeated);
        if (!Transitions.CanCancel(order.State)) return intake.KeepEarly ? Flag(order, AfterShipping, intake.Source, turn) : OrderDecider.NotAllowed(order);
        if (wish.Lines is { Count: > 0 } lines && Validate(order, lines) is { } invalid)
        {
            if (!intake.KeepEarly) return invalid;
            return Flag(order, order.Lines.Any(l => HasLeft(order, l) && lines.Any(c => c.LineId == l.Ordered.LineId)) ? AfterShipping : "cancelled_lines_unknown", intake.Source, turn);
        }
        if (wish.Lines is not { Count: > 0 } some || LeavesNothing(order, some)) End(order, wish.Reason, wish.By, intake.Source, turn);
        else CancelLines(order, some, wish, turn);
        return new(OrderOutcome.Done);
    }

    /// <summary>A platform states a fact, and it can't be done: somebody has to look.</summary>
    static OrderReply Flag(OrderActor order, string flag, string source, Turn turn)
    {
        OrderDecider.Flag(order, [flag], source, turn);
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
            if (HasLeft(order, line)) return new(OrderOutcome.Invalid) { Detail = $"lines: the goods of line {group.Key} have left" };
            if (group.Sum(g => (long)g.Quantity) > line.Quantity) return new(OrderOutcome.Invalid) { Detail = $"lines: line {group.Key} has {line.Quantity} left" };
        }
        return null;
    }

    /// <summary>Goods of it have left, or are just leaving.</summary>
    static bool HasLeft(OrderActor order, OrderLine line) => order.PartsOf(line).Append(line).Any(l => l.Stock == LineStock.Shipped || l.IsLeaving);

    static bool LeavesNothing(OrderActor order, IReadOnlyList<CancelledQuantity> lines) =>
        WithGifts(order, lines).Sum(l => (long)l.Quantity) >= order.Lines.Where(l => !l.IsPart).Sum(l => (long)l.Quantity);

    /// <summary>Gifts go with their main line, unless they have left.</summary>
    static List<CancelledQuantity> WithGifts(OrderActor order, IReadOnlyList<CancelledQuantity> lines)
    {
        var all = lines.GroupBy(l => l.LineId).Select(g => new CancelledQuantity { LineId = g.Key, Quantity = g.Sum(l => l.Quantity) }).ToList();
        foreach (var gift in order.Lines.Where(l => l.Ordered.GiftOf.Length > 0 && l.Quantity > 0 && !HasLeft(order, l)))
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
        turn.Emit(new LinesCancelled { Lines = lines, Reason = wish.Reason, By = wish.By, Value = Value(order, lines), Reference = wish.Reference });
        var waited = order.Phase == OrderPhase.Backordered ? order.Lines[order.WaitingLine] : null;
        var isLess = false;
        foreach (var cancelled in lines)
        {
            var line = order.Lines.First(l => l.Ordered.LineId == cancelled.LineId);
            OrderLine[] held = line.Stock == LineStock.Expanded ? [.. order.PartsOf(line)] : [line];
            foreach (var part in held)
            {
                GiveBack(order, part, cancelled.Quantity * part.Each, wish.Reason, turn);
                isLess |= part.Sku == waited?.Sku;
            }
        }
        // Who waits is queued with what else of the SKU the order wants.
        if (isLess && waited!.IsOpen) ReservationSaga.Await(order, turn);
        StepDecider.ShipIfAllLeft(order, turn);
    }

    static void GiveBack(OrderActor order, OrderLine line, int quantity, string reason, Turn turn)
    {
        // What waits and is not all cancelled is queued anew.
        if (!line.HasStock && line.Stock != LineStock.Asked && (line.Stock != LineStock.Waiting || line.IsOpen)) return;
        ReservationSaga.Tell(order, line.IsOpen ? LineChange.Reduce : LineChange.Release, [order.IndexOf(line)], reason, turn, quantity);
    }

    /// <summary>
    /// What the cancelled part comes to, minor units: its price less its shares of the line's and the order's discount, with its share of a
    /// tax that comes on top; rounded in the buyer's favour, and the same whether a line is cancelled at once or piece by piece. The order's
    /// discount is what its total is less than goods and freight, whatever the platform calls it.
    /// </summary>
    static long Value(OrderActor order, List<CancelledQuantity> cancelled)
    {
        var details = order.Details;
        Int128 goods = 0;
        foreach (var line in details.Lines) goods += Net(line, line.Quantity);
        var onTop = Int128.Min(details.Total - goods - details.Freight, details.Tax);
        Int128 sum = 0;
        foreach (var part in cancelled)
        {
            var line = order.Lines.First(l => l.Ordered.LineId == part.LineId);
            sum += Of(line.Ordered, line.CancelledQuantity + part.Quantity) - Of(line.Ordered, line.CancelledQuantity);
        }
        return (long)Int128.Clamp(sum, 0, Math.Max(0, details.Total));

        Int128 Of(OrderedLine line, int quantity) => goods <= 0 ? 0 : Net(line, quantity) + Share(Net(line, quantity));

        // A discount's share is rounded down, a tax's up.
        Int128 Share(Int128 net) => (onTop * net + (onTop > 0 ? goods - 1 : 0)) / goods;
    }

    static Int128 Net(OrderedLine line, int quantity) => (Int128)line.UnitPrice * quantity - (Int128)line.Discount * quantity / line.Quantity;
}
