using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Actors.WhatIf;

/// <summary>What a push or a call said about an order, from what the order recorded of it.</summary>
static class OutsideOrderFacts
{
    public static Command? Of(Actor actor, IReadOnlyList<Event> events)
    {
        foreach (var happened in events)
        {
            switch (happened)
            {
                case PersonForgotten e: return new ForgetPerson { By = e.By, Reason = e.Reason, Idempotency = Call(events) };
                // The order lifts a hold by itself without a name.
                case OrderUnheld { By.Length: > 0 } e: return Unheld((OrderView)actor.View(0)!, e, events);
                default: break;
            }
        }
        return new Reading((OrderView)actor.View(0)!, ((OrderActor)actor).Lines, events).Intake();
    }

    public static Command? OfQuarantine(IReadOnlyList<Event> events) => events.FirstOrDefault() switch
    {
        MessageQuarantined e => new Quarantine { Platform = e.Platform, Shop = e.Shop, Reason = e.Reason, Sealed = e.Sealed, WrappedKey = [1] },
        QuarantineReplayed e => new RecordReplay { By = e.By, Understood = e.Understood, Reason = e.Reason },
        _ => null,
    };

    static UnholdOrder Unheld(OrderView order, OrderUnheld e, IReadOnlyList<Event> events) => new()
    {
        By = e.By,
        Reason = e.Reason,
        Corrections = events.TakeWhile(before => before != e).OfType<LineResolved>().ToDictionary(l => order.Lines[l.Line].Ordered.LineId, l => l.Sku, StringComparer.Ordinal),
        Idempotency = Call(events),
    };

    static Idempotency? Call(IReadOnlyList<Event> events) => events.OfType<CallRemembered>().FirstOrDefault() is { } e ? new Idempotency(e.Key, e.Body) : null;

    /// <summary>Tells the facts of one message from what followed from them.</summary>
    sealed class Reading(OrderView order, IReadOnlyList<OrderLine> lines, IReadOnlyList<Event> events)
    {
        readonly List<string> _flags = [];
        OrderReceived? _received;
        PaymentFact? _payment;
        RefundFact? _refund;
        StepFact? _step;
        string[]? _onlyWarehouses;
        Cancellation? _cancellation;
        string? _source;
        bool _anything;

        public Intake? Intake()
        {
            foreach (var happened in events) Read(happened);
            if (!_anything) return null;
            var name = order.OrderId.Split(':', 3);
            return new Intake
            {
                Platform = name[0],
                Shop = name[1],
                PlatformOrderId = name[2],
                Source = _source ?? "",
                Policy = _received?.Policy ?? new ShopPolicy(),
                Details = _received?.Details,
                WrappedKey = _received is { KeyIndex: >= 0 } ? [1] : [],
                Flags = _received?.Flags ?? [.. _flags],
                Payment = _payment,
                Cancellation = _cancellation,
                Refund = _refund,
                Step = _step,
                OnlyWarehouses = _onlyWarehouses,
                // The API refuses what comes too early, but for payments and beside the order itself.
                KeepEarly = _received is not null || _payment is not null || !(_source ?? "").StartsWith("api:", StringComparison.Ordinal),
                Idempotency = Call(events),
            };
        }

        void Read(Event happened)
        {
            switch (happened)
            {
                case OrderReceived e:
                    _received = e;
                    Fact(e.Source);
                    break;
                case PaymentRecorded e:
                    _payment = e.Payment;
                    Fact(e.Source);
                    break;
                // The last step refunds by itself, and a later payment settles what was refunded before it.
                case RefundRecorded e when !e.Refund.Settled && !(e.Refund.Reference == "step" && events.OfType<StepTaken>().Any(taken => taken.Step.Step == MicroState.Refunded)):
                    _refund = e.Refund;
                    Fact(e.Source);
                    break;
                case FactKept { Step: { } step } e:
                    _step = step;
                    Fact(e.Source);
                    break;
                case FactKept e:
                    _cancellation = new Cancellation(e.CancelReason, e.CancelBy, e.CancelLines, e.CancelReference);
                    Fact(e.Source);
                    break;
                case StepTaken { Source: not "system" } e when _step is null && !Waited(e.Step):
                    _step = e.Step;
                    Fact(e.Source);
                    break;
                // Goods that left one of several warehouses.
                case LinesTold { Change: LineChange.Ship } e when events.OfType<StepTaken>().Any(taken => taken.Behind):
                    _onlyWarehouses = [.. e.Lines.Select(line => lines[line].Warehouse).Distinct()];
                    break;
                case OrderCancelled e when e.Source != "system" && !((_refund is not null || _payment is not null) && FromRefund(e)) && !Waited(e.Reason, e.By):
                    _cancellation = new Cancellation(e.Reason, e.By);
                    Fact(e.Source);
                    break;
                case LinesCancelled e when !Waited(e.Reason, e.By):
                    _cancellation = new Cancellation(e.Reason, e.By, e.Lines, e.Reference);
                    _anything = true;
                    break;
                case OrderFlagged { Flag: CancellationDecider.AfterShipping } e when !Transitions.CanCancel(order.State):
                    _cancellation = new Cancellation("", "");
                    Fact(e.Source);
                    break;
                // Differences and what the edge noticed; what waited is flagged with the order itself.
                case OrderFlagged { Source: not "system" } e when _received is null:
                    _flags.Add(e.Flag);
                    Fact(e.Source);
                    break;
                default: break;
            }
        }

        void Fact(string source)
        {
            _source ??= source;
            _anything = true;
        }

        static bool FromRefund(OrderCancelled e) => e is { Reason: "refunded", By: "platform" };

        /// <summary>It had come before and waited until it could apply.</summary>
        bool Waited(StepFact step) => order.Kept.Any(k => k.Step is { } kept && (kept.Step, kept.At, kept.Operator) == (step.Step, step.At, step.Operator));

        bool Waited(string reason, string by) => _received is not null && order.Kept.Any(k => k.Step is null && k.CancelReason == reason && k.CancelBy == by);
    }
}
