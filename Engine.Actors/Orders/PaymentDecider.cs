using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

/// <summary>
/// Payments and refunds. Whether a payment came in time is decided by its arrival at the order, the single writer of both
/// the payment and the end of the lock; so a lock never ends under a payment that came in time.
/// </summary>
static class PaymentDecider
{
    public static OrderReply Record(OrderActor order, PaymentFact payment, string source, Turn turn)
    {
        if (payment.Status == PayStatus.Pending || order.Payments.Any(p => p.Reference == payment.Reference && Rank(p.Status) >= Rank(payment.Status)))
            return new(OrderOutcome.Repeated);

        Lapse(order, turn);
        var unpaid = !order.MayCommit;
        turn.Emit(new PaymentRecorded { Payment = payment, Source = source });
        // One attempt failed; another may be under way or have brought a part.
        if (order.Known && payment.Status == PayStatus.Failed && unpaid && !order.PaymentStarted && !order.IsEnded) Expire(order, "payment_failed", turn);
        // The refund may have come before what it pays back.
        EndIfRefunded(order, source, turn);
        if (order.Known && order.PaidSum > order.Details.Total && !order.HasFlag("overpaid")) turn.Emit(new OrderFlagged { Flag = "overpaid", Source = "system" });
        return new(OrderOutcome.Done);
    }

    /// <summary>Of two reports about the same payment the later stage wins, whatever came first.</summary>
    static int Rank(PayStatus status) => status switch { PayStatus.Pending => 0, PayStatus.Started => 1, PayStatus.Failed => 2, _ => 3 };

    /// <summary>The deadline may have passed although no timer has come round yet: time decides, not the timer.</summary>
    static void Lapse(OrderActor order, Turn turn)
    {
        if (order.Known && !order.IsEnded && !order.Held && !order.MayCommit && order.Phase != OrderPhase.Idle && turn.Now >= order.LockDeadline) Expire(order, "lock_lapsed", turn);
    }

    public static void Expire(OrderActor order, string why, Turn turn)
    {
        turn.Emit(new OrderExpired { Why = why });
        ReservationSaga.GiveBack(order, LineChange.Expire, why, turn);
    }

    public static OrderReply Record(OrderActor order, RefundFact refund, string source, Turn turn)
    {
        if (order.Refunds.FirstOrDefault(r => r.Reference == refund.Reference) is { } known && !TellsMore(refund, known)) return new(OrderOutcome.Repeated);
        turn.Emit(new RefundRecorded { Refund = refund, Source = source });
        EndIfRefunded(order, source, turn);
        return new(OrderOutcome.Done);
    }

    /// <summary>Of two reports about the same refund the later stage wins, then the larger sum: an attempt that failed is made again, and a refund in several transactions grows.</summary>
    static bool TellsMore(RefundFact refund, RefundFact known)
    {
        if (refund.Status != known.Status) return Rank(refund.Status) > Rank(known.Status);
        return known.Amount != PaymentFact.Whole && (refund.Amount > known.Amount || (refund.Amount == known.Amount && refund.Full && !known.Full));
    }

    static int Rank(RefundProgress status) => status switch { RefundProgress.Requested => 0, RefundProgress.Closed => 1, _ => 2 };

    /// <summary>All the money went back before the goods left: nothing is to be delivered any more.</summary>
    public static void EndIfRefunded(OrderActor order, string source, Turn turn)
    {
        if (order.Known && order.RefundedInFull && !order.Cancelled && Transitions.CanCancel(order.State))
            CancellationDecider.End(order, "refunded", "platform", source, turn);
    }

    /// <summary>What was paid after all the money had gone back is not covered by that: the refund pays back what there was until then, and no more.</summary>
    public static void SettleRefunds(OrderActor order, Turn turn)
    {
        if (!order.Known || order.Refunds.Count == 0) return;
        foreach (var refund in order.Refunds.Where(r => r.CoversAll).ToArray())
        {
            var before = order.PaidUntil(refund.At);
            if (before == 0 || before == order.PaidSum) continue;
            var others = order.Refunds.Where(r => r != refund && r.Status == RefundProgress.Succeeded).Sum(r => Math.Max(0, r.Amount));
            var amount = refund.Amount == PaymentFact.Whole ? Math.Max(0, before - others) : refund.Amount;
            turn.Emit(new RefundRecorded { Refund = new RefundFact { Reference = refund.Reference, Status = refund.Status, Amount = amount, Full = true, Settled = true, At = refund.At }, Source = "system" });
        }
    }

    /// <summary>Somebody has to pay back what an order that goes on, or has lapsed, was paid too much. Of a cancelled one the state says so.</summary>
    public static void FlagDue(OrderActor order, Turn turn)
    {
        if (order.Known && !order.Cancelled && OrderStates.RefundDue(order) > 0 && !order.HasFlag("refund_due")) turn.Emit(new OrderFlagged { Flag = "refund_due", Source = "system" });
    }
}
