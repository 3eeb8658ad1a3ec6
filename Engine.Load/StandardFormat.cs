using System.Globalization;
using System.Text.Json;

namespace Engine.Load;

/// <summary>Standard Webhooks with orders in the engine's own words.</summary>
internal sealed class StandardFormat : WireFormat
{
    public override string SignatureHeader => "webhook-signature";

    public override Dictionary<string, string> Headers(LoadShop shop, byte[] body, MessageKind kind, string messageId, DateTimeOffset now) =>
        new(StringComparer.OrdinalIgnoreCase)
        {
            ["Content-Type"] = "application/json",
            ["webhook-id"] = messageId,
            ["webhook-timestamp"] = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            [SignatureHeader] = Signers.Standard(shop.Secret, messageId, now, body),
        };

    public override byte[] Body(LoadOrder order, MessageKind kind, string messageId, DateTimeOffset now) =>
        Json(json =>
        {
            json.WriteString("type", TypeOf(kind));
            json.WriteString("timestamp", Time(now));
            json.WriteStartObject("data");
            json.WriteString("platformOrderId", order.Id);
            WriteData(json, order, kind, now);
            json.WriteEndObject();
        });

    // The format has no refund of its own: cancelling what is paid is how money goes back.
    private static string TypeOf(MessageKind kind) => kind switch
    {
        MessageKind.Paid => "order.payment",
        MessageKind.Cancelled or MessageKind.Refunded => "order.cancelled",
        MessageKind.Shipped => "order.step",
        _ => "order.placed",
    };

    private static void WriteData(Utf8JsonWriter json, LoadOrder order, MessageKind kind, DateTimeOffset now)
    {
        switch (kind)
        {
            case MessageKind.Paid:
                json.WriteString("status", "succeeded");
                json.WriteString("reference", $"pay-{order.Id}");
                json.WriteString("at", Time(now));
                json.WriteNumber("amount", order.TotalFen);
                break;
            case MessageKind.Cancelled or MessageKind.Refunded:
                json.WriteString("reason", kind == MessageKind.Refunded ? "refund" : "customer");
                break;
            case MessageKind.Shipped:
                json.WriteString("step", "shipped");
                json.WriteString("at", Time(now));
                json.WriteString("carrier", "SF");
                json.WriteString("trackingNumber", $"SF{order.Id[^12..]}");
                break;
            default:
                WriteOrder(json, order);
                break;
        }
    }

    private static void WriteOrder(Utf8JsonWriter json, LoadOrder order)
    {
        json.WriteString("placedAt", Time(order.PlacedAt));
        json.WriteStartObject("buyer");
        json.WriteString("id", order.Buyer.Id.ToString(CultureInfo.InvariantCulture));
        json.WriteString("name", order.Buyer.Name);
        json.WriteString("phone", order.Buyer.Phone);
        json.WriteEndObject();
        json.WriteStartObject("address");
        json.WriteString("country", "CN");
        json.WriteString("province", order.Address.Province);
        json.WriteString("city", order.Address.City);
        json.WriteString("district", order.Address.District);
        json.WriteString("street", order.Address.Street);
        json.WriteEndObject();
        json.WriteStartArray("lines");
        foreach (var line in order.Lines)
            WriteLine(json, line, order);
        json.WriteEndArray();
        json.WriteStartObject("amounts");
        json.WriteNumber("goods", order.GoodsFen);
        json.WriteNumber("freight", order.FreightFen);
        json.WriteNumber("discount", order.DiscountFen);
        json.WriteNumber("tax", 0);
        json.WriteNumber("total", order.TotalFen);
        json.WriteString("currency", "CNY");
        json.WriteEndObject();
        json.WriteString("note", order.Note);
    }

    private static void WriteLine(Utf8JsonWriter json, LoadLine line, LoadOrder order)
    {
        json.WriteStartObject();
        json.WriteString("lineId", line.LineId);
        json.WriteString("sku", line.Sku);
        json.WriteNumber("quantity", line.Quantity);
        json.WriteNumber("unitPrice", line.UnitPriceFen);
        json.WriteNumber("discount", line.DiscountFen);
        if (line.IsGift)
            json.WriteString("giftOf", order.Lines.First(other => !other.IsGift).LineId);
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
