using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>
/// A naive book of what carts and bundles were promised, from the durable events: I3, a bundle is reserved as it was set up;
/// I7, no lock of a cart ends before its time, nor after it was committed.
/// </summary>
sealed class CartLedger
{
    readonly Dictionary<string, Book> _carts = [];
    readonly HashSet<(string Sku, string Parts)> _bundles = [];

    public long Reserved { get; private set; }
    public long Refused { get; private set; }
    public long Expanded { get; private set; }

    public void Write(CartActor actor, Event happened, Stamp stamp)
    {
        var key = actor.Id.Key;
        if (!_carts.TryGetValue(key, out var book)) _carts.Add(key, book = new Book());
        switch (happened)
        {
            case CartRequested e:
                Require(!book.IsLive, "I3", $"cart {key} was begun anew while it holds stock");
                (book.ExpiresAt, book.PayingExpiresAt, book.Paying, book.Expired) = (e.ExpiresAt, e.PayingExpiresAt, false, false);
                break;
            case CartReserved:
                book.IsLive = true;
                Reserved++;
                break;
            case CartRefused: Refused++; break;
            case CartPaying: book.Paying = true; break;
            case CartCommitted: book.Committed = true; break;
            case CartLineExpanded e: Expand(actor.Lines[e.Line].Sku, e.Parts); break;
            case CartEnded e:
                Require(book.IsLive, "I3", $"cart {key} ended twice");
                book.IsLive = false;
                if (e.End != CartState.Expired) break;
                Require(!book.Committed, "I7", $"cart {key} expired although it is committed");
                Require(stamp.At >= (book.Paying ? Math.Max(book.ExpiresAt, book.PayingExpiresAt) : book.ExpiresAt), "I7", $"cart {key} expired before its lock ends");
                book.Expired = true;
                break;
            default: break;
        }
    }

    public void Write(OrderActor actor, Event happened)
    {
        if (happened is LineExpanded e) Expand(actor.Lines[e.Line].Sku, e.Parts);
    }

    public void Write(SkuActor actor, Event happened)
    {
        if (happened is SkuConfigured { Bundle.Count: > 0 } e) _bundles.Add((actor.Sku, Said(e.Bundle)));
        if (happened is not ReservationReleased { End: ReservationState.Expired } lapsed) return;
        if (actor.Reservation(lapsed.ReservationId) is not { Owner: ReservationOwner.Cart } reservation) return;
        Require(_carts.TryGetValue(reservation.Cart, out var book) && book.Expired, "I7", $"the lock {lapsed.ReservationId} ended, but cart {reservation.Cart} did not expire");
    }

    void Expand(string sku, List<BundlePart> parts)
    {
        Expanded++;
        Require(_bundles.Contains((sku, Said(parts))), "I3", $"bundle {sku} was never made of {Said(parts)}");
    }

    static string Said(List<BundlePart> parts) => string.Join(", ", parts.Select(p => $"{p.Quantity} {p.Sku}"));

    sealed class Book
    {
        public long ExpiresAt;
        public long PayingExpiresAt;
        public bool IsLive;
        public bool Paying;
        public bool Committed;
        public bool Expired;
    }
}
