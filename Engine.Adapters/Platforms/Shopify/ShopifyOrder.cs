using System.Text.Json;
using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Shopify;

/// <summary>
/// Shopify's order resource, the same in all <c>orders/*</c> topics, in canonical words and with what its state says:
/// <c>cancelled_at</c>, <c>financial_status</c> and <c>fulfillment_status</c>, never the unsigned topic.
/// </summary>
internal static class ShopifyOrder
{
    public static List<OrderPush> Read(Fields body, string shop)
    {
        var id = body.Id("id", required: true) ?? "";
        OrderRules.CheckOrderId(id, body.Faults);
        var currency = body.Text("currency", required: true) ?? "";
        var order = ReadOrder(body, shop, id, currency);
        var financial = body.Words("financial_status");
        var refunds = ShopifyRefunds.OfOrder(body, id, currency, financial);
        var pushes = new List<OrderPush>
        {
            new()
            {
                PlatformOrderId = id,
                Order = order,
                Payment = PaymentOf(financial, id, order, body),
                Cancellation = CancellationOf(body),
                Refund = refunds.Count > 0 ? refunds[0] : null,
                Step = body.Words("fulfillment_status") == "fulfilled" ? Shipped(body) : null,
                PlatformStatus = StatusOf(body, financial),
                UntranslatedStatus = financial is null or "pending" or "authorized" or "paid" or "partially_refunded" or "refunded" ? null : financial,
            },
        };
        foreach (var further in refunds.Skip(1))
            pushes.Add(new OrderPush { PlatformOrderId = id, Refund = further });
        return pushes;
    }

    private static CanonicalOrder ReadOrder(Fields body, string shop, string id, string currency)
    {
        var order = new CanonicalOrder
        {
            Platform = "shopify",
            Shop = shop,
            PlatformOrderId = id,
            PlacedAt = body.Instant("created_at", required: true) ?? default,
            Buyer = ReadBuyer(body),
            Address = body.Object("shipping_address") is { } address ? ReadAddress(address) : null,
            Lines = ShopifyLines.Read(body, currency),
            Amounts = ReadAmounts(body, currency),
            Tags = ReadTags(body),
            Note = body.Words("note", OrderRules.NoteLengthMax),
        };
        OrderRules.Check(order, body.Faults);
        return order;
    }

    // Refunded money was paid before. Of what is partly paid no sum is told, and what is voided may be paid otherwise: people see that as a flag.
    private static CanonicalPayment? PaymentOf(string? financial, string id, CanonicalOrder order, Fields body)
    {
        var status = financial switch
        {
            "paid" or "partially_refunded" or "refunded" => PaymentStatus.Succeeded,
            "authorized" => PaymentStatus.Started,
            _ => PaymentStatus.Pending,
        };
        if (status == PaymentStatus.Pending)
            return null;
        return new CanonicalPayment
        {
            Method = PaymentMethod.Online,
            Status = status,
            // Orders name no transaction, so one reference per order: every later push repeats the same payment.
            Reference = $"shopify:{id}:paid",
            At = body.Instant("processed_at") ?? body.Instant("updated_at"),
            Amount = order.Amounts.Total > 0 ? order.Amounts.Total : null,
        };
    }

    private static CancellationPush? CancellationOf(Fields body) =>
        body.Has("cancelled_at")
            ? new CancellationPush(body.Words("cancel_reason") ?? "cancelled", body.Instant("cancelled_at"))
            : null;

    private static StepPush Shipped(Fields body)
    {
        var fulfillments = body.Objects("fulfillments", OrderRules.LinesMax);
        if (fulfillments.Length == 0)
            return new StepPush("shipped", body.Instant("updated_at"));
        var last = fulfillments[^1];
        return new StepPush(
            "shipped",
            last.Instant("created_at"),
            Carrier: last.Words("tracking_company"),
            TrackingNumber: last.Words("tracking_number"));
    }

    private static string StatusOf(Fields body, string? financial)
    {
        var status = financial ?? "";
        if (body.Words("fulfillment_status") is { } fulfillment)
            status = $"{status}/{fulfillment}";
        return body.Has("cancelled_at") ? $"{status}/cancelled" : status;
    }

    private static CanonicalAmounts ReadAmounts(Fields body, string currency)
    {
        var total = body.Amount("total_price", currency, required: true) ?? 0;
        var shipping = body.ObjectOrEmpty("total_shipping_price_set").ObjectOrEmpty("shop_money");
        return new CanonicalAmounts
        {
            Goods = body.Amount("total_line_items_price", currency) ?? body.Amount("subtotal_price", currency) ?? 0,
            Freight = shipping.Amount("amount", currency) ?? 0,
            Discount = body.Amount("total_discounts", currency) ?? 0,
            Tax = body.Amount("total_tax", currency) ?? 0,
            Total = total,
            Currency = currency,
        };
    }

    private static CanonicalBuyer ReadBuyer(Fields body)
    {
        var customer = body.ObjectOrEmpty("customer");
        var address = body.ObjectOrEmpty("shipping_address");
        return new CanonicalBuyer
        {
            Id = customer.Words("id"),
            Name = address.Words("name") ?? Joined(address.Words("first_name"), address.Words("last_name")),
            Phone = address.Words("phone") ?? body.Words("phone") ?? customer.Words("phone"),
        };
    }

    private static CanonicalAddress ReadAddress(Fields address) => new()
    {
        Country = address.Words("country_code") ?? address.Words("country"),
        Province = address.Words("province"),
        City = address.Words("city"),
        Street = Joined(address.Words("address1"), address.Words("address2")),
        PostalCode = address.Words("zip"),
        Lat = Within(address, "latitude", 90),
        Lon = Within(address, "longitude", 180),
    };

    // Shopify finds the coordinates itself; wrong ones are no reason to refuse an order.
    private static double? Within(Fields address, string name, double limit) =>
        address.TryGet(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out var degrees) && Math.Abs(degrees) <= limit
            ? degrees
            : null;

    private static string? Joined(string? first, string? second)
    {
        if (first is null || second is null)
            return first ?? second;
        return LooseFields.Cut($"{first} {second}", OrderRules.TextLengthMax);
    }

    private static string[] ReadTags(Fields body)
    {
        var tags = body.Words("tags", int.MaxValue)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        return [.. tags.Where(tag => tag.Length <= OrderRules.TagLengthMax).Take(OrderRules.TagsMax)];
    }
}
