using Engine.Actors.Inventory;

namespace Engine.Host.Api;

/// <summary>
/// A page of a SKU's reservations, as a <see cref="ListJson{T}"/> of <see cref="ReservationJson"/> would be written, written from where they lie:
/// PDAs ask for it all the time.
/// </summary>
static class ReservationPage
{
    /// <param name="isWanted">Which of the live ones.</param>
    public static byte[] Write(SkuActor sku, Listing listing, Func<ReservationRow, bool> isWanted)
    {
        var bytes = JsonRoom.Empty();
        var pen = new JsonPen(bytes);
        pen.Raw("{\"items\":["u8);
        var (shown, last, more) = (0, "", false);
        foreach (var reservation in sku.ReservationsBehind(listing.After))
        {
            if (!reservation.IsLive || !isWanted(reservation)) continue;
            more = shown == listing.Limit;
            if (more) break;
            if (shown++ > 0) pen.Raw(","u8);
            Write(ref pen, sku.Sku, reservation);
            last = reservation.ReservationId;
        }
        pen.Raw("],\"next\":"u8);
        if (more)
        {
            pen.Raw("\""u8);
            pen.Text(Listing.CursorOf(last));
            pen.Raw("\"}"u8);
        }
        else pen.Raw("null}"u8);
        pen.Done();
        return bytes.WrittenSpan.ToArray();
    }

    static void Write(ref JsonPen pen, string sku, ReservationRow r)
    {
        pen.Raw("{\"reservationId\":\""u8);
        pen.Text(r.ReservationId);
        pen.Raw("\",\"orderId\":\""u8);
        pen.Text(r.OrderId);
        pen.Raw("\",\"sku\":\""u8);
        pen.Text(sku);
        pen.Raw("\",\"warehouse\":\""u8);
        pen.Text(r.Warehouse);
        pen.Raw("\",\"quantity\":"u8);
        pen.Number(r.Quantity);
        pen.Raw(",\"owner\":\""u8);
        pen.Text(ReservationJson.Name(r.Owner));
        pen.Raw("\",\"state\":\""u8);
        pen.Text(ReservationJson.Name(r.State));
        pen.Raw("\",\"tier\":\""u8);
        pen.Text(ReservationJson.Name(r.Tier));
        pen.Raw("\",\"reservedAt\":"u8);
        pen.Time(r.ReservedAt);
        pen.Raw(",\"expiresAt\":"u8);
        if (ReservationJson.Lapses(r.State)) pen.Time(r.ExpiresAt);
        else pen.Raw("null"u8);
        pen.Raw(r.Revalidated ? ",\"revalidated\":true}"u8 : ",\"revalidated\":false}"u8);
    }
}
