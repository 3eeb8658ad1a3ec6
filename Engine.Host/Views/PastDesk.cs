using System.Globalization;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Api;

namespace Engine.Host.Views;

/// <summary>What <c>?at=</c> asks for: a SKU or an order as it was, from the time machine.</summary>
sealed class PastDesk(TimeMachine machine, TimeProvider time)
{
    public const string Meaning = "An instant (RFC 3339), or the number of a change: shows it as it was then.";

    /// <summary>The point asked for; null where none is, or with a refusal where it is none.</summary>
    public PastPoint? Point(HttpContext http, out IResult? refusal)
    {
        refusal = null;
        if (http.Query("at") is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return PastPoint.Change(sequence);
        if (!Instants.TryRfc3339(text, out var instant)) refusal = Problems.Invalid("at", "bad_format", "A time as 2026-01-01T00:00:00Z is wanted, or the number of a change.");
        else if (instant > time.GetUtcNow()) refusal = InFuture();
        return refusal is null ? PastPoint.Instant(instant.ToUnixTimeMilliseconds()) : null;
    }

    static IResult InFuture() => Problems.Invalid("at", "out_of_range", "It has not come yet.");

    /// <summary>The stock with its open locks; a bundle's as its components had it.</summary>
    public (IResult? Refusal, StockView? Stock, IReadOnlyList<ReservationView> Locks) Sku(string sku, PastPoint point)
    {
        if (!OrderRules.IsSku(sku)) return (SkuEndpoints.Unknown(), null, []);
        var actor = (SkuActor)machine.At(ActorId.Sku(sku), point);
        if (!actor.Known) return (SkuEndpoints.Unknown(), null, []);
        if (IsAhead(actor.Version, point)) return (InFuture(), null, []);
        var stock = actor.ToView();
        if (actor.IsBundle)
        {
            if (point.Sequence < long.MaxValue) return (Problems.Invalid("at", "not_supported", "A bundle's stock is that of its components: an instant is wanted."), null, []);
            stock = StockReader.Bundled(stock, [.. actor.Bundle.Select(part => ((SkuActor)machine.At(ActorId.Sku(part.Sku), point)).ToView())]);
        }
        var locks = actor.Reservations.Where(r => r.IsLive).OrderBy(r => r.ReservedAt).ThenBy(r => r.Id, StringComparer.Ordinal).Select(r => ReservationView.Of(sku, r));
        return (null, stock, [.. locks]);
    }

    /// <summary>The order, null where it was not known yet; and a refusal for who may see it.</summary>
    public (IResult? Refusal, OrderView? Order) Order(OrderName name, PastPoint point)
    {
        var order = (OrderActor)machine.At(name.Actor, point);
        if (!order.Known) return (null, null);
        var asOf = point.At < long.MaxValue ? point.At : order.History[^1].At;
        return (IsAhead(order.History.Count, point) ? InFuture() : null, (OrderView)order.View(asOf));
    }

    static bool IsAhead(long present, PastPoint point) => point.Sequence < long.MaxValue && present < point.Sequence;
}
