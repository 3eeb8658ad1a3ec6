using System.Globalization;
using Engine.Actors.Asking;
using Engine.Actors.Orders;

namespace Engine.Host.Api;

/// <summary>
/// Finds the reservation of an order's line after its end: the SKU forgets it then, the order does not. Its id is
/// <c>orderId~lineId</c>, with <c>~attempt</c> behind it from the second attempt on.
/// </summary>
sealed class OrderLineReservations(IEngine engine)
{
    /// <summary>Ids may themselves contain ~; nobody needs more than a few.</summary>
    const int SplitsMax = 8;

    /// <summary>Neither where no order has had it.</summary>
    public async Task<(ReservationJson? Found, IResult? Failure)> FindAsync(string sku, string reservationId)
    {
        var splits = 0;
        for (var at = reservationId.IndexOf('~'); at >= 0 && splits < SplitsMax; at = reservationId.IndexOf('~', at + 1), splits++)
        {
            if (Names.Order(reservationId[..at]) is not { } name) continue;
            var answer = await engine.ReadAsync<OrderActor>(name.Actor, static (order, now) => order.Known ? order.View(now) : null);
            if (answer.Kind != AnswerKind.Reply) return (null, Answers.Failure(answer.Kind));
            if (answer.Reply is OrderView order && Find(order, sku, reservationId) is { } found) return (found, null);
        }
        return (null, null);
    }

    static ReservationJson? Find(OrderView order, string sku, string reservationId)
    {
        foreach (var line in order.Lines.SelectMany(l => l.Components.Count > 0 ? l.Components : [l]))
        {
            if (line.Sku != sku || line.ReservationId.Length == 0) continue;
            var state = line.ReservationId == reservationId ? Ended(order, line) : IsEarlierAttempt(order, line, reservationId) ? "released" : null;
            if (state is not null)
                return new ReservationJson(reservationId, order.OrderId, sku, line.Warehouse, line.Ordered.Quantity, "order", state, null, null, null, Revalidated: false);
        }
        return null;
    }

    static string? Ended(OrderView order, OrderLineView line) => line.Stock switch
    {
        LineStock.Shipped => "shipped",
        LineStock.Released => order.State == MicroState.Expired ? "expired" : "released",
        _ => null,
    };

    static bool IsEarlierAttempt(OrderView order, OrderLineView line, string reservationId)
    {
        var first = $"{order.OrderId}~{line.Ordered.LineId}";
        return Attempt(reservationId, first) is { } asked && Attempt(line.ReservationId, first) is { } present && asked < present;
    }

    static int? Attempt(string reservationId, string first)
    {
        if (reservationId == first) return 1;
        if (!reservationId.StartsWith(first + "~", StringComparison.Ordinal)) return null;
        return int.TryParse(reservationId.AsSpan(first.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) && attempt > 1 ? attempt : null;
    }
}
