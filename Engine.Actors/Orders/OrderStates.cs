namespace Engine.Actors.Orders;

/// <summary>The one place where an order's state follows from its facts.</summary>
public static class OrderStates
{
    public static MicroState Derive(OrderActor order)
    {
        if (!order.Known) return MicroState.Received;
        if (order.RefundedInFull && (order.Cancelled || (order.HasStep && order.Step >= MicroState.Shipped))) return MicroState.Refunded;
        if (order.Cancelled) return order.PaidSum > order.RefundedSum ? MicroState.Refunding : MicroState.Cancelled;
        if (order.HasStep) return order.Step;
        if (order.Expired) return MicroState.Expired;
        if (order.Held) return MicroState.Held;
        return order.Phase switch
        {
            OrderPhase.Reserving => MicroState.Reserving,
            OrderPhase.Backordered => MicroState.Backordered,
            // Until its stock is committed a loss may still take it, so nobody is to pick yet.
            OrderPhase.Locked when order.MayCommit => order.Lines.Any(l => l.IsOpen && l.Stock == LineStock.Reserved) ? MicroState.Paying : MicroState.Paid,
            OrderPhase.Locked => order.PaymentStarted ? MicroState.Paying : MicroState.AwaitingPayment,
            _ => MicroState.Received,
        };
    }

    /// <summary>
    /// What is still to be paid back, minor units: all of a cancelled order, a part payment of an expired one, the cancelled lines of another
    /// as far as they were paid. What was paid beyond the total is told by a flag, and what went back of that counts for nothing else.
    /// </summary>
    public static long RefundDue(OrderActor order)
    {
        if (order.IsEnded) return Math.Max(0, order.PaidSum - order.RefundedSum);
        var beyond = Math.Max(0, order.PaidSum - order.Details.Total);
        return Math.Max(0, Math.Max(0, order.PaidSum - beyond - order.Owed) - Math.Max(0, order.RefundedSum - beyond));
    }
}
