using System.Globalization;
using System.Text.Json;

namespace Engine.Load;

/// <summary>Shopify: the order resource for every <c>orders/*</c> topic, a refund of its own for <c>refunds/create</c>.</summary>
internal sealed class ShopifyFormat : WireFormat
{
    private const long RefundNumberBase = 100_000_000_000_000_000;

    public override string SignatureHeader => "X-Shopify-Hmac-Sha256";

    public override Dictionary<string, string> Headers(LoadShop shop, byte[] body, MessageKind kind, string messageId, DateTimeOffset now) =>
        new(StringComparer.OrdinalIgnoreCase)
        {
            ["Content-Type"] = "application/json",
            ["X-Shopify-Topic"] = TopicOf(kind),
            [SignatureHeader] = Signers.Shopify(shop.Secret, body),
            ["X-Shopify-Shop-Domain"] = $"{shop.Shop}.myshopify.com",
            ["X-Shopify-API-Version"] = "2025-04",
            ["X-Shopify-Webhook-Id"] = messageId,
            ["X-Shopify-Event-Id"] = $"event-{messageId}",
            ["X-Shopify-Triggered-At"] = now.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture),
        };

    public override byte[] Body(LoadOrder order, MessageKind kind, string messageId, DateTimeOffset now) =>
        Json(json =>
        {
            if (kind == MessageKind.Refunded)
                WriteRefund(json, order, now);
            else
                WriteOrder(json, order, kind, now);
        });

    private static string TopicOf(MessageKind kind) => kind switch
    {
        MessageKind.Created => "orders/create",
        MessageKind.Paid => "orders/paid",
        MessageKind.Cancelled => "orders/cancelled",
        MessageKind.Refunded => "refunds/create",
        MessageKind.Shipped => "orders/fulfilled",
        _ => "orders/updated",
    };

    private static string FinancialStatus(LoadOrder order, MessageKind kind) => kind switch
    {
        MessageKind.Paid or MessageKind.Shipped => "paid",
        MessageKind.Cancelled when !order.IsPaid => "voided",
        _ => order.IsPaid ? "paid" : "pending",
    };

    private static void WriteOrder(Utf8JsonWriter json, LoadOrder order, MessageKind kind, DateTimeOffset now)
    {
        var isCancelled = kind == MessageKind.Cancelled;
        json.WritePropertyName("id");
        json.WriteRawValue(order.Id);
        json.WriteString("admin_graphql_api_id", $"gid://shopify/Order/{order.Id}");
        json.WriteString("cancel_reason", isCancelled ? "customer" : null);
        json.WriteString("cancelled_at", isCancelled ? Time(now) : null);
        json.WriteBoolean("confirmed", value: true);
        json.WriteString("created_at", Time(order.PlacedAt));
        json.WriteString("currency", "CNY");
        json.WriteString("email", "buyer@example.com");
        json.WriteString("financial_status", FinancialStatus(order, kind));
        json.WriteString("fulfillment_status", kind == MessageKind.Shipped ? "fulfilled" : null);
        json.WriteString("name", $"#{order.Id[^6..]}");
        json.WriteString("note", order.Note);
        json.WriteString("processed_at", Time(order.PlacedAt));
        json.WriteString("subtotal_price", Yuan(order.GoodsFen - order.DiscountFen));
        json.WriteString("tags", "");
        json.WriteBoolean("test", value: false);
        json.WriteString("total_discounts", Yuan(order.DiscountFen));
        json.WriteString("total_line_items_price", Yuan(order.GoodsFen));
        json.WriteString("total_price", Yuan(order.TotalFen));
        WriteMoney(json, "total_price_set", order.TotalFen);
        WriteMoney(json, "total_shipping_price_set", order.FreightFen);
        json.WriteString("updated_at", Time(now));
        json.WriteStartObject("customer");
        json.WriteNumber("id", order.Buyer.Id);
        json.WriteEndObject();
        WriteAddress(json, order);
        json.WriteStartArray("line_items");
        foreach (var line in order.Lines)
            WriteLine(json, line);
        json.WriteEndArray();
        json.WriteStartArray("refunds");
        json.WriteEndArray();
        WriteFulfillments(json, order, kind, now);
    }

    private static void WriteRefund(Utf8JsonWriter json, LoadOrder order, DateTimeOffset now)
    {
        json.WriteNumber("id", RefundNumberOf(order));
        json.WritePropertyName("order_id");
        json.WriteRawValue(order.Id);
        json.WriteString("created_at", Time(now));
        json.WriteString("note", "");
        json.WriteStartArray("refund_line_items");
        foreach (var line in order.Lines)
        {
            json.WriteStartObject();
            json.WritePropertyName("line_item_id");
            json.WriteRawValue(line.LineId);
            json.WriteNumber("quantity", line.Quantity);
            json.WriteString("restock_type", "cancel");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("transactions");
        json.WriteStartObject();
        json.WriteNumber("id", RefundNumberOf(order) + 1);
        json.WriteString("amount", Yuan(order.TotalFen));
        json.WriteString("currency", "CNY");
        json.WriteString("kind", "refund");
        json.WriteString("status", "success");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static long RefundNumberOf(LoadOrder order) => long.Parse(order.Id, CultureInfo.InvariantCulture) - RefundNumberBase;

    private static void WriteAddress(Utf8JsonWriter json, LoadOrder order)
    {
        json.WriteStartObject("shipping_address");
        json.WriteString("name", order.Buyer.Name);
        json.WriteString("address1", order.Address.Street);
        json.WriteString("address2", order.Address.District);
        json.WriteString("city", order.Address.City);
        json.WriteString("province", order.Address.Province);
        json.WriteString("zip", (string?)null);
        json.WriteString("country", "China");
        json.WriteString("country_code", "CN");
        json.WriteString("phone", order.Buyer.Phone);
        json.WriteEndObject();
    }

    private static void WriteLine(Utf8JsonWriter json, LoadLine line)
    {
        json.WriteStartObject();
        json.WritePropertyName("id");
        json.WriteRawValue(line.LineId);
        json.WriteNumber("current_quantity", line.Quantity);
        json.WriteNumber("fulfillable_quantity", line.Quantity);
        json.WriteBoolean("gift_card", value: false);
        json.WriteString("name", line.Name);
        json.WriteString("price", Yuan(line.UnitPriceFen));
        WriteMoney(json, "price_set", line.UnitPriceFen);
        json.WriteNumber("product_id", line.PlatformSku + 600_000_000);
        json.WriteStartArray("properties");
        if (line.IsGift)
        {
            json.WriteStartObject();
            json.WriteString("name", "_gift");
            json.WriteString("value", "true");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("quantity", line.Quantity);
        json.WriteBoolean("requires_shipping", value: true);
        json.WriteString("sku", line.Sku);
        json.WriteString("title", line.Name);
        json.WriteString("total_discount", Yuan(line.DiscountFen));
        json.WriteNumber("variant_id", line.PlatformSku);
        json.WriteEndObject();
    }

    private static void WriteFulfillments(Utf8JsonWriter json, LoadOrder order, MessageKind kind, DateTimeOffset now)
    {
        json.WriteStartArray("fulfillments");
        if (kind == MessageKind.Shipped)
        {
            json.WriteStartObject();
            json.WritePropertyName("order_id");
            json.WriteRawValue(order.Id);
            json.WriteString("status", "success");
            json.WriteString("created_at", Time(now));
            json.WriteString("tracking_company", "SF Express");
            json.WriteString("tracking_number", $"SF{order.Id[^12..]}");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteMoney(Utf8JsonWriter json, string name, long fen)
    {
        json.WriteStartObject(name);
        foreach (var side in (ReadOnlySpan<string>)["shop_money", "presentment_money"])
        {
            json.WriteStartObject(side);
            json.WriteString("amount", Yuan(fen));
            json.WriteString("currency_code", "CNY");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset at) => at.ToOffset(China).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
