using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Shopify;

/// <summary>
/// Shopify's refunds, alone (<c>refunds/create</c>) or inside an order. A refund keeps its id in both, so that it counts
/// once; whether it was the last one, only the order's financial status tells.
/// </summary>
internal static class ShopifyRefunds
{
    public static bool IsRefund(Fields body) => body.Has("order_id") && body.Has("refund_line_items");

    /// <summary>Nothing, where no money moved: a line taken off an unpaid order is a refund to Shopify, too.</summary>
    public static List<OrderPush> ReadMessage(Fields body)
    {
        var orderId = body.Id("order_id", required: true) ?? "";
        OrderRules.CheckOrderId(orderId, body.Faults);
        var refund = Read(body, currency: null);
        return refund is null ? [] : [new OrderPush { PlatformOrderId = orderId, Refund = refund }];
    }

    public static List<RefundPush> OfOrder(Fields order, string orderId, string currency, string? financial)
    {
        if (financial is not ("partially_refunded" or "refunded"))
            return [];
        var refunds = new List<RefundPush>();
        foreach (var item in order.Objects("refunds", OrderRules.LinesMax))
        {
            if (Read(item, currency) is { } refund)
                refunds.Add(refund);
        }
        if (financial != "refunded")
            return refunds;
        if (refunds.Count == 0)
            return [new RefundPush($"shopify:{orderId}:refunded", RefundStatus.Succeeded, null, Full: true, order.Instant("updated_at"))];
        refunds[^1] = refunds[^1] with { Full = true };
        return refunds;
    }

    private static RefundPush? Read(Fields refund, string? currency)
    {
        var (returned, underWay, failed) = Sums(refund, currency);
        var status = returned > 0 ? RefundStatus.Succeeded : underWay > 0 ? RefundStatus.Requested : RefundStatus.Closed;
        var amount = returned > 0 ? returned : underWay > 0 ? underWay : failed;
        if (amount == 0)
            return null;
        if (amount > Money.Most)
            return refund.Refuse<RefundPush>("transactions", "too_large", $"At most {Money.Most} is taken.");
        var id = refund.Id("id", required: true) ?? "";
        return new RefundPush(id, status, amount, Full: false, refund.Instant("created_at"));
    }

    private static (long Returned, long UnderWay, long Failed) Sums(Fields refund, string? currency)
    {
        var (returned, underWay, failed) = (0L, 0L, 0L);
        foreach (var transaction in refund.Objects("transactions", OrderRules.LinesMax))
        {
            if (transaction.Words("kind") is not (null or "refund"))
                continue;
            var amount = transaction.Amount("amount", transaction.Words("currency") ?? currency ?? "", required: true) ?? 0;
            switch (transaction.Words("status"))
            {
                case "success":
                    returned += amount;
                    break;
                case "pending":
                    underWay += amount;
                    break;
                default:
                    failed += amount;
                    break;
            }
        }
        return (returned, underWay, failed);
    }
}
