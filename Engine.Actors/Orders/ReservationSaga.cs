using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <summary>
/// How an order gets the stock of all its lines or of none. It asks all at once; what was refused only because other orders
/// are in the middle of the same gives everything back and asks once more, one by one in SKU order, so that of orders that
/// stand in each other's way one always wins. No order waits while it holds.
/// </summary>
static class ReservationSaga
{
    /// <summary>Stock offered to a paid order is held this long again while its other lines are asked (milliseconds).</summary>
    const long OfferHeld = 60_000;

    /// <summary>Rounds tried while others stand in the way, before the shortage counts as real.</summary>
    const int TriesMax = 5;

    /// <summary>What follows from the facts as they are now. Called after every change; does nothing when nothing follows.</summary>
    public static void Advance(OrderActor order, Turn turn)
    {
        if (!order.Known) return;
        if (order.Cancelled)
        {
            // Its money may go back by a step that came before.
            StepDecider.TakeKept(order, turn);
            return;
        }
        if (order.Expired)
        {
            if (!order.IsPaid) return;
            turn.Emit(new OrderReopened());
        }
        if (order.Held && order.HeldReason == "unknown_sku" && !order.Lines.Any(l => l.IsOpen && l.Stock == LineStock.Unknown))
            turn.Emit(new OrderUnheld { Reason = "no unknown SKU is left" });
        if (order.Held) return;
        switch (order.Phase)
        {
            case OrderPhase.Idle when !order.HasStep: Start(order, ReservingRound.Parallel, turn); break;
            case OrderPhase.Reserving: Conclude(order, turn); break;
            case OrderPhase.Locked: FollowPayment(order, turn); break;
            case OrderPhase.Backordered: Wait(order, turn); break;
            default: break;
        }
        StepDecider.TakeKept(order, turn);
    }

    static void Start(OrderActor order, ReservingRound round, Turn turn)
    {
        var ranked = ((DirectoryActor)turn.Directory).Rank(order.Details.Place);
        turn.Emit(new ReservingStarted { Round = round, Ranked = ranked });
        var missing = Missing(order);
        if (round == ReservingRound.OneByOne && missing.Count > 1) missing = FirstBySku(order, missing);
        if (missing.Count > 0) Ask(order, missing, ranked, turn);
        else Conclude(order, turn);
    }

    static List<int> Missing(OrderActor order)
    {
        var missing = new List<int>();
        for (var i = 0; i < order.Lines.Count; i++)
            if (order.Lines[i].IsOpen && !order.Lines[i].HasStock) missing.Add(i);
        return missing;
    }

    static List<int> FirstBySku(OrderActor order, List<int> lines) => [lines.MinBy(i => order.Lines[i].Sku, StringComparer.Ordinal)];

    static void Ask(OrderActor order, List<int> lines, string[] warehouses, Turn turn)
    {
        turn.Emit(new LinesAsked { Lines = lines });
        foreach (var i in lines)
        {
            var line = order.Lines[i];
            if (line.Sku.Length == 0)
            {
                AskAlias(order, line, turn);
                continue;
            }
            turn.Send(ActorId.Sku(line.Sku), new ReserveLine
            {
                ReservationId = line.ReservationId(order.OrderId),
                Quantity = line.Quantity,
                Warehouses = warehouses,
                ExpiresAt = order.LockDeadline,
                PayingExpiresAt = order.PayingDeadline,
                Commit = order.MayCommit,
                LinesInOrder = order.Lines.Count,
                IsPart = line.IsPart,
            });
        }
    }

    static void AskAlias(OrderActor order, OrderLine line, Turn turn)
    {
        var key = order.OrderId.Split(':', 3);
        turn.Send(ActorId.Alias(key[0], key[1], line.Ordered.Code), new ResolveAlias { Code = line.Ordered.Code });
    }

    /// <summary>A SKU has answered about one line.</summary>
    public static void Answered(OrderActor order, LineAnswer answer, Turn turn)
    {
        // An answer to an earlier attempt: what it granted was given back right behind the question.
        if (order.LineOf(answer.ReservationId) is not { } line) return;
        // Served and evicted while the order took its place in the queue anew: that place is given up with the reservation.
        if (answer.Kind == LineAnswerKind.Evicted)
            turn.Send(turn.Sender, new ChangeLine { ReservationId = answer.ReservationId, Change = LineChange.Release, Why = "stock was lost" });
        var takesBack = line.Told && line.ToldChange is LineChange.Release or LineChange.Expire;
        if (takesBack && answer.Number != line.ToldNumber) return;
        var instructed = answer.Kind is LineAnswerKind.Committed or LineAnswerKind.Extended or LineAnswerKind.Released or LineAnswerKind.Shipped or LineAnswerKind.Gone;
        if (instructed && answer.Number == 0) return;

        turn.Emit(new LineAnswered
        {
            Line = order.IndexOf(line),
            Kind = answer.Kind,
            Warehouse = answer.Warehouse,
            Available = answer.Available,
            Version = answer.Version,
            Temporary = answer.Temporary,
            Number = answer.Number,
            Fitting = answer.Fitting,
        });
        switch (answer.Kind)
        {
            case LineAnswerKind.Offered when order.Phase == OrderPhase.Backordered: Start(order, ReservingRound.OneByOne, turn); break;
            // A component has become a bundle itself, which bundles don't have: asked again it is refused.
            case LineAnswerKind.Bundle when line is { IsPart: true, Stock: LineStock.Waiting }: Start(order, ReservingRound.Parallel, turn); break;
            case LineAnswerKind.Bundle when line.Stock is LineStock.Asked or LineStock.Waiting: Expand(order, line, answer.Parts, turn); break;
            case LineAnswerKind.UnknownSku when line.Stock == LineStock.Resolving: AskAlias(order, line, turn); break;
            case LineAnswerKind.Evicted or LineAnswerKind.Gone when !order.IsEnded && !order.HasStep && order.Phase == OrderPhase.Locked:
                Short(order, line, turn, orWait: true);
                break;
            default: break;
        }
        Advance(order, turn);
    }

    /// <summary>The line's SKU is a bundle: its components are asked like lines, and all that happens to the line happens to them.</summary>
    static void Expand(OrderActor order, OrderLine line, List<BundlePart> parts, Turn turn)
    {
        turn.Emit(new LineExpanded { Line = order.IndexOf(line), Parts = parts });
        if (order.Phase == OrderPhase.Backordered) Start(order, ReservingRound.Parallel, turn);
    }

    /// <summary>All questions are answered: every line has stock, or what is missing decides how it goes on.</summary>
    static void Conclude(OrderActor order, Turn turn)
    {
        if (order.RetryAt != Actor.Never || order.Lines.Any(l => l.Stock is LineStock.Asked or LineStock.Resolving)) return;
        if (order.Lines.FirstOrDefault(l => l.IsOpen && l.Stock == LineStock.Unknown) is { } unknown)
        {
            GiveBack(order, LineChange.Release, "unknown_sku", turn);
            turn.Emit(new OrderHeld { Reason = "unknown_sku", Line = order.IndexOf(unknown) });
            return;
        }
        var refused = order.Lines.FirstOrDefault(l => l.IsOpen && l.Stock == LineStock.Refused);
        if (refused is not null)
        {
            var othersMayGiveBack = order.Lines.Any(l => l.IsOpen && l.Stock == LineStock.Refused && l.Temporary);
            if (!othersMayGiveBack || order.Tries >= TriesMax)
            {
                Short(order, refused, turn);
                return;
            }
            GiveBack(order, LineChange.Release, "other orders stand in the way", turn);
            if (order.Round == ReservingRound.Parallel) Start(order, ReservingRound.OneByOne, turn);
            else turn.Emit(new RetryPlanned { At = turn.Now + Pause(order) });
            return;
        }
        var missing = Missing(order);
        if (missing.Count > 0)
        {
            if (order.Round == ReservingRound.OneByOne) missing = FirstBySku(order, missing);
            Ask(order, missing, order.Ranked, turn);
            return;
        }
        if (order.Round != ReservingRound.Gathering && IsSpread(order) && WarehouseOfAll(order) is { } common)
        {
            Gather(order, common, turn);
            return;
        }
        turn.Emit(new OrderLocked());
        FollowPayment(order, turn);
    }

    /// <summary>The nearest warehouse that could serve every line; without one the order is split.</summary>
    static string? WarehouseOfAll(OrderActor order) => order.Ranked.FirstOrDefault(w => order.Lines.All(l => !l.IsOpen || l.Fitting.Contains(w)));

    static bool IsSpread(OrderActor order)
    {
        string? warehouse = null;
        for (var i = 0; i < order.Lines.Count; i++)
        {
            var line = order.Lines[i];
            if (!line.IsOpen) continue;
            if (warehouse is not null && warehouse != line.Warehouse) return true;
            warehouse = line.Warehouse;
        }
        return false;
    }

    static void Gather(OrderActor order, string warehouse, Turn turn)
    {
        var elsewhere = new List<int>();
        for (var i = 0; i < order.Lines.Count; i++)
            if (order.Lines[i].IsOpen && order.Lines[i].Warehouse != warehouse) elsewhere.Add(i);
        Tell(order, LineChange.Release, elsewhere, "gathered in one warehouse", turn);
        turn.Emit(new ReservingStarted { Round = ReservingRound.Gathering, Ranked = order.Ranked });
        Ask(order, elsewhere, [warehouse, .. order.Ranked.Where(w => w != warehouse)], turn);
    }

    /// <summary>The time has come to ask once more.</summary>
    public static void Retry(OrderActor order, Turn turn)
    {
        if (order.RetryAt <= turn.Now) Start(order, ReservingRound.OneByOne, turn);
    }

    /// <summary>Milliseconds to step aside: longer with every try, and different for every order, so that no two keep meeting.</summary>
    static long Pause(OrderActor order)
    {
        var step = Math.Min(60_000, 20L << Math.Min(order.Tries, 12));
        return step + (long)(new ActorId(ActorKind.Order, $"{order.OrderId}#{order.Tries}").Hash % (ulong)step);
    }

    /// <summary>A line is short for good: the order holds nothing, and waits or is rejected as the shop chooses.</summary>
    static void Short(OrderActor order, OrderLine line, Turn turn, bool orWait = false)
    {
        if (order.Policy.RejectOnShortage && !orWait)
        {
            CancellationDecider.End(order, "insufficient_stock", "system", "system", turn);
            return;
        }
        GiveBack(order, LineChange.Release, "insufficient_stock", turn);
        turn.Emit(new OrderBackordered { Line = order.IndexOf(line) });
        Await(order, turn, again: false);
    }

    /// <summary>Takes the order's place in the queue of the line it waits for, or takes it anew when what it says has changed.</summary>
    public static void Await(OrderActor order, Turn turn, bool again = true)
    {
        var line = order.Lines[order.WaitingLine];
        turn.Send(ActorId.Sku(line.Sku), new AwaitStock
        {
            Backorder = new Backorder
            {
                ReservationId = line.ReservationId(order.OrderId),
                OrderId = order.OrderId,
                Quantity = line.Quantity,
                Warehouses = order.Ranked,
                Paid = order.MayCommit,
                Urgency = order.Details.Urgency,
                PlacedAt = order.Details.PlacedAt,
                ExpiresAt = order.MayCommit ? Actor.Never : order.LockDeadline,
                PayingExpiresAt = order.PayingDeadline,
                LinesInOrder = order.Lines.Count,
                Renewed = again,
                // The first time it is served at once; after an offer that did not help, a little later each time.
                NotBefore = order.Tries > 1 ? turn.Now + Pause(order) : 0,
                Alongside = [.. order.Lines.Where(l => l != line && l.IsOpen && l.Sku == line.Sku).Select(l => l.Quantity)],
            },
        });
    }

    /// <summary>While it waits: a payment moves it up, and a cancelled line is no longer waited for.</summary>
    static void Wait(OrderActor order, Turn turn)
    {
        var line = order.Lines[order.WaitingLine];
        if (!line.IsOpen) Start(order, ReservingRound.Parallel, turn);
        else if (order.MayCommit || order.PaymentStarted)
        {
            var change = order.MayCommit ? LineChange.Commit : LineChange.Extend;
            if (line.Extended && line.ToldChange == change) return;
            turn.Emit(new LinesTold { Change = change, Lines = [order.WaitingLine] });
            Await(order, turn);
        }
    }

    static void FollowPayment(OrderActor order, Turn turn)
    {
        if (order.MayCommit) Tell(order, LineChange.Commit, Those(order, l => l.Stock == LineStock.Reserved && !(l.Told && l.ToldChange == LineChange.Commit)), "paid", turn);
        else if (order.PaymentStarted) Tell(order, LineChange.Extend, Those(order, l => l.Stock == LineStock.Reserved && !l.Extended), "paying", turn);
    }

    static List<int> Those(OrderActor order, Func<OrderLine, bool> which)
    {
        var lines = new List<int>();
        for (var i = 0; i < order.Lines.Count; i++)
            if (which(order.Lines[i])) lines.Add(i);
        return lines;
    }

    /// <summary>Gives back all that is held, asked for or waited for, and is not just leaving.</summary>
    public static void GiveBack(OrderActor order, LineChange change, string why, Turn turn) =>
        Tell(order, change, Those(order, l => l.Attempt > 0 && l.Sku.Length > 0 && !l.IsLeaving && l.Stock is LineStock.Asked or LineStock.Reserved or LineStock.Committed or LineStock.Waiting), why, turn);

    public static void Tell(OrderActor order, LineChange change, List<int> lines, string why, Turn turn, int quantity = 0)
    {
        if (lines.Count == 0) return;
        turn.Emit(new LinesTold { Change = change, Lines = lines });
        foreach (var i in lines)
        {
            var line = order.Lines[i];
            turn.Send(ActorId.Sku(line.Sku), new ChangeLine
            {
                ReservationId = line.ReservationId(order.OrderId),
                Change = change,
                Quantity = quantity,
                ExpiresAt = change == LineChange.Extend ? order.LockDeadline : 0,
                Why = why,
                Number = line.ToldNumber,
                Unsold = change == LineChange.Release && !order.IsEnded && line.IsOpen,
            });
        }
    }

    /// <summary>A SKU asks whether a lock, or a wait, may end. What is said here is durable before the SKU hears it.</summary>
    public static void Due(OrderActor order, LockDue due, Turn turn)
    {
        var line = order.LineOf(due.ReservationId);
        if (line is null || !order.Known || order.IsEnded || !line.IsOpen)
        {
            turn.Send(turn.Sender, new ChangeLine { ReservationId = due.ReservationId, Change = LineChange.Release, Why = "no line of this order holds it" });
            return;
        }
        if (!order.MayCommit && turn.Now >= order.LockDeadline)
        {
            PaymentDecider.Expire(order, "lock_lapsed", turn);
            PaymentDecider.FlagDue(order, turn);
            return;
        }
        // Paid: the commitment is on its way, or the other lines are still being asked.
        turn.Send(turn.Sender, new ChangeLine
        {
            ReservationId = due.ReservationId,
            Change = LineChange.Extend,
            ExpiresAt = order.MayCommit ? turn.Now + OfferHeld : order.LockDeadline,
        });
    }

    /// <summary>Somebody knows which SKU a code means, or that nobody does.</summary>
    public static void Resolved(OrderActor order, SkuResolved answer, Turn turn)
    {
        if (!order.Known || order.Cancelled) return;
        for (var i = 0; i < order.Lines.Count; i++)
        {
            var line = order.Lines[i];
            // Its own code, or the SKU that somebody corrected it to and that was not there yet.
            var isMeant = line.Ordered.Code == answer.Code || (answer.Sku == answer.Code && line.Sku == answer.Sku);
            if (!isMeant || line.Stock is not (LineStock.Resolving or LineStock.Unknown)) continue;
            if (answer.Sku.Length > 0) turn.Emit(new LineResolved { Line = i, Sku = answer.Sku });
            else if (line.Stock == LineStock.Resolving) turn.Emit(new LineAnswered { Line = i, Kind = LineAnswerKind.UnknownSku });
        }
        Advance(order, turn);
    }
}
