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

    /// <summary>What is still to be paid back, minor units: all of a cancelled order, a part payment of an expired one, the cancelled lines of another as far as they were paid.</summary>
    public static long RefundDue(OrderActor order) =>
        Math.Max(0, (order.IsEnded ? order.PaidSum : Math.Max(0, Math.Min(order.PaidSum, order.Details.Total) - order.Owed)) - order.RefundedSum);
}
