using System.Text;
using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Youzan;

/// <summary>
/// The <c>msg</c> inside a push, and what its type and status say of the order. Types differ in how much they carry:
/// whole orders (<c>full_order_info</c>), or only an id and a status.
/// </summary>
internal static class YouzanMessage
{
    private const string PaidType = "trade_TradeBuyerPay";
    private const string ClosedType = "trade_TradeClose";
    private const string FinishedType = "trade_TradeSuccess";
    private const string RefundTypes = "trade_refund_";
    private const string OldRefundType = "TRADE_ORDER_REFUND";

    private static readonly string[] ThinTypes =
    [
        "trade_TradeCreate", PaidType, ClosedType, FinishedType, "trade_TradePartlySellerShip",
        "TRADE_ORDER_STATE", "TRADE_ORDER_EXPRESS",
    ];

    private static readonly string?[] Known =
        [null, "WAIT_BUYER_PAY", "TRADE_PAID", "WAIT_CONFIRM", "WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_SUCCESS", "TRADE_CLOSED"];

    public static ParsedMessage Read(Fields envelope, string key, string shop)
    {
        var type = envelope.Id("type") ?? "";
        var isRefund = type.StartsWith(RefundTypes, StringComparison.Ordinal) || type == OldRefundType;
        if (!isRefund && !ThinTypes.Contains(type, StringComparer.Ordinal) && !type.StartsWith("trade_Trade", StringComparison.Ordinal))
            return Unknown(key, type);

        var faults = new Faults();
        if (envelope.Text("msg") is not { } encoded || Decode(encoded) is not { } text)
            return new ParsedMessage(key, [], "msg: bad_format");
        using var document = JsonBody.Parse(text, faults);
        if (document is null)
            return new ParsedMessage(key, [], $"msg {faults}");
        var msg = Fields.Of(document.RootElement, faults);

        // Types that nobody has described yet are taken when they bring the whole order along, else kept for a human.
        var full = msg.Object("full_order_info");
        if (!isRefund && full is null && !faults.Any && !ThinTypes.Contains(type, StringComparer.Ordinal))
            return Unknown(key, type);

        var push = isRefund ? ReadRefund(envelope, msg, type) : ReadTrade(envelope, msg, full, type, shop);
        return faults.Any ? new ParsedMessage(key, [], $"msg {faults}") : new ParsedMessage(key, [push]);
    }

    private static ParsedMessage Unknown(string key, string type) => new(key, [], $"unknown_type {type}");

    private static OrderPush ReadTrade(Fields envelope, Fields msg, Fields? full, string type, string shop)
    {
        var info = full?.ObjectOrEmpty("order_info") ?? msg;
        var tid = info.Id("tid") ?? msg.Id("tid") ?? envelope.Id("id") ?? "";
        OrderRules.CheckOrderId(tid, msg.Faults);
        var order = full is { } whole ? YouzanOrder.Read(whole, shop, tid) : null;
        var status = info.Id("status") ?? msg.Id("status") ?? envelope.Id("status");
        var changedAt = info.ChinaTime("update_time") ?? VersionTime(envelope);
        var isClosed = type == ClosedType || status == "TRADE_CLOSED";
        var isFinished = type == FinishedType || status == "TRADE_SUCCESS";
        return new OrderPush
        {
            PlatformOrderId = tid,
            Order = order,
            Payment = type == PaidType || isFinished || IsPaid(status) ? Paid(tid, info.ChinaTime("pay_time") ?? changedAt, order) : null,
            Cancellation = isClosed ? new CancellationPush(ClosingReason(info), changedAt) : null,
            Step = isFinished ? new StepPush("completed", changedAt) : StepOf(status, changedAt),
            PlatformStatus = status,
            UntranslatedStatus = Known.Contains(status, StringComparer.Ordinal) ? null : status,
        };
    }

    // One reference per order, since thin and full pushes of one payment must count as one.
    private static CanonicalPayment Paid(string tid, DateTimeOffset? at, CanonicalOrder? order) => new()
    {
        Method = PaymentMethod.Online,
        Status = PaymentStatus.Succeeded,
        Reference = $"youzan:{tid}:paid",
        At = at,
        Amount = order?.Amounts.Total > 0 ? order.Amounts.Total : null,
    };

    // WAIT_CONFIRM waits for the group or for the shop's acceptance: the money is there.
    private static bool IsPaid(string? status) =>
        status is "TRADE_PAID" or "WAIT_CONFIRM" or "WAIT_SELLER_SEND_GOODS" or "WAIT_BUYER_CONFIRM_GOODS";

    private static StepPush? StepOf(string? status, DateTimeOffset? at) =>
        status == "WAIT_BUYER_CONFIRM_GOODS" ? new StepPush("shipped", at) : null;

    private static string ClosingReason(Fields info) =>
        info.Id("close_type") is { } closeType ? $"TRADE_CLOSED close_type={closeType}" : "TRADE_CLOSED";

    private static OrderPush ReadRefund(Fields envelope, Fields msg, string type)
    {
        // The envelope's id may be the refund's; only a tid starts with E.
        var tid = msg.Id("tid") ?? (envelope.Id("id") is ['E', ..] id ? id : "");
        OrderRules.CheckOrderId(tid, msg.Faults);
        var status = msg.Id("status") ?? envelope.Id("status");
        var amount = msg.Amount("refunded_fee", "CNY") ?? msg.Amount("refund_fee", "CNY");
        var isPart = msg.Has("oids") || msg.Has("oid");
        return new OrderPush
        {
            PlatformOrderId = tid,
            Refund = new RefundPush(
                msg.Id("refund_id") ?? $"youzan:{tid}:refund",
                RefundStatusOf(type, status),
                // A part whose sum nobody tells is a refund all the same, but not one of all that was paid.
                amount ?? (isPart ? 0 : null),
                Full: msg.Id("refund_state") == "12" || (amount is null && !isPart),
                msg.ChinaTime("update_time") ?? VersionTime(envelope)),
            PlatformStatus = status ?? type,
        };
    }

    private static RefundStatus RefundStatusOf(string type, string? status)
    {
        if (type == OldRefundType)
        {
            return status switch
            {
                "FINISHED" => RefundStatus.Succeeded,
                "CLOSE" => RefundStatus.Closed,
                _ => RefundStatus.Requested,
            };
        }
        return type[RefundTypes.Length..] switch
        {
            "RefundSuccess" => RefundStatus.Succeeded,
            "RefundClosed" => RefundStatus.Closed,
            // Asked for, agreed to or refused: still open until one of the two above.
            _ => RefundStatus.Requested,
        };
    }

    // Seconds in some types, milliseconds in others.
    private static DateTimeOffset? VersionTime(Fields envelope) =>
        envelope.Id("version") is { } version && long.TryParse(version, out var number) && Instants.TryUnix(number, out var at) ? at : null;

    // Exactly once: an address may hold the literal text %20. Null where a percent sign is not followed by two hex digits.
    // Older messages write a space as %20; since 2018 it is a plus sign, as in forms, where a real one is %2B.
    private static byte[]? Decode(string encoded)
    {
        var bytes = Encoding.UTF8.GetBytes(encoded);
        var plus = encoded.Contains("%20", StringComparison.Ordinal) ? (byte)'+' : (byte)' ';
        var length = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            if (bytes[at] != '%')
            {
                bytes[length++] = bytes[at] == '+' ? plus : bytes[at];
                continue;
            }
            if (at + 2 >= bytes.Length || !char.IsAsciiHexDigit((char)bytes[at + 1]) || !char.IsAsciiHexDigit((char)bytes[at + 2]))
                return null;
            bytes[length++] = (byte)((HexValue(bytes[at + 1]) << 4) | HexValue(bytes[at + 2]));
            at += 2;
        }
        return bytes[..length];
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
