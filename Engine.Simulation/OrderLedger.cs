using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>A naive book of what each order was told, from the durable events: I7, no lock ends under a payment that came in time.</summary>
sealed class OrderLedger
{
    readonly Dictionary<string, Book> _orders = [];

    public void Write(OrderActor actor, Event happened, Stamp stamp)
    {
        if (!_orders.TryGetValue(actor.OrderId, out var book)) _orders.Add(actor.OrderId, book = new Book());
        switch (happened)
        {
            case OrderReceived e:
                Require(book.Details is null, "I3", $"{actor.OrderId} was received twice");
                (book.Details, book.Policy, book.LockBase, book.ReceivedAt) = (e.Details, e.Policy, e.LockBase, stamp.At);
                break;
            case OrderUnheld: book.LockBase = Math.Max(book.LockBase, stamp.At); break;
            case PaymentRecorded e: book.Payments[e.Payment.Reference] = e.Payment; break;
            case OrderExpired e: Expire(actor.OrderId, book, e.Why, stamp.At); break;
            case OrderReopened: book.Lapsed = false; break;
            case OrderCancelled: book.Cancelled = true; break;
            case BuyerReminded: Remind(actor.OrderId, book, stamp.At); break;
            default: break;
        }
    }

    static void Expire(string id, Book book, string why, long at)
    {
        (book.Expired, book.Lapsed) = (true, true);
        Require(!book.IsPaid, "I7", $"{id} expired although it is paid ({why})");
        if (why == "payment_failed") return;
        var started = book.Payments.Values.Any(p => p.Status is PayStatus.Started or PayStatus.Succeeded);
        var tier = started ? book.Policy!.PayingTier : book.Policy!.OrderTier;
        var deadline = Math.Max(book.LockBase + tier, book.ReceivedAt + Math.Min(60_000, tier / 5));
        Require(at >= deadline, "I7", $"{id} expired {deadline - at} ms before its lock ends");
    }

    static void Remind(string id, Book book, long at)
    {
        Require(book.Lapsed && !book.Cancelled, "I3", $"the buyer of {id} was reminded of an order that has not lapsed");
        Require(!book.Reminded, "I3", $"the buyer of {id} was reminded twice");
        Require(at >= book.LockBase + book.Policy!.ReminderAfter, "I3", $"the buyer of {id} was reminded too early");
        book.Reminded = true;
    }

    /// <summary>A lock of an order may only lapse after the order itself has said so.</summary>
    public void Write(SkuActor actor, Event happened)
    {
        if (happened is not ReservationReleased { End: ReservationState.Expired } e) return;
        if (actor.Reservation(e.ReservationId) is not { Owner: ReservationOwner.Order } reservation) return;
        Require(_orders.TryGetValue(reservation.OrderId, out var book) && book.Expired, "I7", $"the lock {e.ReservationId} ended, but {reservation.OrderId} did not expire");
    }

    sealed class Book
    {
        public OrderDetails? Details;
        public ShopPolicy? Policy;
        public long LockBase;
        public long ReceivedAt;
        public bool Expired;
        public bool Lapsed;
        public bool Cancelled;
        public bool Reminded;
        public readonly Dictionary<string, PaymentFact> Payments = [];

        public bool IsPaid
        {
            get
            {
                if (Details!.CashOnDelivery) return true;
                var succeeded = Payments.Values.Where(p => p.Status == PayStatus.Succeeded).ToArray();
                return succeeded.Length > 0 && succeeded.Sum(p => p.Amount == PaymentFact.Whole ? Details.Total : p.Amount) >= Details.Total;
            }
        }
    }
}
