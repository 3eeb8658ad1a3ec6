using Engine.Actors.Deciders;
using Engine.Actors.Orders;

namespace Engine.Actors.Verification;

/// <summary>One order is one order, one payment is one payment, and a buyer is reminded once: counted without the order actors.</summary>
sealed class OrderLedger
{
    readonly HashSet<ulong> _received = [];
    readonly HashSet<ulong> _paid = [];
    readonly HashSet<ulong> _lapsed = [];

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
            case OrderExpired: _lapsed.Add(Digest.Of(orderId)); break;
            case OrderReopened or OrderCancelled: _lapsed.Remove(Digest.Of(orderId)); break;
            // Whoever was reminded is not reminded again.
            case BuyerReminded when !_lapsed.Remove(Digest.Of(orderId)):
                throw new BreachException($"the buyer of order {orderId} was reminded twice, or of an order that had not lapsed");
            default: break;
        }
    }
}
