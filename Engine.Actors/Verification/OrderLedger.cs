using Engine.Actors.Deciders;
using Engine.Actors.Orders;

namespace Engine.Actors.Verification;

/// <summary>One order is one order, and one payment is one payment: counted without the order actors.</summary>
sealed class OrderLedger
{
    readonly HashSet<ulong> _received = [];
    readonly HashSet<ulong> _paid = [];

    public int Count => _received.Count;

    /// <exception cref="BreachException" />
    public void Take(string orderId, Event happened)
    {
        switch (happened)
        {
            case OrderReceived when !_received.Add(Digest.Of(orderId)):
                throw new BreachException($"order {orderId} was received twice");
            case PaymentRecorded { Payment: { Status: PayStatus.Succeeded } payment } when !_paid.Add(Digest.Of($"{orderId}\n{payment.Reference}")):
                throw new BreachException($"payment {payment.Reference} of order {orderId} was counted twice");
            default: break;
        }
    }
}
