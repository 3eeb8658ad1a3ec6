using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <summary>
/// What comes to an order from outside. Each fact is recorded first; what follows from all facts together is then decided in
/// one place (<see cref="ReservationSaga.Advance"/>), so that the order of their arrival does not matter.
/// </summary>
public static class OrderDecider
{
    public static void Decide(OrderActor order, Command command, Turn turn)
    {
        switch (command)
        {
            case Intake c: turn.Reply(Decide(order, c, turn)); break;
            case LineAnswer c: ReservationSaga.Answered(order, c, turn); break;
            case LockDue c: ReservationSaga.Due(order, c, turn); break;
            case DeadlineReached:
                ReservationSaga.Retry(order, turn);
                if (order.RemindAt <= turn.Now) turn.Emit(new BuyerReminded { Coupon = order.Policy.Coupon });
                break;
            case SkuResolved c: ReservationSaga.Resolved(order, c, turn); break;
            case UnholdOrder c: turn.Reply(Decide(order, c, turn)); break;
            case ForgetPerson c: turn.Reply(Decide(order, c, turn)); break;
            case AskOwnership c: turn.Reply(new Ownership(Owns(order, c.ReservationId))); break;
            default: throw new InvariantBrokenException($"{order.Id} does not understand {command.GetType().Name}");
        }
    }

    static OrderReply Decide(OrderActor order, Intake intake, Turn turn)
    {
        if (Repeats(order, intake.Idempotency, turn) is { } repeated) return repeated;
        if (!order.Known && intake.Details is null) return Early(order, intake, turn);
        if (intake.OnlyWarehouses is { } only && !order.Lines.Any(l => only.Contains(l.Warehouse))) return new(OrderOutcome.Forbidden);

        var created = !order.Known;
        var reply = new OrderReply(OrderOutcome.Repeated);
        if (created) Receive(order, intake, turn);
        else Compare(order, intake, turn);

        if (intake.Payment is { } payment) reply = Worse(reply, PaymentDecider.Record(order, payment, intake.Source, turn));
        if (intake.Cancellation is { } cancellation) reply = Worse(reply, CancellationDecider.Cancel(order, cancellation, intake, turn));
        if (intake.Refund is { } refund) reply = Worse(reply, PaymentDecider.Record(order, refund, intake.Source, turn));
        if (created) ApplyEarly(order, intake, turn);
        if (intake.Step is { } step) reply = Worse(reply, StepDecider.Take(order, step, intake.Source, intake.OnlyWarehouses, turn));
        ReservationSaga.Advance(order, turn);
        PaymentDecider.SettleRefunds(order, turn);
        PaymentDecider.FlagDue(order, turn);
        if (intake.Idempotency is { } call && reply.Outcome is OrderOutcome.Done or OrderOutcome.Repeated && !created)
            turn.Emit(new CallRemembered { Key = call.Key, Body = call.Body });
        return created ? reply with { Outcome = OrderOutcome.Created } : reply;
    }

    /// <summary>Of the parts of one message the first that could not be done tells the answer.</summary>
    static OrderReply Worse(OrderReply first, OrderReply second) =>
        first.Outcome is OrderOutcome.Repeated || (first.Outcome == OrderOutcome.Done && second.Outcome != OrderOutcome.Repeated) ? second : first;

    static OrderReply? Repeats(OrderActor order, Idempotency? call, Turn turn)
    {
        if (call is null || order.Call(call.Key, turn.Now) is not { } earlier) return null;
        return new(earlier.Body != call.Body ? OrderOutcome.IdempotencyConflict : order.Known ? OrderOutcome.Repeated : OrderOutcome.Kept);
    }

    /// <summary>Facts of an order that has not come yet.</summary>
    static OrderReply Early(OrderActor order, Intake intake, Turn turn)
    {
        if (!intake.KeepEarly) return new(OrderOutcome.UnknownOrder);
        if (intake.Payment is { } payment) PaymentDecider.Record(order, payment, intake.Source, turn);
        if (intake.Refund is { } refund) PaymentDecider.Record(order, refund, intake.Source, turn);
        if (intake.Cancellation is { } cancellation && !order.Kept.Any(k => k.Step is null && k.CancelReference == cancellation.Reference && Same(k.CancelLines, cancellation.Lines)))
            turn.Emit(new FactKept { CancelReason = cancellation.Reason, CancelBy = cancellation.By, CancelLines = [.. cancellation.Lines ?? []], CancelReference = cancellation.Reference, Source = intake.Source });
        if (intake.Step is { } step) StepDecider.Keep(order, step, intake.Source, turn);
        Flag(order, intake.Flags, intake.Source, turn);
        if (intake.Idempotency is { } call) turn.Emit(new CallRemembered { Key = call.Key, Body = call.Body });
        return new(OrderOutcome.Kept);
    }

    static void Receive(OrderActor order, Intake intake, Turn turn)
    {
        var details = intake.Details!;
        var key = intake.WrappedKey.Length > 0 ? turn.StoreKey(intake.WrappedKey).Index : -1;
        turn.Emit(new OrderReceived
        {
            Source = intake.Source,
            Details = details,
            Policy = intake.Policy,
            KeyIndex = key,
            LockBase = LockBase(details.PlacedAt, intake.Policy.OrderTier, turn.Now),
            Flags = [.. intake.Flags],
        });
    }

    /// <summary>The platform's order time where it is credible: not in the future and not older than the tier; else the receipt.</summary>
    static long LockBase(long placedAt, long tier, long now) => placedAt <= now && placedAt >= now - tier ? placedAt : now;

    static bool Same(List<CancelledQuantity> kept, IReadOnlyList<CancelledQuantity>? told) =>
        kept.Select(l => (l.LineId, l.Quantity)).SequenceEqual((told ?? []).Select(l => (l.LineId, l.Quantity)));

    static void ApplyEarly(OrderActor order, Intake intake, Turn turn)
    {
        foreach (var kept in order.Kept.ToArray())
        {
            if (kept.Step is not null) continue;
            CancellationDecider.Cancel(order, new Cancellation(kept.CancelReason, kept.CancelBy, kept.CancelLines, kept.CancelReference), intake, turn);
        }
        PaymentDecider.EndIfRefunded(order, "system", turn);
        if (!order.IsEnded && !order.MayCommit && order.Payments.Any(p => p.Status == PayStatus.Failed) && !order.PaymentStarted)
            turn.Emit(new OrderExpired { Why = "payment_failed" });
    }

    /// <summary>A repeat of a known order: it stays as it is, differences are recorded and flagged.</summary>
    static void Compare(OrderActor order, Intake intake, Turn turn)
    {
        var differences = intake.Details is { } told ? Differences(order, told).Select(part => $"differs:{part}") : [];
        Flag(order, differences.Concat(intake.Flags), intake.Source, turn);
    }

    internal static void Flag(OrderActor order, IEnumerable<string> flags, string source, Turn turn)
    {
        foreach (var flag in flags)
            if (!order.HasFlag(flag)) turn.Emit(new OrderFlagged { Flag = flag, Source = source });
    }

    static IEnumerable<string> Differences(OrderActor order, OrderDetails told)
    {
        var known = order.Details;
        if (known.Lines.Count != told.Lines.Count || known.Lines.Any(l => !told.Lines.Exists(other => Same(l, other)))) yield return "lines";
        if ((known.Goods, known.Freight, known.Discount, known.Tax, known.Total, known.Currency) != (told.Goods, told.Freight, told.Discount, told.Tax, told.Total, told.Currency))
            yield return "amounts";
        if (known.PlacedAt != told.PlacedAt) yield return "placed_at";
        if (known.ShipBy != told.ShipBy) yield return "ship_by";
        if ((known.Place.Country, known.Place.Province, known.Place.City, known.Place.District) != (told.Place.Country, told.Place.Province, told.Place.City, told.Place.District)) yield return "address";
        if (known.Urgency != told.Urgency) yield return "urgency";
        if (!known.Tags.SequenceEqual(told.Tags)) yield return "tags";
        if (!order.Forgotten && known.PersonalHash != told.PersonalHash) yield return "personal";
    }

    static bool Same(OrderedLine a, OrderedLine b) =>
        (a.LineId, a.Code, a.Quantity, a.UnitPrice, a.Discount, a.GiftOf, a.Presale) == (b.LineId, b.Code, b.Quantity, b.UnitPrice, b.Discount, b.GiftOf, b.Presale);

    static OrderReply Decide(OrderActor order, UnholdOrder wish, Turn turn)
    {
        if (Repeats(order, wish.Idempotency, turn) is { } repeated) return repeated;
        if (!order.Known) return new(OrderOutcome.UnknownOrder);
        if (!order.Held) return NotAllowed(order);
        if (wish.Corrections.Keys.FirstOrDefault(id => !order.Lines.Any(l => l.Ordered.LineId == id)) is { } unknown)
            return new(OrderOutcome.Invalid) { Detail = $"corrections.lines: no line {unknown}" };
        for (var i = 0; i < order.Lines.Count; i++)
        {
            var line = order.Lines[i];
            if (wish.Corrections.TryGetValue(line.Ordered.LineId, out var sku)) turn.Emit(new LineResolved { Line = i, Sku = sku });
            else if (line.Stock == LineStock.Unknown) turn.Emit(new LineResolved { Line = i, Sku = line.Sku });
        }
        turn.Emit(new OrderUnheld { By = wish.By, Reason = wish.Reason });
        ReservationSaga.Advance(order, turn);
        if (wish.Idempotency is { } call) turn.Emit(new CallRemembered { Key = call.Key, Body = call.Body });
        return new(OrderOutcome.Done);
    }

    static OrderReply Decide(OrderActor order, ForgetPerson wish, Turn turn)
    {
        if (Repeats(order, wish.Idempotency, turn) is { } repeated) return repeated;
        if (!order.Known) return new(OrderOutcome.UnknownOrder);
        if (order.Forgotten) return new(OrderOutcome.Repeated);
        if (!order.State.IsClosed()) return new(OrderOutcome.OrderOpen) { State = order.State };
        if (order.PersonalKey is { } key) turn.DropKey(key);
        turn.Emit(new PersonForgotten { By = wish.By, Reason = wish.Reason });
        if (wish.Idempotency is { } call) turn.Emit(new CallRemembered { Key = call.Key, Body = call.Body });
        return new(OrderOutcome.Done);
    }

    static bool Owns(OrderActor order, string reservationId)
    {
        var line = order.LineOf(reservationId);
        return order.Known && line is not null && line.IsOpen && (line.HasStock || line.Stock is LineStock.Asked or LineStock.Waiting || line.Told);
    }

    internal static OrderReply NotAllowed(OrderActor order)
    {
        var allowed = Transitions.NextSteps(order.State).Select(s => s.Name()).ToList();
        if (Transitions.CanCancel(order.State)) allowed.Add(MicroState.Cancelled.Name());
        return new(OrderOutcome.NotAllowed) { State = order.State, Allowed = allowed };
    }
}
