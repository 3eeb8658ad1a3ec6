using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Engine.Load;

/// <summary>Youzan: an envelope whose <c>msg</c> is percent-encoded JSON, most often with the whole order in it.</summary>
internal sealed class YouzanFormat : WireFormat
{
    private const long ShopNumber = 41_170_001;

    public override string SignatureHeader => "Event-Sign";

    public override Dictionary<string, string> Headers(LoadShop shop, byte[] body, MessageKind kind, string messageId, DateTimeOffset now) =>
        new(StringComparer.OrdinalIgnoreCase)
        {
            ["Content-Type"] = "application/json",
            [SignatureHeader] = Signers.Youzan(shop.AppKey, shop.Secret, body),
        };

    public override byte[] Body(LoadOrder order, MessageKind kind, string messageId, DateTimeOffset now)
    {
        var status = StatusOf(order, kind);
        var msg = Encode(kind switch
        {
            MessageKind.Refunded => Refund(order, now),
            MessageKind.Shipped => Thin(order, status, now),
            _ => FullOrder(order, status, now),
        });
        return Json(json => WriteEnvelope(json, order, TypeOf(order, kind), status, msg, messageId, now));
    }

    private static string TypeOf(LoadOrder order, MessageKind kind) => kind switch
    {
        MessageKind.Paid => "trade_TradeBuyerPay",
        MessageKind.Cancelled => "trade_TradeClose",
        MessageKind.Refunded => "trade_refund_RefundSuccess",
        MessageKind.Shipped => "TRADE_ORDER_STATE",
        MessageKind.Changed when order.IsPaid => "trade_TradeBuyerPay",
        _ => "trade_TradeCreate",
    };

    private static string StatusOf(LoadOrder order, MessageKind kind) => kind switch
    {
        MessageKind.Paid => "WAIT_SELLER_SEND_GOODS",
        MessageKind.Cancelled => "TRADE_CLOSED",
        MessageKind.Refunded => "FINISHED",
        MessageKind.Shipped => "WAIT_BUYER_CONFIRM_GOODS",
        MessageKind.Changed when order.IsPaid => "WAIT_SELLER_SEND_GOODS",
        _ => "WAIT_BUYER_PAY",
    };

    private static void WriteEnvelope(
        Utf8JsonWriter json, LoadOrder order, string type, string status, string msg, string messageId, DateTimeOffset now)
    {
        var shop = order.Shop;
        json.WriteString("client_id", shop.AppKey);
        json.WriteString("id", order.Id);
        json.WriteNumber("kdt_id", ShopNumber);
        json.WriteString("kdt_name", "仓间测试店");
        json.WriteNumber("mode", 1);
        json.WriteString("msg", msg);
        json.WriteString("msg_id", messageId);
        json.WriteNumber("root_kdt_id", ShopNumber);
        json.WriteNumber("sendCount", 0);
        json.WriteString("sign", Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(shop.AppKey + msg + shop.Secret))));
        json.WriteString("status", status);
        json.WriteBoolean("test", value: false);
        json.WriteString("type", type);
        json.WriteNumber("version", now.ToUnixTimeMilliseconds());
    }

    private static byte[] Thin(LoadOrder order, string status, DateTimeOffset now) => Json(json =>
    {
        json.WriteString("tid", order.Id);
        json.WriteString("status", status);
        json.WriteString("payment", Yuan(order.TotalFen));
        json.WriteString("update_time", ChinaTime(now));
    });

    private static byte[] Refund(LoadOrder order, DateTimeOffset now) => Json(json =>
    {
        json.WriteString("tid", order.Id);
        json.WriteString("refund_id", $"{order.Id[1..]}01");
        json.WriteString("refunded_fee", Yuan(order.TotalFen));
        json.WriteString("update_time", ChinaTime(now));
    });

    private static byte[] FullOrder(LoadOrder order, string status, DateTimeOffset now) => Json(json =>
    {
        json.WriteStartObject("full_order_info");
        WriteOrderInfo(json, order, status, now);
        json.WriteStartObject("pay_info");
        json.WriteString("total_fee", Yuan(order.GoodsFen));
        json.WriteString("post_fee", Yuan(order.FreightFen));
        json.WriteString("payment", Yuan(order.TotalFen));
        json.WriteString("real_payment", Yuan(status == "WAIT_BUYER_PAY" ? 0 : order.TotalFen));
        json.WriteEndObject();
        WriteAddress(json, order);
        json.WriteStartObject("buyer_info");
        json.WriteNumber("buyer_id", order.Buyer.Id);
        json.WriteString("fans_nickname", order.Buyer.Name);
        json.WriteEndObject();
        json.WriteStartObject("remark_info");
        json.WriteString("buyer_message", order.Note ?? "");
        json.WriteString("trade_memo", "");
        json.WriteEndObject();
        json.WriteStartArray("orders");
        foreach (var line in order.Lines)
            WriteLine(json, line);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteOrderInfo(Utf8JsonWriter json, LoadOrder order, string status, DateTimeOffset now)
    {
        json.WriteStartObject("order_info");
        json.WriteString("tid", order.Id);
        json.WriteString("status", status);
        json.WriteNumber("type", 0);
        json.WriteNumber("express_type", 0);
        json.WriteString("created", ChinaTime(order.PlacedAt));
        if (status == "WAIT_SELLER_SEND_GOODS")
            json.WriteString("pay_time", ChinaTime(now));
        json.WriteString("update_time", ChinaTime(now));
        json.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter json, LoadOrder order)
    {
        json.WriteStartObject("address_info");
        json.WriteString("receiver_name", order.Buyer.Name);
        json.WriteString("receiver_tel", order.Buyer.Phone);
        json.WriteString("delivery_province", order.Address.Province);
        json.WriteString("delivery_city", order.Address.City);
        json.WriteString("delivery_district", order.Address.District);
        json.WriteString("delivery_address", order.Address.Street);
        json.WriteEndObject();
    }

    private static void WriteLine(Utf8JsonWriter json, LoadLine line)
    {
        json.WriteStartObject();
        json.WriteString("oid", line.LineId);
        json.WriteNumber("item_id", line.PlatformSku + 400_000_000);
        json.WriteNumber("sku_id", line.PlatformSku);
        json.WriteString("outer_sku_id", line.Sku ?? "");
        json.WriteString("title", line.Name);
        json.WriteNumber("num", line.Quantity);
        json.WriteString("price", Yuan(line.UnitPriceFen));
        json.WriteString("total_fee", Yuan(line.FullFen));
        json.WriteString("payment", Yuan(line.FullFen - line.DiscountFen));
        json.WriteBoolean("is_present", line.IsGift);
        json.WriteString("is_pre_sale", "0");
        json.WriteEndObject();
    }

    private static string ChinaTime(DateTimeOffset at) => at.ToOffset(China).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Encode(byte[] utf8)
    {
        var encoded = new StringBuilder(utf8.Length * 2);
        foreach (var octet in utf8)
        {
            var letter = (char)octet;
            if (char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '~')
                encoded.Append(letter);
            else
                encoded.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }
        return encoded.ToString();
    }
}
