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
        if (order.Known && payment.Status == PayStatus.Failed && unpaid && !order.IsEnded) Expire(order, "payment_failed", turn);
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
        if (order.Refunds.Any(r => r.Reference == refund.Reference && (r.Status == refund.Status || r.Status != RefundProgress.Requested))) return new(OrderOutcome.Repeated);
        turn.Emit(new RefundRecorded { Refund = refund, Source = source });
        // All the money went back before the goods left: nothing is to be delivered any more.
        if (order.Known && order.RefundedInFull && !order.Cancelled && Transitions.CanCancel(order.State))
            CancellationDecider.End(order, "refunded", "platform", source, turn);
        return new(OrderOutcome.Done);
    }
}
